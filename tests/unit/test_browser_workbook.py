"""The workbook that the browser packs holds what Python's holds, letter by letter, and opens in a spreadsheet."""

import csv
import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.exports.workbook import MOST_ROWS, joined_rows, workbook
from tests.unit.test_workbook import HOSTILE, MAIN, texts

STATIC = Path(__file__).parents[2] / "static"
NODE, OFFICE = shutil.which("node"), shutil.which("soffice")
COLUMNS = ("name", "a<b>&c")
# Reads {isRtl, rows} or, with a number instead of rows, counts up to it.
RUN = """
import { readFileSync, writeFileSync } from "node:fs";
import { Sheet } from "./js/list-sheets.js";

const { columns, isRtl, rows } = JSON.parse(readFileSync(0, "utf-8"));
const sheet = new Sheet("xlsx");
sheet.head(columns, isRtl);
if (typeof rows === "number") for (let at = 1; at <= rows; at += 1) sheet.row([String(at), ""]);
else for (const row of rows) sheet.row(row);
const blob = sheet.blob();
writeFileSync(process.argv[2], new Uint8Array(await blob.arrayBuffer()));
console.log(blob.type);
"""

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browser")
    shutil.copytree(STATIC / "vendor/fflate", made / "vendor/fflate")
    (made / "js").mkdir()
    for name in ("list-sheets.js", "list-csv.js", "list-workbook.js"):
        shutil.copy(STATIC / "js" / name, made / "js")
    (made / "package.json").write_text('{"type": "module"}')
    (made / "run.mjs").write_text(RUN)
    return made


def packed(folder: Path, rows: list[list[str]] | int, *, is_rtl: bool = False) -> bytes:
    given = json.dumps({"columns": COLUMNS, "isRtl": is_rtl, "rows": rows})
    command = [str(NODE), str(folder / "run.mjs"), str(folder / "out.xlsx")]
    answer = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return (folder / "out.xlsx").read_bytes()


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("is_rtl", [True, False])
@pytest.mark.parametrize(
    "rows", [[], [[cell, "x"] for cell in [*HOSTILE, "", "\0\x0b\r\n\ufffe", "_x1F600_", "a\x1fb\x1ec"]]]
)
def test_python_and_the_browser_pack_the_same(folder: Path, rows: list[list[str]], is_rtl: bool) -> None:
    in_python = b"".join(workbook(COLUMNS, [joined_rows(rows)] if rows else [], is_rtl=is_rtl))
    assert parts(packed(folder, rows, is_rtl=is_rtl)) == parts(in_python)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=50, max_size=100))
def test_any_text_is_packed_the_same(folder: Path, cells: list[str]) -> None:
    rows = [[cell, cell[::-1]] for cell in cells]
    assert parts(packed(folder, rows)) == parts(b"".join(workbook(COLUMNS, [joined_rows(rows)], is_rtl=False)))


@pytest.mark.parametrize("cell", ["a" * 40_000, "a" + "👩" * 20_000, "\x1f" + "b" * 32_767])
def test_a_cell_longer_than_a_sheet_takes_is_cut_where_a_character_ends(folder: Path, cell: str) -> None:
    in_browser = parts(packed(folder, [[cell, "x"]]))
    assert in_browser == parts(b"".join(workbook(COLUMNS, [joined_rows([[cell, "x"]])], is_rtl=False)))
    written = texts(ElementTree.fromstring(in_browser["xl/worksheets/sheet1.xml"]))[1][0]
    assert 32_766 <= len(written.encode("utf-16-le")) // 2 <= 32_767


def test_what_one_sheet_cannot_hold_goes_into_the_next(folder: Path) -> None:
    """Really more than a million rows: nothing in the browser says how many a sheet holds but the module itself."""
    found = parts(packed(folder, MOST_ROWS + 1))
    first, second = found["xl/worksheets/sheet1.xml"], found["xl/worksheets/sheet2.xml"]
    assert first.count(b"<row>") == MOST_ROWS
    assert [row[0] for row in texts(ElementTree.fromstring(second))] == ["name", str(MOST_ROWS), str(MOST_ROWS + 1)]
    listed = ElementTree.fromstring(found["xl/workbook.xml"]).iter(f"{MAIN}sheet")
    assert [sheet.get("name") for sheet in listed] == ["1", "2"]


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_every_cell_as_it_was_typed(folder: Path, tmp_path: Path) -> None:
    rows = [[cell, "x"] for cell in HOSTILE]
    (tmp_path / "list.xlsx").write_bytes(packed(folder, rows, is_rtl=True))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    # Separated by commas, quoted with quotes, in UTF-8.
    form = "csv:Text - txt - csv (StarCalc):44,34,76"
    command = [
        str(OFFICE),
        profile,
        "--headless",
        "--convert-to",
        form,
        "--outdir",
        str(tmp_path),
        str(tmp_path / "list.xlsx"),
    ]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [list(COLUMNS), *rows]


def test_the_vendored_files_are_those_written_down() -> None:
    vendored = STATIC / "vendor/fflate"
    written = dict(
        re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (vendored / "README.md").read_text(), re.MULTILINE)
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendored.iterdir()}
    assert written == {name: digest for name, digest in found.items() if name != "README.md"}
