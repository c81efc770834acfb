"""Looks at an installation and says what is well, what is not, why that matters, and what to do about it.

Looks only: it makes no key, no table and no folder, because what is missing is what it has to tell. So it does without
the application, which makes what it needs at its start.
"""

from collections.abc import Iterator
from datetime import datetime

from campaign.config import Config
from campaign.doctor.addresses import examine_addresses
from campaign.doctor.databases import examine_database
from campaign.doctor.findings import Finding as Finding
from campaign.doctor.places import examine_places
from campaign.doctor.relay import examine_relay


def examine(config: Config, *, now: datetime) -> Iterator[Finding]:
    """All findings, the ones that hide others first. Takes some seconds if a database or a relay does not answer."""
    yield from examine_addresses(config)
    yield from examine_places(config)
    yield from examine_database(config, now=now)
    yield from examine_relay(config)
