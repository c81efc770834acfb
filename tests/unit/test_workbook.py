"""A workbook holds text and nothing but text, and comes in pieces."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.exports import workbook as module
from campaign.exports.confirmed_rows import CELL_END, ROW_END
from campaign.exports.workbook import joined_rows, workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    '=HYPERLINK("http://evil.example";"x")',
    "+1",
    "-2+3",
    "@SUM(1)",
    "=cmd|' /C calc'!A0",
    "https://evil.example",
    "0049 30 123",
    "1e5",
    "2026-11-22",
    "<b>&amp;</b>]]>",
    "_x0041_",
    "  two  spaces ",
    "a\nb\tc",
    "شیرین علم‌هولی",
    "TRUE",
    "👩🏽‍🏭",
]


def made(rows: list[list[str]], *, is_rtl: bool = False) -> bytes:
    return b"".join(workbook(("name", "hour"), [joined_rows(rows)] if rows else [], is_rtl=is_rtl))


def sheets(content: bytes) -> Iterator[ElementTree.Element]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        listed = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        for number, _sheet in enumerate(listed, 1):
            yield ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))


def texts(sheet: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]


def test_every_cell_is_text_whatever_it_looks_like() -> None:
    (sheet,) = sheets(made([[name, "x"] for name in HOSTILE]))
    cells = list(sheet.iter(f"{MAIN}c"))
    assert {cell.get("t") for cell in cells} == {"inlineStr"}
    assert not list(sheet.iter(f"{MAIN}f"))
    assert not list(sheet.iter(f"{MAIN}hyperlink"))
    assert [row[0].replace("_x005F_", "_") for row in texts(sheet)[1:]] == HOSTILE
    assert [cell.get("r") for cell in cells[:4]] == ["A1", "B1", "A2", "B2"]


def test_cells_are_in_text_format_so_that_they_stay_text_when_edited() -> None:
    with zipfile.ZipFile(BytesIO(made([["a", "b"]]))) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    formats = [style.get("numFmtId") for style in styles.find(f"{MAIN}cellXfs") or []]
    (sheet,) = sheets(made([["a", "b"]]))
    assert {formats[int(cell.get("s", ""))] for cell in sheet.iter(f"{MAIN}c")} == {"49"}


@pytest.mark.parametrize("is_rtl", [True, False])
def test_a_sheet_runs_as_its_language_does(is_rtl: bool) -> None:
    (sheet,) = sheets(made([["a", "b"]], is_rtl=is_rtl))
    view = next(sheet.iter(f"{MAIN}sheetView"))
    assert (view.get("rightToLeft") == "1") == is_rtl


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 25])
def test_what_one_sheet_cannot_hold_goes_into_the_next(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    found = [texts(sheet) for sheet in sheets(made([[str(number), "x"] for number in range(rows)]))]
    assert all(len(sheet) <= 10 and sheet[0] == ["name", "hour"] for sheet in found)
    assert [row[0] for sheet in found for row in sheet[1:]] == [str(number) for number in range(rows)]
    assert len(found) == max(1, -(-rows // 9))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=5))
def test_any_text_makes_a_file_that_can_be_read(names: list[str]) -> None:
    (sheet,) = sheets(made([[name, "x"] for name in names]))
    assert len(texts(sheet)) == len(names) + 1


def test_a_cell_longer_than_a_sheet_takes_is_cut() -> None:
    (sheet,) = sheets(made([["a" * 40_000, "x"]]))
    assert len(texts(sheet)[1][0]) == 32_767


def test_its_first_bytes_come_before_the_second_page_is_asked_for(tmp_path: Path) -> None:
    asked = []

    def blocks() -> Iterator[str]:
        for number in range(100):
            asked.append(number)
            yield ROW_END.join(f"{number} {place}{CELL_END}x" for place in range(5000))

    pieces = workbook(("name", "hour"), blocks(), is_rtl=False)
    next(pieces)
    assert len(asked) <= 2
