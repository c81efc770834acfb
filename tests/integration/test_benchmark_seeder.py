"""The seeder of the benchmarks: what it makes up is as good as what people sign, on either database."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from benchmarks.seeder import seed_signatures
from benchmarks.signature_rows import Plan, known_token
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.counting.actions import reconcile
from campaign.counting.queries import signature_count
from campaign.exports.decrypt import decrypt_list
from campaign.exports.sealed_list import sealed_list_lines
from campaign.signing.actions import confirm
from campaign.signing.queries import public_names
from tests.factories import SLUG, Site

MANY = 100_000


def seed(url: str, plan: Plan, now: datetime) -> int:
    """Fill the table while the site is not connected to it; how many are pending."""
    db.session.remove()
    db.engine.dispose()
    return seed_signatures(url, SLUG, plan, now=now)


def constraints() -> set[str]:
    """The names of everything that holds the table of signatures in order."""
    inspector = inspect(db.engine)
    asked = (inspector.get_indexes, inspector.get_unique_constraints, inspector.get_foreign_keys)
    return {str(each["name"]) for ask in asked for each in ask("signature")}


def test_a_hundred_thousand_signatures_add_up_and_obey_every_constraint(
    any_site: Site, database_url: str, now: datetime
) -> None:
    before = constraints()
    pending = seed(database_url, Plan(MANY), now)
    assert constraints() == before
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM signature")) == MANY
        counted = session.scalar(text("SELECT count(*) FROM signature WHERE state = 'confirmed'"))
        assert counted == signature_count(session, any_site.campaign.id)
        assert 0.8 * MANY < (counted or 0) < 0.9 * MANY
        assert session.scalar(text("SELECT count(*) FROM signature WHERE state = 'pending'")) == pending
        assert reconcile(session) == 0
        assert len(public_names(session, any_site.campaign.id, after=None).names) == 100
        if session.get_bind().dialect.name == "sqlite":
            # It filled the table without looking at checks; this looks at all of them.
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_every_series_can_be_confirmed_by_its_tokens(
    any_site: Site, database_url: str, keyring: Keyring, now: datetime
) -> None:
    for series in ("first", "second"):
        assert seed(database_url, Plan(20, states={"pending": 1}, series=series), now) == 20
    for series in ("first", "second"):
        for number in range(20):
            with transaction() as session:
                confirm(session, token=known_token(series, number), communities=(), keyring=keyring, now=now)
    assert signature_count(db.session(), any_site.campaign.id) == 40


def test_boxes_open_where_that_is_asked_for(any_site: Site, database_url: str, now: datetime, tmp_path: Path) -> None:
    seed(database_url, Plan(20, are_openable=True, states={"confirmed": 1}), now)
    listed = tmp_path / "list.sealed"
    listed.write_bytes(b"".join(sealed_list_lines(db.session(), any_site.campaign.id, now=now)))
    opened = decrypt_list(listed, tmp_path / "list.csv", phrase=any_site.phrase, progress=lambda _done: None)
    assert (opened.rows, opened.problems) == (20, [])


def test_boxes_that_do_not_open_have_the_size_of_those_that_do(
    any_site: Site, database_url: str, now: datetime
) -> None:
    seed(database_url, Plan(20, are_openable=True), now)
    seed(database_url, Plan(20, series="others"), now)
    sizes = db.session.scalars(text("SELECT DISTINCT length(sealed) FROM signature WHERE sealed IS NOT NULL")).all()
    assert sizes == [512 + 48]
