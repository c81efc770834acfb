"""The command line as a shell sees it: one line of error, exit codes, nothing half-done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from campaign.resources import SEEDS

NOBODY_THERE = "postgresql+psycopg://127.0.0.1:1/x"


def campaign(instance: Path, *arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    return subprocess.run(
        [sys.executable, "-m", "campaign", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        env={**plain, "CAMPAIGN_INSTANCE": str(instance), **environ},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "said"),
    [
        (["nonsense"], {}, 2, "No such command"),
        (["decrypt", "/does/not/exist", "--out", "x"], {}, 2, "does not exist"),
        (["doctor"], {"CAMPAIGN_NONSENSE": "1"}, 2, "unknown setting CAMPAIGN_NONSENSE"),
        (["doctor"], {"CAMPAIGN_BIND": "here"}, 2, "CAMPAIGN_BIND is host:port"),
        (
            ["migrate"],
            {"CAMPAIGN_DATABASE_URL": NOBODY_THERE},
            1,
            "the database cannot be used",
        ),
        (["seed"], {}, 1, "the database cannot be used"),
        (["seed", "/does/not/exist"], {}, 1, "there is no such folder"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], code: int, said: str
) -> None:
    result = campaign(tmp_path / "instance", *arguments, **environ)
    assert result.returncode == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_new_site_from_nothing_to_a_key(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    assert campaign(instance, "migrate").returncode == 0
    assert "3 campaigns, nothing wrong" in campaign(instance, "seed", str(SEEDS), "--check").stdout
    assert "left alone" in campaign(instance, "seed", str(SEEDS)).stdout
    assert "0 written" in campaign(instance, "seed", str(SEEDS)).stdout
    assert "no key" in campaign(instance, "doctor").stdout
    wrong = campaign(instance, "keys", "new", "--holder", "Olga", "--only-one-holder", typed="not the phrase\n")
    assert wrong.returncode == 1
    assert "nothing was changed" in wrong.stderr
    assert "no key" in campaign(instance, "doctor").stdout


def test_an_organizer_needs_a_real_password(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    campaign(instance, "migrate")
    short = campaign(instance, "organizer", "add", "olga", typed="short\nshort\n")
    assert (short.returncode, "at least 12" in short.stderr) == (1, True)
    long = "correct horse battery\n"
    assert campaign(instance, "organizer", "add", "olga", typed=long * 2).returncode == 0
    assert "already" in campaign(instance, "organizer", "add", "olga", typed=long * 2).stderr


def test_a_key_is_the_sites_once_its_phrase_was_typed_back(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    assert campaign(instance, "migrate").returncode == 0
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", "keys", "new", "--holder", "Olga", "--only-one-holder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**plain, "CAMPAIGN_INSTANCE": str(instance)},
    )
    with process:
        assert process.stdout is not None
        phrase = next(line.strip() for line in process.stdout if len(line.split()) == 7 and line.startswith("    "))
        said, _ = process.communicate(phrase.upper() + "\n", timeout=60)
    assert process.returncode == 0
    assert "Signing is open" in said
    assert "sealed to key" in campaign(instance, "doctor").stdout
    again = campaign(instance, "keys", "new", "--holder", "Oleg")
    assert (again.returncode, "there is a key already" in again.stderr) == (1, True)
