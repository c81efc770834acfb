"""The list of public names, as either database joins it."""

import csv
import io
import json
import uuid
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from benchmarks.seeder import seed_signatures
from benchmarks.signature_rows import Plan
from campaign.core.db import db, transaction
from campaign.core.sqlite import sqlite3
from campaign.exports import confirmed_rows
from campaign.exports.confirmed_rows import written_hour
from campaign.exports.public_names import public_names_csv, public_names_json_lines
from campaign.exports.sealed_list import sealed_rows
from campaign.exports.selection import EVERYBODY, Selection
from campaign.exports.spreadsheet import as_text_cell
from campaign.signing.models import Signature
from tests.factories import SLUG, Site

ODD = ("=1+1", "a, b", 'the "one"', "x; -y", "- dash", "Anne-Marie", "\u3000@a", "کاوه، ۱", "a=b", "＝")


def seed(url: str, now: datetime, count: int) -> None:
    db.session.remove()
    db.engine.dispose()
    seed_signatures(url, SLUG, Plan(count), now=now)
    names = select(Signature.id).where(Signature.public_name.is_not(None)).order_by(Signature.id)
    with transaction() as session:
        for odd, row_id in zip(ODD, session.scalars(names.limit(4 * len(ODD))).all()[::4], strict=True):
            session.execute(update(Signature).where(Signature.id == row_id).values(public_name=odd))


@pytest.mark.parametrize("at_once", [1, 7, 5000])
def test_it_holds_every_public_name_in_the_order_of_ids(
    any_site: Site, database_url: str, now: datetime, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmed_rows, "TEXT_ROWS", at_once)
    seed(database_url, now, 500)
    rows = db.session.execute(
        select(Signature.public_name, Signature.language, Signature.confirmed_hour, Signature.id)
        .where(Signature.state == "confirmed", Signature.public_name.is_not(None))
        .order_by(Signature.id)
    ).all()
    expected = [
        [as_text_cell(name), language, written_hour(hour), row_id.hex]
        for name, language, hour, row_id in rows
        if name and hour is not None
    ]
    listed = "".join(public_names_csv(db.session(), any_site.campaign.id))
    assert list(csv.reader(io.StringIO(listed, newline="")))[1:] == expected
    assert len(expected) > 100


@pytest.mark.parametrize("kept", [1, 6, 7, 8, 60])
def test_what_follows_a_row_is_what_followed_it_in_the_whole(
    any_site: Site, database_url: str, now: datetime, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmed_rows, "TEXT_ROWS", 7)
    seed(database_url, now, 500)
    campaign_id, chosen = any_site.campaign.id, Selection(language="fa")
    for selection in (EVERYBODY, chosen):
        lines = b"".join(public_names_json_lines(db.session(), campaign_id, selection)).splitlines(keepends=True)
        after = uuid.UUID(json.loads(lines[min(kept, len(lines)) - 1])["signature"])
        rest = b"".join(public_names_json_lines(db.session(), campaign_id, selection, after=after))
        assert rest == b"".join(lines[kept:])
        whole = "".join(public_names_csv(db.session(), campaign_id, selection)).splitlines(keepends=True)
        assert "".join(public_names_csv(db.session(), campaign_id, selection, after=after)) == "".join(
            whole[kept + 1 :]
        )


def test_no_setting_of_postgresql_changes_how_an_hour_is_written(
    any_site: Site, database_url: str, now: datetime
) -> None:
    seed(database_url, now, 200)
    usual = "".join(public_names_csv(db.session(), any_site.campaign.id))
    if db.engine.dialect.name == "postgresql":
        # Of the connection, which the session keeps taking because nobody else does.
        with db.engine.connect() as connection:
            for setting in ("DateStyle = 'German'", "TimeZone = 'Asia/Tehran'"):
                connection.execute(text(f"SET SESSION {setting}"))
            connection.commit()
    assert "".join(public_names_csv(db.session(), any_site.campaign.id)) == usual
    db.session.remove()
    db.engine.dispose()


def test_sqlite_reads_it_from_an_index_alone(site: Site, app: Flask) -> None:
    """A row is forty times as long as what the list says of it."""
    with app.app_context():
        connection, asked = db.session.connection(), list[str]()
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        driver.set_trace_callback(asked.append)
        list(public_names_csv(db.session(), site.campaign.id))
        driver.set_trace_callback(None)
        query = next(each for each in asked if "group_concat" in each)
        plan = [str(row[-1]) for row in driver.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert any("USING COVERING INDEX ix_signature_listed_names" in line for line in plan)


@pytest.mark.parametrize(
    "chosen",
    [
        Selection(language="fa"),
        Selection(wants_updates=True),
        Selection(source="site", language="en"),
        Selection(until=date(2026, 11, 10)),
        Selection(since=date(2999, 1, 1)),
    ],
    ids=str,
)
def test_a_filter_finds_the_same_whatever_the_size_of_a_page(
    any_site: Site, database_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch, chosen: Selection
) -> None:
    monkeypatch.setattr(confirmed_rows, "TEXT_ROWS", 7)
    monkeypatch.setattr(confirmed_rows, "PAGE_ROWS", 5)
    monkeypatch.setattr(confirmed_rows, "WINDOW_ROWS", 13)
    seed(database_url, now, 500)
    conditions = [Signature.state == "confirmed", *chosen.filters()]
    everybody = db.session.execute(
        select(Signature.id, Signature.public_name).where(*conditions).order_by(Signature.id)
    )
    expected = everybody.all()
    listed = list(public_names_json_lines(db.session(), any_site.campaign.id, chosen))
    names = [json.loads(line)["public_name"] for line in b"".join(listed).splitlines()]
    assert names == [row.public_name for row in expected if row.public_name is not None]
    *rows, end = map(json.loads, sealed_rows(db.session(), any_site.campaign.id, selection=chosen))
    assert [row["id"] for row in rows] == [row.id.hex for row in expected]
    assert end["rows"] == len(expected)
