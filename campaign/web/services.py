"""What views need besides the request: settings, keys, limits. Made once by `app.py`."""

from dataclasses import dataclass, field
from functools import cached_property

from flask import current_app

from campaign.audit.chain import ChainWatch
from campaign.campaigns.queries import SITE_DEFAULTS, SiteView
from campaign.config import Config
from campaign.core.group_commit import GroupCommit
from campaign.core.keyring import Keyring
from campaign.core.tally import Tally
from campaign.defence.proof_of_work import ProofOfWork
from campaign.defence.rate_limits import RateLimits
from campaign.outbox.transports import Outcome
from campaign.sealing.pin import Pin


@dataclass
class Services:
    """`last_site` is the site as last read, for pages that must be shown while the database is down."""

    config: Config
    keyring: Keyring
    rate_limits: RateLimits
    proof_of_work: ProofOfWork
    chain: ChainWatch = field(default_factory=ChainWatch)
    group: GroupCommit = field(default_factory=GroupCommit)
    last_site: SiteView = field(default_factory=lambda: SiteView(*SITE_DEFAULTS))

    @cached_property
    def pin(self) -> Pin:
        """Which key signatures may be sealed to, whatever the database says."""
        return Pin(self.config.instance, is_demo=self.config.is_demo, key=self.keyring.tags)

    @cached_property
    def mails(self) -> Tally:
        """How many mails this machine's workers tried to send, by what came of it."""
        return Tally(self.config.instance / "metrics", "mails", [outcome.value for outcome in Outcome])


def services() -> Services:
    """The services of the running application."""
    found: Services = current_app.extensions["campaign"]
    return found
