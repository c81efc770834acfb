"""A sealed list opens the same way in Python and in the browser's modules: same bytes, same faults noticed."""

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest

from campaign.core.errors import SealingError
from campaign.exports.decrypt import decrypt_list
from campaign.sealing.boxes import seal
from tests.unit.sealed_files import PHRASE, THEIRS, base64_of, end, row, row_id

STATIC = Path(__file__).parents[2] / "static"
NODE = shutil.which("node")
RUN = """
import { readFileSync, writeFileSync } from "node:fs";
import sodium from "./vendor/libsodium/libsodium-wrappers.mjs";
import { openList } from "./js/list-sealed.js";
import { Sheet } from "./js/list-sheets.js";

const [source, out, step] = process.argv.slice(2);
const phrase = readFileSync(0, "utf-8");
const bytes = new Uint8Array(readFileSync(source));
const stream = new ReadableStream({
  start(controller) {
    for (let at = 0; at < bytes.length; at += Number(step)) controller.enqueue(bytes.slice(at, at + Number(step)));
    controller.close();
  },
});
await sodium.ready;
const sheet = new Sheet(out.split(".").pop());
try {
  const found = await openList(sodium, stream, phrase, { sheet, progress: async () => {} });
  writeFileSync(out, new Uint8Array(await sheet.blob().arrayBuffer()));
  console.log(JSON.stringify(found));
} catch (error) {
  if (!error.kind) throw error;
  console.log(JSON.stringify({ kind: error.kind }));
}
"""


@dataclass(frozen=True)
class Opened:
    """What an opener said: rows and problems, or the fault that stopped it, as the page names it."""

    rows: int = 0
    problems: tuple[str, ...] = ()
    fault: str | None = None
    csv: bytes | None = None


class Opener(Protocol):
    def __call__(self, lines: list[bytes], phrase: str = PHRASE) -> Opened: ...


def open_in_python(folder: Path, lines: list[bytes], phrase: str, *, form: str = "csv") -> Opened:
    source, out = folder / "list.jsonl", folder / f"python.{form}"
    source.write_bytes(b"".join(lines))
    out.unlink(missing_ok=True)
    try:
        result = decrypt_list(source, out, phrase=phrase, progress=lambda _done: None)
    except SealingError as error:
        assert not out.exists()
        assert [path.name for path in folder.iterdir()] == ["list.jsonl"]
        faults = {"phrase": "wrong-phrase", "cut short|it says it holds|after its end": "truncated"}
        return Opened(fault=next((kind for said, kind in faults.items() if re.search(said, str(error))), "format"))
    return Opened(result.rows, tuple(result.problems), csv=out.read_bytes())


