"""A spreadsheet opens our CSV as text: no cell runs, no letter is lost."""

import csv
import io
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.core.db import Base, new_engine
from campaign.exports.confirmed_rows import CELL_END, ROW_END
from campaign.exports.public_names import public_names_csv
from campaign.exports.spreadsheet import as_text_cell, csv_block, csv_of_joined
from campaign.signing.models import Signature

HOUR = datetime(2026, 11, 22, 18, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    "=+-@;,\"'\t\r\n\0 a＝", max_size=12
)
# Without what joins rows, which is in no name.
PLAIN_OR_NOT = st.just("Alice Appleton") | ANY_TEXT.map(lambda text: text.replace(CELL_END, "").replace(ROW_END, ""))


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r1", "'\r1"),
        ("\0=1", "'\0=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠A", "'＠A"),
        ("  =1", "'  =1"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ("a\n=1", "a\n'=1"),
        ("a; @b", "a;' @b"),
        ("-", "'-"),
        ("", ""),
        ("Anne-Marie O'Neill", "Anne-Marie O'Neill"),
        ("a=b@c", "a=b@c"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_no_cell_begins_a_formula(cell: str, written: str) -> None:
    assert as_text_cell(cell) == written


def test_lines_end_as_excel_wants() -> None:
    text = csv_block([["name", "message"], ["زن", 'one, "two"\nthree'], ["Bob", ""]])
    assert text == 'name,message\r\nزن,"one, ""two""\nthree"\r\nBob,\r\n'


@settings(deadline=None)
@given(rows=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=5))
def test_every_cell_comes_back_and_none_is_a_formula(rows: list[tuple[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_block(rows), newline="")))
    assert read == [[as_text_cell(cell) for cell in row] for row in rows]
    assert not [cell for row in read for cell in row if cell.lstrip(" \u00a0\u3000")[:1] in tuple("=+-@＝＋－＠\t\r\0")]


@settings(deadline=None)
@given(rows=st.lists(st.tuples(PLAIN_OR_NOT, PLAIN_OR_NOT, st.just("fa")), min_size=1, max_size=8))
def test_rows_that_come_joined_are_written_as_others(rows: list[tuple[str, ...]]) -> None:
    assert csv_of_joined(ROW_END.join(CELL_END.join(row) for row in rows)) == csv_block(rows)


@settings(deadline=None)
@given(cell=ANY_TEXT)
def test_only_apostrophes_are_added(cell: str) -> None:
    assert as_text_cell(cell).replace("'", "") == cell.replace("'", "")


def signature(campaign: uuid.UUID, public_name: str | None, state: str = "confirmed") -> Signature:
    return Signature(
        campaign_id=campaign,
        state=state,
        signed_hour=HOUR,
        confirmed_hour=HOUR if state == "confirmed" else None,
        language="fa",
        text_version=1,
        source="site",
        wants_updates=False,
        public_name=public_name,
    )


def test_public_names_are_those_confirmed_and_made_public_in_this_campaign() -> None:
    engine = new_engine("sqlite://")
    Base.metadata.create_all(engine)
    ours, other = uuid.uuid4(), uuid.uuid4()
    with Session(engine) as session:
        for number, key in enumerate((ours, other)):
            session.add(Campaign(id=key, slug=f"c{number}", kind="petition", state="open", position=1))
        session.flush()
        public = signature(ours, "=cmd")
        session.add_all(
            [
                public,
                signature(ours, None),
                signature(ours, "Waiting", state="pending"),
                signature(other, "Elsewhere"),
            ]
        )
        session.commit()
        lines, row_id = list(public_names_csv(session, ours)), public.id.hex
    engine.dispose()
    assert lines == [
        "\ufeffpublic_name,language,confirmed_hour,signature\r\n",
        f"'=cmd,fa,2026-11-22T18:00Z,{row_id}\r\n",
    ]
