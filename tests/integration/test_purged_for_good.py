"""What was purged is never signed again: neither by opening the campaign anew nor past the desk."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from campaign.campaigns.models import Campaign
from campaign.core.db import db, transaction
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.seeding.actions import plant
from campaign.seeding.files import CampaignFile, SiteFile
from campaign.seeding.reader import SeedCampaign, SeedSite
from campaign.signing.models import Signature
from campaign.worker import keep_house
from tests.factories import SLUG, Site
from tests.purges import BOB, after, sweep
from tests.signers import sign


@pytest.fixture
def seeds(now: datetime) -> Callable[[str], SeedSite]:
    site = SiteFile(languages=["en", "fa"], name={"en": "x"}, tagline={"en": "x"})

    def with_state(state: str) -> SeedSite:
        about = CampaignFile.model_validate({"kind": "petition", "state": state, "position": 1, "retention_months": 3})
        return SeedSite(site, (SeedCampaign(SLUG, about, {}, {}, {}, None),))

    return with_state


def test_a_purged_campaign_cannot_be_opened_again(
    closed: Site, now: datetime, seeds: Callable[[str], SeedSite]
) -> None:
    over = after(now)
    keep_house(over)
    with pytest.raises(Refused, match="cannot be opened again"), transaction() as session:
        plant(session, seeds("open"), now=over)
    assert db.session.scalar(select(Campaign.state)) == "closed"
    with transaction() as session:
        plant(session, seeds("draft"), now=over)


def test_who_opens_it_past_the_desk_gets_no_second_signature(closed: Site, keyring: Keyring, now: datetime) -> None:
    sweep(after(now))
    with transaction() as session:
        session.execute(update(Campaign).values(state="open"))
    with pytest.raises(Refused):
        sign(closed, keyring, now, BOB)
    assert db.session.scalar(select(func.count()).where(Signature.state == "pending")) == 0


def test_seeds_say_how_long_and_note_since_when(
    any_site: Site, now: datetime, seeds: Callable[[str], SeedSite]
) -> None:
    steps = [("open", 0, None), ("closed", 1, 1), ("closed", 2, 1), ("draft", 3, 1), ("open", 4, None), ("draft", 5, 5)]
    for state, day, since in steps:
        with transaction() as session:
            plant(session, seeds(state), now=now + timedelta(days=day))
        campaign = db.session.scalars(select(Campaign).execution_options(populate_existing=True)).one()
        assert campaign.retention_months == 3
        assert campaign.closed_at == (None if since is None else now + timedelta(days=since))
