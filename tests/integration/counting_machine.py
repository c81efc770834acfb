"""People, organizers and aggregators that come in any order, and a model of what must then be shown."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaign.core.db import db, transaction
from campaign.core.errors import NotFound, Refused
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile, roll_up
from campaign.counting.models import CampaignCount, HourlyCount, OriginCount
from campaign.counting.queries import count_of, days, origins, signature_count
from campaign.outbox.models import OutboxMail
from campaign.paper.actions import Deed, Sheets, approve, enter_sheets, take_back
from campaign.paper.importing import TypedRow, add_rows, end_import, start_import
from campaign.paper.models import PaperBatch, PaperRow
from campaign.signing.actions import confirm
from campaign.signing.canonical_email import dedupe_tag, read_email
from campaign.signing.invalidation import REASONS, invalidate, reinstate
from campaign.signing.models import CommunityBallot, Purge, Signature, SignatureDelta
from campaign.signing.purging import begin_purge, purge_step
from campaign.signing.self_service import withdraw
from tests.factories import Site
from tests.signers import letters, newest_letter, sign

START = datetime(2026, 11, 22, 18, 54, 11, tzinfo=UTC)
# Long enough for any statement that need not wait for another.
SHORT_PATIENCE = text("SET LOCAL lock_timeout = '100ms'")
PEOPLE = st.sampled_from([f"signer{number}@example.org" for number in range(2)])


MONA, EDDA = UUID(int=1), UUID(int=2)
AGGREGATORS = st.sampled_from(["first", "second"])


class Counting(RuleBasedStateMachine):
    """Two people, organizers who take signatures out and put them back, and aggregators that overlap.

    `states` is the model: what each signature is that anybody ever made, and `before` what the invalidated ones were.
    `newest` is the one that a person's links are about. `lines` are those of sheets that count, by the number of their
    batch; `came_with` are the signatures of a batch of rows.
    """

    site: Site
    keyring: Keyring

    def __init__(self) -> None:
        super().__init__()
        # Roll-ups that have begun and are not committed yet, by the aggregator that is at it.
        self.under_way: dict[str, Session] = {}
        with transaction() as session:
            for table in (
                Purge,
                PaperRow,
                PaperBatch,
                OutboxMail,
                CommunityBallot,
                SignatureDelta,
                Signature,
                HourlyCount,
                OriginCount,
                CampaignCount,
            ):
                session.execute(delete(table))
        self.now = START
        self.states: dict[UUID, str] = {}
        self.before: dict[UUID, str] = {}
        self.newest: dict[str, UUID] = {}
        self.tokens: dict[str, tuple[str, str]] = {}
        self.is_purged = False
        self.lines: dict[int, int] = {}
        self.came_with: dict[int, set[UUID]] = {}

    @rule(person=PEOPLE, language=st.sampled_from(["en", "fa"]), source=st.sampled_from(["site", "embed"]))
    def sign(self, person: str, language: str, source: str) -> None:
        # A day on, so that the limit of mails a day is not what is tested.
        self.now += timedelta(days=1)
        if self.is_purged:
            with pytest.raises(Refused):
                sign(self.site, self.keyring, self.now, person)
            return
        sign(self.site, self.keyring, self.now, person, language=language, source=source)
        tag = dedupe_tag(self.keyring.tags, self.site.campaign.id, person)
        found = db.session.scalars(select(Signature.id).where(Signature.dedupe_tag == tag)).one()
        db.session.rollback()
        self.newest[person] = found
        self.states.setdefault(found, "pending")
        if not any(letter.to == person for letter in letters(self.keyring)):
            # On paper, and found not to be genuine: they get no word, and never had a link.
            return
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
            assert self.states[self.newest[person]] in ("pending", "confirmed")
            self.states[self.newest[person]] = "confirmed"
        except NotFound:
            pass

    @precondition(lambda self: self.tokens)
    @rule(person=PEOPLE)
    def withdraw(self, person: str) -> None:
        try:
            with transaction() as session:
                withdraw(session, token=self.tokens.get(person, ("", ""))[1], now=self.now)
            self.states[self.newest[person]] = "withdrawn"
            self.before.pop(self.newest[person], None)
        except NotFound:
            pass

    @precondition(lambda self: self.states)
    @rule(data=st.data(), reason=st.sampled_from(REASONS))
    def invalidate(self, data: st.DataObject, reason: str) -> None:
        """Any of them, whatever they are: only those pending and confirmed change, and nothing counts out twice."""
        chosen = self._some(data)
        changed = {each: self.states[each] for each in chosen if self.states[each] in ("pending", "confirmed")}
        with transaction() as session:
            done = invalidate(session, campaign_id=self.site.campaign.id, signature_ids=chosen, reason=reason)
        assert done.confirmed + done.pending == len(changed) == len(chosen) - done.left
        self.before |= changed
        self.states |= dict.fromkeys(changed, "invalidated")

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def reinstate(self, data: st.DataObject) -> None:
        chosen = self._some(data)
        changed = {each: self.before.pop(each) for each in chosen if each in self.before}
        with transaction() as session:
            done = reinstate(session, campaign_id=self.site.campaign.id, signature_ids=chosen)
        assert done.confirmed + done.pending == len(changed) == len(chosen) - done.left
        self.states |= changed

    @precondition(lambda self: self.states)
    @rule(one_in_four=st.integers(0, 3))
    def begin_to_purge(self, one_in_four: int) -> None:
        if one_in_four == 0:
            with transaction() as session:
                begin_purge(session, self.site.campaign.id)
            self.is_purged = True

    @precondition(lambda self: self.is_purged)
    @rule()
    def purge_a_step(self) -> None:
        """Those that count nowhere are deleted, the others go on counting."""
        with transaction() as session:
            purge_step(session, self.site.campaign.id, now=self.now)
        session = db.session()
        standing = set(session.scalars(select(Signature.id)))
        gone = {each for each in self.states if each not in standing}
        assert all(self.states.pop(each) in ("pending", "invalidated") for each in gone)
        for each in gone:
            self.before.pop(each, None)
        session.rollback()

    def _some(self, data: st.DataObject) -> list[UUID]:
        """Signatures that an organizer names; by their place, because their ids are new in each run."""
        made = list(self.states)
        places = st.lists(st.integers(0, len(made) - 1), min_size=1, max_size=3, unique=True)
        return [made[place] for place in data.draw(places)]

    def _paper(self, who: UUID) -> Deed:
        return Deed(self.site.campaign, who, self.now)

    @precondition(lambda self: not self.is_purged)
    @rule(lines=st.integers(1, 9))
    def count_sheets(self, lines: int) -> None:
        """One enters and another approves."""
        sheets = Sheets(self.now.date(), lines, "en", 1, "", "")
        with transaction() as session:
            number = enter_sheets(session, self._paper(MONA), sheets, epoch=self.site.epoch)
        with transaction() as session:
            approve(session, self._paper(EDDA), number, revision=1)
        self.lines[number] = lines

    @precondition(lambda self: not self.is_purged)
    @rule(people=st.lists(PEOPLE, min_size=1, max_size=3))
    def count_rows(self, people: list[str]) -> None:
        """Of people who may be in it twice, or have signed online, confirmed or not."""
        rows = [TypedRow(uuid4(), b"sealed", read_email(person), None, False) for person in people]
        sheets = Sheets(self.now.date(), len(rows), "fa", 1, "", "")
        with transaction() as session:
            number = start_import(session, self._paper(MONA), sheets, epoch=self.site.epoch).number
            add_rows(session, self._paper(MONA), number, rows, epoch=self.site.epoch, keyring=self.keyring)
            end_import(session, self._paper(MONA), number)
        before = set(self.states)
        with transaction() as session:
            approve(session, self._paper(EDDA), number, revision=1)
        now = set(db.session.scalars(select(Signature.id)))
        db.session.rollback()
        # Who had not confirmed yet gave way.
        gone = before - now
        assert {self.states.pop(each) for each in gone} <= {"pending"}
        assert len(gone) <= len(now - before) <= len(set(people))
        # In the order of people: that of random ids would be another in each run.
        typed = {row.id: people.index(person) for row, person in zip(rows, people, strict=True)}
        self.came_with[number] = now - before
        self.states |= dict.fromkeys(sorted(now - before, key=typed.__getitem__), "confirmed")

    @precondition(lambda self: (self.lines or self.came_with) and not self.is_purged)
    @rule(data=st.data())
    def take_back_paper(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted([*self.lines, *self.came_with])))
        with transaction() as session:
            take_back(session, self._paper(EDDA), number, why="wrong")
        self.lines.pop(number, None)
        for each in self.came_with.pop(number, set()):
            if self.states[each] != "withdrawn":
                del self.states[each]
                self.before.pop(each, None)

    @rule()
    def add_up(self) -> None:
        try:
            with transaction() as session:
                if db.engine.dialect.name == "postgresql":
                    session.execute(SHORT_PATIENCE)
                roll_up(session)
        except OperationalError:
            assert self.under_way, "nobody was in the way"

    @precondition(lambda self: db.engine.dialect.name == "postgresql")
    @rule(aggregator=AGGREGATORS)
    def begin_to_add_up(self, aggregator: str) -> None:
        """As another process does it, which others must not notice; SQLite has one writer at a time."""
        if aggregator in self.under_way:
            return
        session = Session(db.engine)
        session.execute(SHORT_PATIENCE)
        try:
            roll_up(session)
        except OperationalError:
            # It met the sums that the other has in hand. In a process of its own it would wait for them.
            session.close()
        else:
            self.under_way[aggregator] = session

    @rule(aggregator=AGGREGATORS, is_killed=st.booleans())
    def end_adding_up(self, aggregator: str, is_killed: bool) -> None:
        session = self.under_way.pop(aggregator, None)
        if session is not None:
            session.rollback() if is_killed else session.commit()
            session.close()

    @rule()
    def count_again(self) -> None:
        try:
            with transaction() as session:
                if db.engine.dialect.name == "postgresql":
                    session.execute(SHORT_PATIENCE)
                assert reconcile(session) == 0
        except OperationalError:
            assert self.under_way, "nobody was in the way"

    def teardown(self) -> None:
        for session in self.under_way.values():
            session.close()

    @invariant()
    def what_is_shown_is_what_stands(self) -> None:
        session = db.session()
        rows = session.execute(select(Signature)).scalars().all()
        assert {row.id: row.state for row in rows} == self.states
        standing = Counter(row.confirmed_hour.date() for row in rows if row.confirmed_hour)
        assert signature_count(session, self.site.campaign.id) == standing.total()
        batches = session.scalars(select(PaperBatch).where(PaperBatch.state == "approved"))
        sheets = [batch for batch in batches if batch.kind == "sheets"]
        assert {batch.number: batch.lines for batch in sheets} == self.lines
        languages = Counter(row.language for row in rows if row.confirmed_hour)
        sources = Counter(row.source for row in rows if row.confirmed_hour)
        for batch in sheets:
            languages[batch.language] += batch.lines
            sources["paper"] += batch.lines
            standing[batch.approved_hour.date()] += batch.lines
        assert count_of(session, self.site.campaign.id) == (standing.total(), sources["paper"])
        assert dict(origins(session, self.site.campaign.id).languages) == +languages
        assert dict(origins(session, self.site.campaign.id).sources) == +sources
        series = days(session, self.site.campaign.id, today=self.now.date())
        assert {day.day: day.signatures for day in series if day.signatures} == standing
        assert standing.total() == (series[-1].total if series else 0)
        session.rollback()
