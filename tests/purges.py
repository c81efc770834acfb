"""For tests of purging: who had signed a campaign that closed, when its time is over, what workers do then."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.campaigns.models import Campaign
from campaign.campaigns.retention import months_after, note_states
from campaign.core.clock_mark import ClockMark
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import count_ballots, roll_up
from campaign.counting.queries import community_shares, days, signature_count
from campaign.signing.invalidation import invalidate
from campaign.signing.models import Purge, Signature
from campaign.signing.self_service import withdraw
from campaign.worker import keep_house, purge_some
from tests.factories import Site
from tests.signers import newest_letter, sign, sign_and_confirm

BOB, CHARLIE, DORA = "bob@example.org", "charlie@example.org", "dora@example.org"
ERASED = (
    "dedupe_tag",
    "confirm_digest",
    "manage_digest",
    "manage_until",
    "mails_on",
    "epoch_id",
    "sealed",
    "public_name",
)


def signed_and_closed(any_site: Site, keyring: Keyring, now: datetime) -> Site:
    """Twelve people have confirmed, of whom Dora withdrew; Bob was invalidated, Charlie never confirmed. It closed a
    day later."""
    for number in range(10):
        confirm_as(any_site, keyring, now, f"signer{number}@example.org", number)
    for person in (BOB, DORA):
        confirm_as(any_site, keyring, now, person, 1)
    sign(any_site, keyring, now, CHARLIE)
    with transaction() as session:
        withdraw(session, token=newest_letter(keyring, DORA).values["manage_token"], now=now)
        bob = session.scalars(select(Signature.id).where(Signature.public_name == BOB)).one()
        invalidate(session, campaign_id=any_site.campaign.id, signature_ids=[bob], reason="forged")
    add_up(keyring)
    set_state("closed", now + timedelta(days=1))
    return any_site


def confirm_as(site: Site, keyring: Keyring, now: datetime, person: str, number: int) -> None:
    at = now + timedelta(hours=number % 3)
    sign_and_confirm(site, keyring, at, person, public_name=person, wants_updates=True, communities=("women",))


def add_up(keyring: Keyring) -> None:
    with transaction() as session:
        roll_up(session)
        count_ballots(session, key=keyring.waiting)


def set_state(state: str, now: datetime) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state=state))
        note_states(session, now=now)


def after(now: datetime, months: int = 6) -> datetime:
    """When the time of the closed campaign is over, with a clock that is known to be right."""
    over = months_after(now + timedelta(days=1), months)
    with transaction() as session:
        mark = session.get(ClockMark, 1) or ClockMark(id=1)
        mark.seen_at, mark.doubted_since, mark.first_seen_at = over - timedelta(hours=1), None, None
        session.add(mark)
    return over


def sweep(now: datetime) -> int:
    """As workers do; how many steps it took."""
    keep_house(now)
    steps = 0
    while purge_some(now) is not None:
        steps += 1
    return steps


def numbers(site: Site, now: datetime) -> tuple[object, ...]:
    """All that is counted."""
    db.session.rollback()
    session = db.session()
    return (
        signature_count(session, site.campaign.id),
        days(session, site.campaign.id, today=now.date()),
        community_shares(session, site.campaign.id),
    )


def rows(state: str) -> list[Signature]:
    db.session.rollback()
    return list(db.session.scalars(select(Signature).where(Signature.state == state)))


def purge_row() -> Purge | None:
    db.session.rollback()
    return db.session.scalar(select(Purge).execution_options(populate_existing=True))


def audited() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(each.action, each.subject, each.why) for each in db.session.scalars(select(AuditEntry))]


def is_untouched() -> bool:
    return purge_row() is None and all(row.sealed is not None for row in rows("confirmed"))
