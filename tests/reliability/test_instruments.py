"""What the tests here look with can see: the checks of the ledger, the disk that forgets, and how a loss is told."""

import os
import random
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from campaign.core.sqlite import sqlite3
from tests.reliability.disk import SECTOR, Cut, Disk
from tests.reliability.ledger import DATABASE, KEYS, LINE_BYTES, Ledger, problems, write_line
from tests.reliability.promise import NotRun, Promise, Run
from tests.reliability.torture import run_here
from tests.reliability.tracing import Call, read
from tests.reliability.writers import Place, plant, write_in_threads

OLD, NEW = b"o" * 4096, b"n" * 4096


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site where people have signed and confirmed, and the ledger of it."""
    folder = tmp_path_factory.mktemp("written")
    plant(folder)
    ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    place = Place.at(folder)
    write_in_threads(place, ledger, "alice", 1.0, threads=2, until=lambda done: done >= 10)
    os.close(ledger)
    place.disconnect()
    return folder


@pytest.fixture
def site(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "site")


@pytest.fixture
def ledger(written: Path) -> Ledger:
    return Ledger.read(written / "ledger")


def test_nothing_is_wrong_with_what_nobody_has_touched(site: Path, ledger: Ledger) -> None:
    assert len(ledger.signed) == 20
    assert ledger.confirmed
    assert problems(site, ledger) == []


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        ("DELETE FROM signature WHERE state = 'pending'", "acknowledged signatures have no row"),
        ("DELETE FROM outbox_mail", "acknowledged signatures have no mail"),
        (
            "UPDATE signature SET state = 'pending', confirmed_hour = NULL",
            "acknowledged confirmations are not confirmed",
        ),
        ("DELETE FROM signature_delta; DELETE FROM campaign_count", "counted: "),
        ("DELETE FROM signature_delta; DELETE FROM hourly_count", "counted by hour: "),
        ("DELETE FROM community_ballot; DELETE FROM community_count", "ballots: "),
        ("UPDATE signature SET sealed = NULL", "sealed entries: "),
        ("UPDATE outbox_mail SET sealed = zeroblob(length(sealed))", "mails cannot be opened"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM campaign", "rows point at nothing"),
    ],
)
def test_a_database_that_lacks_something_is_found_out(site: Path, ledger: Ledger, damage: str, seen: str) -> None:
    with closing(sqlite3.connect(site / DATABASE)) as connection:
        connection.executescript(damage)
    assert [problem for problem in problems(site, ledger) if seen in problem]


def test_a_file_that_is_torn_or_missing_is_found_out(site: Path, ledger: Ledger) -> None:
    content = bytearray((site / DATABASE).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4 * SECTOR] = bytes(4 * SECTOR)
    (site / DATABASE).write_bytes(content)
    assert problems(site, ledger)
    (site / DATABASE).unlink()
    assert problems(site, ledger)


@pytest.mark.parametrize("name", KEYS)
def test_a_lost_key_is_found_out(site: Path, ledger: Ledger, name: str) -> None:
    (site / "keys" / name).unlink()
    assert problems(site, ledger) == [f"there is no {name}"]


def test_a_line_without_its_end_was_never_acknowledged() -> None:
    ledger = Ledger()
    ledger.add("signed aa 2026-11-22 18:54:11.000000\n")
    ledger.add("signed bb 2026-11-22 18:5")
    ledger.add("failed OperationalError\n")
    assert ledger == Ledger(signed={"aa": "2026-11-22 18:54:11.000000"}, failed=["OperationalError"])


def test_a_line_is_a_part_of_a_page_so_that_no_kill_tears_it(tmp_path: Path) -> None:
    ledger = os.open(tmp_path / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for words in (("signed", "f" * 64, "2026-11-22 18:54:11.000000"), ("confirmed", "f" * 64), ("failed", "NoTurn")):
        write_line(ledger, *words)
    os.close(ledger)
    lengths = {len(line) for line in (tmp_path / "ledger").read_bytes().splitlines(keepends=True)}
    assert lengths == {LINE_BYTES}
    assert 4096 % LINE_BYTES == 0
    assert Ledger.read(tmp_path / "ledger").signed == {"f" * 64: "2026-11-22 18:54:11.000000"}


class Tape:
    """Calls as a trace would have them, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._line = folder, 0
        self.disk = Disk(folder)

    def call(self, name: str, *arguments: str, result: int = 0, opened: str = "") -> None:
        self._line += 1
        path = str(self._folder / opened) if opened else ""
        self.disk.replay(Call(name, arguments, result, path, self._line, self._line))

    def file(self, name: str) -> str:
        return f"3<{self._folder / name}>" if name else f"3<{self._folder}>"

    def create(self, name: str) -> None:
        self.call("openat", "AT_FDCWD", f'"{self._folder / name}"', "O_RDWR|O_CREAT", "0644", result=3, opened=name)

    def write(self, name: str, content: bytes, offset: int = 0) -> None:
        quoted = '"' + "".join(f"\\x{byte:02x}" for byte in content) + '"'
        self.call("pwrite64", self.file(name), quoted, str(len(content)), str(offset), result=len(content))

    def sync(self, name: str) -> None:
        self.call("fdatasync", self.file(name))

    def left(self, cut: Cut, seed: int = 0) -> dict[str, bytes]:
        return self.disk.after(cut, random.Random(seed))


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    (tmp_path / "old").write_bytes(OLD)
    return Tape(tmp_path)


