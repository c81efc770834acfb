"""Totals are the sums of all processes, grow only, and never hurt what they count."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from campaign.core.tally import Tally

ROWS = ("signs", "confirms")
ADD_AND_WAIT = """
import sys
from pathlib import Path
from campaign.core.tally import Tally
tally = Tally(Path(sys.argv[1]), "t", ("signs", "confirms"), 2)
tally.add("signs", (0, 5), (1, 0.25))
print("added", flush=True)
sys.stdin.read()
"""


FORK = """
import os, sys
from pathlib import Path
from campaign.core.tally import Tally
tally = Tally(Path(sys.argv[1]), "t", ("signs", "confirms"), 2)
tally.add("signs", (0, 1))
child = os.fork()
tally.add("signs", (0, 100 if child else 10))
if child:
    assert os.waitpid(child, 0)[1] == 0
    print(tally.totals()["signs"])
"""


def tally(folder: Path) -> Tally:
    return Tally(folder, "t", ROWS, 2)


def test_totals_are_of_all_who_add(tmp_path: Path) -> None:
    first, second = tally(tmp_path), tally(tmp_path)
    first.add("signs", (0, 1), (1, 0.5))
    second.add("signs", (0, 2))
    second.add("confirms", (0, 3))
    expected = {"signs": [3, 0.5], "confirms": [3, 0]}
    assert first.totals() == second.totals() == tally(tmp_path).totals() == expected
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_counted_stays_and_its_file_is_used_again(tmp_path: Path) -> None:
    for round_number in (1, 2, 3):
        process = subprocess.Popen(
            [sys.executable, "-c", ADD_AND_WAIT, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "added\n"
            assert tally(tmp_path).totals()["signs"] == [5 * round_number, 0.25 * round_number]
            process.kill()
        assert len(list(tmp_path.iterdir())) == 1


def test_a_forked_process_counts_for_itself(tmp_path: Path) -> None:
    forked = subprocess.run([sys.executable, "-c", FORK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert forked.stdout == "[111.0, 0.0]\n"


def test_threads_lose_no_count(tmp_path: Path) -> None:
    shared = tally(tmp_path)
    threads = [Thread(target=lambda: [shared.add("signs", (0, 1)) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally(tmp_path).totals()["signs"] == [8000, 0]


def test_files_of_another_shape_are_not_read_and_go(tmp_path: Path) -> None:
    old = subprocess.run(
        [sys.executable, "-c", ADD_AND_WAIT, str(tmp_path)], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert old.stdout == b"added\n"
    new = Tally(tmp_path, "t", (*ROWS, "withdrawals"), 2)
    assert new.totals()["signs"] == [0, 0]
    new.add("withdrawals", (0, 1))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"\0", b"x" * 7, b"\xff" * 1000])
def test_a_damaged_file_does_not_stop_anybody(tmp_path: Path, content: bytes) -> None:
    tally(tmp_path).add("signs", (0, 1))
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    again = tally(tmp_path)
    again.add("signs", (0, 1))
    assert 1 <= again.totals()["signs"][0] <= 2


def test_without_a_place_to_write_a_process_still_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    homeless = tally(tmp_path / "file")
    for _ in range(3):
        homeless.add("signs", (0, 1))
    assert homeless.totals()["signs"] == [3, 0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device to write to")
def test_a_full_disk_costs_numbers_and_nothing_else(tmp_path: Path) -> None:
    one = tally(tmp_path)
    one.add("signs", (0, 1))
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, one._file)
    os.close(full)
    one.add("signs", (0, 1))
    assert one.totals()["signs"] == [2, 0]


def test_its_files_are_for_their_owner_only(tmp_path: Path) -> None:
    tally(tmp_path / "metrics").add("signs", (0, 1))
    (path,) = (tmp_path / "metrics").iterdir()
    assert (tmp_path / "metrics").stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