def open_in_node(folder: Path, lines: list[bytes], phrase: str, *, step: int = 1000, form: str = "csv") -> Opened:
    if NODE is None:
        pytest.skip("node is not installed")
    source, out = folder / "list.jsonl", folder / f"node.{form}"
    source.write_bytes(b"".join(lines))
    for name in ("libsodium", "fflate"):
        shutil.copytree(STATIC / "vendor" / name, folder / "vendor" / name, dirs_exist_ok=True)
    (folder / "js").mkdir(exist_ok=True)
    for module in [*STATIC.glob("js/list-*.js"), *STATIC.glob("js/key-*.js")]:
        shutil.copy(module, folder / "js")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.mjs").write_text(RUN)
    command = [NODE, str(folder / "run.mjs"), str(source), str(out), str(step)]
    answer = subprocess.run(command, input=phrase, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    if "kind" in found:
        return Opened(fault=found["kind"])
    return Opened(found["rows"], tuple(found["problems"]), csv=out.read_bytes())


@pytest.fixture(params=["python", "browser"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    def opener(lines: list[bytes], phrase: str = PHRASE) -> Opened:
        return (open_in_python if request.param == "python" else open_in_node)(tmp_path, lines, phrase)

    return opener


def test_a_whole_list_becomes_a_spreadsheet(opened: Opener, header: bytes) -> None:
    lines = [
        header,
        row(1, fields={"country": "IR", "message": "line one\nline two"}, public_name="زهرا"),
        row(2, fields={"name": '=HYPERLINK("x")'}),
        end(2),
    ]
    result = opened(lines, f"  {PHRASE.upper().replace(' ', '  ')}\n")
    assert (result.rows, result.problems) == (2, ())
    assert result.csv is not None
    assert result.csv.decode().split("\r\n") == [
        "\ufeffname,email,country,public_name,message,updates,language,confirmed_hour,source,signature",
        'Name 1,a@example.org,IR,زهرا,"line one\nline two",no,fa,2026-11-22T18:00Z,site,' + str(UUID(row_id(1))),
        '"\'=HYPERLINK(""x"")",a@example.org,,,,yes,fa,2026-11-22T18:00Z,site,' + str(UUID(row_id(2))),
        "",
    ]


def test_an_empty_list_needs_no_phrase(opened: Opener) -> None:
    header = b'{"format":"campaign-sealed-list/1","campaign":"c","made_at":"x","epochs":[]}\n'
    assert opened([header, end(0)], "").rows == 0


def test_rows_that_do_not_open_are_named_and_cost_no_others(opened: Opener, header: bytes) -> None:
    whole = row(50)
    lines = [
        header,
        row(1),
        row(2).replace(b'"sealed":"', b'"sealed":"AAAA'),
        row(3, sealed="not base64!"),
        row(4, fields={"signature": row_id(1)}),
        row(5, fields={"campaign": "another"}),
        row(6, epoch="bb" * 16),
        row(7, epoch="cc" * 16),
        row(8, sealed=None),
        row(9, sealed=base64_of(seal(THEIRS.public_key, {"campaign": "c", "signature": row_id(9)}))),
        row(10)[:300] + b"\n",
        row(11).replace(b'"fa"', b'"\xff"'),
        row(12, public_name=5),
        row(13).replace(b'"public_name":null', b'"public_name":"\\ud800"'),
        row(14, updates="yes"),
        whole,
        end(15),
    ]
    result = opened(lines)
    assert result.problems == tuple(row_id(number) for number in range(2, 15))
    assert result.rows == 2
    assert result.csv is not None
    assert result.csv.splitlines()[-1].startswith(b"Name 50,")


def test_lines_that_are_json_only_together_are_damaged(opened: Opener, header: bytes) -> None:
    """Many lines are read at once: nothing may run from one into the next, or stand for the one after."""
    halves = row(3).partition(b',"language"')
    forged = [
        row(1)[:-1] + b"," + row(2),
        halves[0] + b',"more":[\n',
        b'{"id":"' + row_id(4).encode() + b'"}]' + halves[1] + halves[2],
    ]
    result = opened([header, *forged, row(5), end(4)])
    assert result.problems == (row_id(1), row_id(3), row_id(4))
    assert result.rows == 1


@pytest.mark.parametrize("cut", [1, 20, 600])
def test_a_list_cut_short_is_noticed(opened: Opener, header: bytes, cut: int) -> None:
    whole = b"".join([header, row(1), row(2), end(2)])
    assert opened([whole[: -len(end(2)) - cut]]).fault == "truncated"


def test_a_list_with_rows_taken_out_or_put_after_its_end_is_noticed(opened: Opener, header: bytes) -> None:
    assert opened([header, row(1), end(2)]).fault == "truncated"
    assert opened([header, row(1), end(1), row(2)]).fault == "truncated"


def test_a_wrong_phrase_opens_nothing(opened: Opener, header: bytes) -> None:
    assert opened([header, row(1), end(1)], "abacus abacus abacus").fault == "wrong-phrase"


def test_something_that_is_no_list_is_said_to_be_none(opened: Opener, header: bytes) -> None:
    for lines in ([b""], [b"<!doctype html>\n<p>Log in"], [header, b"what is this\n", end(1)]):
        assert opened(lines).fault == "format"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("step", [7, 65536])
def test_python_and_the_browser_write_the_same_bytes(header: bytes, tmp_path: Path, step: int, form: str) -> None:
    cells = [
        "می\u200cخواهم",
        "👩🏽‍🏭 & co",
        '"',
        ",",
        "a;=1",
        "\t=1",
        "\0",
        "a\r\nb\n@c",
        " =x",
        "＝1",
        "\ufeff-",
        "'=1",
        "-",
    ]
    rows = [row(number, fields={"name": cell, "message": cell}, public_name=cell) for number, cell in enumerate(cells)]
    lines = [header, *rows, end(len(rows))]
    in_node = open_in_node(tmp_path, lines, PHRASE, step=step, form=form)
    assert in_node.rows == len(cells)
    assert in_node == open_in_python(tmp_path, lines, PHRASE, form=form)


def test_the_vendored_files_are_those_written_down() -> None:
    folder = STATIC / "vendor/libsodium"
    written = dict(
        re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert written == {name: digest for name, digest in found.items() if name != "README.md"}