def test_what_was_written_is_on_the_disk_once_it_was_synced(tape: Tape) -> None:
    tape.write("old", NEW)
    assert tape.left(Cut.NOTHING) == {"old": OLD}
    assert tape.left(Cut.EVERYTHING) == {"old": NEW}
    tape.sync("old")
    tape.write("old", b"later")
    assert tape.left(Cut.NOTHING) == {"old": NEW}


def test_a_sync_covers_only_what_was_written_before_it_began(tape: Tape, tmp_path: Path) -> None:
    tape.write("old", NEW)
    tape.disk.replay(Call("fsync", (tape.file("old"),), 0, "", began=0, returned=9))
    assert tape.left(Cut.NOTHING) == {"old": OLD}


def test_a_torn_write_keeps_its_sectors_whole(tape: Tape) -> None:
    tape.write("old", NEW)
    seen = set()
    for seed in range(50):
        content = tape.left(Cut.SOME, seed)["old"]
        sectors = [content[at : at + SECTOR] for at in range(0, len(content), SECTOR)]
        assert set(sectors) <= {OLD[:SECTOR], NEW[:SECTOR]}
        seen.add(content)
    assert len(seen) > 10


def test_a_file_is_as_long_as_it_was_at_some_moment(tape: Tape) -> None:
    tape.call("ftruncate", tape.file("old"), "0")
    tape.write("old", NEW[:1024])
    lengths = {len(tape.left(Cut.SOME, seed)["old"]) for seed in range(50)}
    assert lengths == {0, 1024, 4096}
    # Once the file is known to have been emptied, nothing of what it held before comes back.
    assert all(b"o" not in found for seed in range(50) if len(found := tape.left(Cut.SOME, seed)["old"]) == 1024)


def test_a_name_is_there_or_gone_once_its_folder_was_synced(tape: Tape, tmp_path: Path) -> None:
    tape.create("new")
    tape.write("new", NEW)
    tape.sync("new")
    tape.call("unlink", f'"{tmp_path / "old"}"')
    assert tape.left(Cut.NOTHING) == {"old": OLD}
    assert tape.left(Cut.EVERYTHING) == {"new": NEW}
    tape.sync("")
    assert tape.left(Cut.NOTHING) == {"new": NEW}


def test_a_file_in_a_folder_that_was_never_synced_is_gone_with_it(tape: Tape, tmp_path: Path) -> None:
    tape.call("mkdir", f'"{tmp_path / "keys"}"', "0700")
    tape.create("keys/a.key")
    tape.write("keys/a.key", NEW)
    tape.sync("keys/a.key")
    tape.sync("keys")
    assert tape.left(Cut.NOTHING) == {"old": OLD}
    tape.sync("")
    assert tape.left(Cut.NOTHING) == {"old": OLD, "keys/a.key": NEW}


def test_a_call_that_is_not_understood_is_not_passed_over(tape: Tape) -> None:
    with pytest.raises(NotImplementedError):
        tape.call("copy_file_range", "9</elsewhere>", "NULL", tape.file("old"), "NULL", "1", "0", result=1)


def test_calls_that_overlap_are_put_together_from_a_trace(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text(
        r"""7 openat(AT_FDCWD<\x2f>, "\x2f\x61", O_RDWR|O_CREAT <unfinished ...>
8 fdatasync(4<\x2f\x62> <unfinished ...>
7 <... openat resumed>, 0644) = 3<\x2f\x61>
8 <... fdatasync resumed>)            = 0
8 pwrite64(4<\x2f\x62>(deleted), "\x00\x2c", 2, 512) = 2
8 +++ exited with 0 +++
"""
    )
    opened, synced, written = read(trace)
    assert (opened.path(1), opened.result_path, opened.began, opened.returned) == ("/a", "/a", 0, 2)
    assert (synced.path(), synced.began, synced.returned) == ("/b", 1, 3)
    assert (written.path(), written.bytes(1), written.number(3)) == ("", b"\x00,", 512)


def _run(keep: object) -> dict[str, object]:
    promise = Promise("one", "says", keep, 3)  # type: ignore[arg-type]
    return run_here(promise, seed=1, cycles=3, seconds=None)


@pytest.fixture
def nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a run that lost something is kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("nothing_left_behind")
def test_a_loss_a_broken_run_and_one_that_cannot_be_are_told_apart() -> None:
    def loses(run: Run) -> None:
        for _ in run.cycles():
            run.lost("a row")

    def breaks(run: Run) -> None:
        raise ValueError("broken")

    def cannot(run: Run) -> None:
        raise NotRun("no disk")

    assert _run(loses)["lost"] == [f"cycle {n}: a row" for n in range(3)]
    assert _run(breaks)["lost"] == ["cycle 0: the run broke off: ValueError: broken"]
    assert _run(cannot)["not_run"] == "no disk"


def test_a_cycle_draws_the_same_from_the_same_seed() -> None:
    drawn: list[list[float]] = []

    def draws(run: Run) -> None:
        drawn.append([chance.random() for chance in run.cycles()])

    _run(draws)
    _run(draws)
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 3
