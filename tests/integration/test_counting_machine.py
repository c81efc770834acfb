"""Whatever people and aggregators do, in whatever order: what is shown is what stands, and reconcile finds no drift."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.errors import NotFound
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile, roll_up
from campaign.counting.models import CampaignCount, HourlyCount
from campaign.counting.queries import days, signature_count
from campaign.outbox.models import OutboxMail
from campaign.signing.actions import confirm
from campaign.signing.models import CommunityBallot, Signature, SignatureDelta
from campaign.signing.self_service import withdraw
from tests.databases import config_for, new_sqlite
from tests.factories import Site, make_site
from tests.signers import newest_letter, sign

START = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
PEOPLE = st.sampled_from([f"signer{number}@example.org" for number in range(2)])


class Counting(RuleBasedStateMachine):
    """Two people and an aggregator. `standing` is the model: who has a confirmed signature."""

    site: Site
    keyring: Keyring

    def __init__(self) -> None:
        super().__init__()
        with transaction() as session:
            for table in (OutboxMail, CommunityBallot, SignatureDelta, Signature, HourlyCount, CampaignCount):
                session.execute(delete(table))
        self.now = START
        self.standing: set[str] = set()
        self.tokens: dict[str, tuple[str, str]] = {}

    @rule(person=PEOPLE)
    def sign(self, person: str) -> None:
        # A day on, so that the limit of mails a day is not what is tested.
        self.now += timedelta(days=1)
        sign(self.site, self.keyring, self.now, person)
        values = newest_letter(self.keyring, person).values
        kept = self.tokens.get(person, ("", ""))[0]
        self.tokens[person] = (values.get("confirm_token", kept), values["manage_token"])

    @precondition(lambda self: self.tokens)
    @rule(person=PEOPLE)
    def confirm(self, person: str) -> None:
        """The first time it counts, again it changes nothing, with a link that ran out it is refused."""
        try:
            with transaction() as session:
                token = self.tokens.get(person, ("", ""))[0]
                confirm(session, token=token, communities=(), keyring=self.keyring, now=self.now)
            self.standing.add(person)
        except NotFound:
            pass

    @precondition(lambda self: self.tokens)
    @rule(person=PEOPLE)
    def withdraw(self, person: str) -> None:
        try:
            with transaction() as session:
                withdraw(session, token=self.tokens.get(person, ("", ""))[1], now=self.now)
            self.standing.discard(person)
        except NotFound:
            pass

    @rule()
    def add_up(self) -> None:
        with transaction() as session:
            roll_up(session)

    @rule()
    def count_again(self) -> None:
        with transaction() as session:
            assert reconcile(session) == 0

    @invariant()
    def what_is_shown_is_what_stands(self) -> None:
        session = db.session()
        assert signature_count(session, self.site.campaign.id) == len(self.standing)
        confirmed = session.scalar(select(func.count()).where(Signature.state == "confirmed"))
        series = days(session, self.site.campaign.id, today=self.now.date())
        assert confirmed == len(self.standing) == (series[-1].total if series else 0)
        session.rollback()


@pytest.fixture(scope="module")
def shared() -> Flask:
    folder = Path(tempfile.mkdtemp(prefix="campaign-tests-"))
    return create_app(config_for(new_sqlite(folder), folder))


def test_counts_never_drift(shared: Flask) -> None:
    with shared.app_context():
        Counting.site = make_site(START)
        Counting.keyring = Keyring.load(Path(shared.extensions["campaign"].config.instance))
        run_state_machine_as_test(
            Counting,
            settings=settings(
                max_examples=50,
                stateful_step_count=30,
                derandomize=True,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        db.session.remove()
        db.engine.dispose()
