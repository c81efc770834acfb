"""A sealed list opened on the command line: in every form, for its owner only, and nothing is left half-done."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from campaign.core.errors import Invalid, Refused, SealingError
from campaign.exports.decrypt import decrypt_list
from tests.unit.sealed_files import PHRASE, end, row, row_id


def test_the_spreadsheet_is_for_its_owner_only_and_progress_is_told(header: bytes, tmp_path: Path) -> None:
    source, out, told = tmp_path / "list.jsonl", tmp_path / "list.csv", list[int]()
    source.write_bytes(b"".join([header, *[row(number) for number in range(2001)], end(2001)]))
    decrypt_list(source, out, phrase=PHRASE, progress=told.append)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 2001


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_in_every_form_a_row_that_belongs_elsewhere_is_named_and_the_rest_opens(
    header: bytes, tmp_path: Path, form: str
) -> None:
    first, second = json.loads(row(1)), json.loads(row(2))
    first["sealed"], second["sealed"] = second["sealed"], first["sealed"]
    swapped = [json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in (first, second)]
    source, out = tmp_path / "list.jsonl", tmp_path / f"list.out.{form}"
    source.write_bytes(b"".join([header, *swapped, row(3, fields={"name": "=1+1"}), end(3)]))
    result = decrypt_list(source, out, phrase=PHRASE, progress=lambda _done: None)
    assert (result.rows, result.problems) == (1, [row_id(1), row_id(2)])
    if form == "xlsx":
        with zipfile.ZipFile(out) as archive:
            written = archive.read("xl/worksheets/sheet1.xml").decode()
    else:
        written = out.read_text("utf-8")
    assert "=1+1" in written
    assert row_id(1) not in written.replace("-", "")


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_in_every_form_a_file_cut_in_half_leaves_nothing(header: bytes, tmp_path: Path, form: str) -> None:
    source = tmp_path / "list.jsonl"
    whole = b"".join([header, *[row(number) for number in range(20)], end(20)])
    source.write_bytes(whole[: len(header) + (len(whole) - len(header)) // 2 + 300])
    with pytest.raises(SealingError, match="cut short"):
        decrypt_list(source, tmp_path / f"out.{form}", phrase=PHRASE, progress=lambda _done: None)
    assert [path.name for path in tmp_path.iterdir()] == ["list.jsonl"]


def test_a_file_whose_name_says_no_form_is_not_written(header: bytes, tmp_path: Path) -> None:
    source = tmp_path / "list.jsonl"
    source.write_bytes(b"".join([header, row(1), end(1)]))
    with pytest.raises(Invalid, match="csv"):
        decrypt_list(source, tmp_path / "list.exe", phrase=PHRASE, progress=lambda _done: None)


def test_locked_epochs_are_told(header: bytes, tmp_path: Path) -> None:
    source, out = tmp_path / "list.jsonl", tmp_path / "list.csv"
    source.write_bytes(b"".join([header, row(6, epoch="bb" * 16), end(1)]))
    result = decrypt_list(source, out, phrase=PHRASE, progress=lambda _done: None)
    assert (result.rows, result.problems, result.locked_epochs) == (0, [row_id(6)], ["bb" * 16])


def test_a_file_that_exists_is_never_overwritten(header: bytes, tmp_path: Path) -> None:
    source, out = tmp_path / "list.jsonl", tmp_path / "list.csv"
    source.write_bytes(b"".join([header, row(1), end(1)]))
    out.write_text("mine")
    with pytest.raises(Refused, match="there already"):
        decrypt_list(source, out, phrase=PHRASE, progress=lambda _done: None)
    assert out.read_text() == "mine"


def test_stopping_half_way_leaves_nothing(header: bytes, tmp_path: Path) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    source, out = tmp_path / "list.jsonl", tmp_path / "list.csv"
    source.write_bytes(b"".join([header, row(1), end(1)]))
    with pytest.raises(KeyboardInterrupt):
        decrypt_list(source, out, phrase=PHRASE, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["list.jsonl"]
