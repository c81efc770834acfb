"""`campaign keys` and `campaign decrypt` from a shell: made, shared, changed, and one line for each mistake."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import Result
from sqlalchemy import select, text

from campaign.audit.models import AuditEntry
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, new_engine, transaction
from campaign.core.keyring import Keyring
from campaign.exports.sealed_list import sealed_list_lines
from campaign.organizers.actions import add_organizer
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.paper_key import paper_lines
from campaign.sealing.queries import KeyView, all_keys, current_epoch
from tests.databases import new_sqlite
from tests.factories import SLUG, Site, make_campaign, make_settings
from tests.integration.installation import Installation
from tests.signers import sign_and_confirm

WORDS = ["abacus", "mule", "zoom", "yarn", "salt", "okra", "tusk"]
PHRASES = [" ".join(words) for words in itertools.islice(itertools.permutations(WORDS), 9)]
WRONG = "seven words that nobody has ever given"
PAIRS = [new_key_pair() for _ in range(3)]
LAST_LINES = [paper_lines(pair.secret_key)[-1].lower() for pair in PAIRS]


@pytest.fixture(autouse=True)
def foreseen() -> Iterator[None]:
    """Phrases and keys are random; here it is known beforehand what there is to type."""
    with (
        patch("campaign.cli.ceremony.new_phrase", side_effect=PHRASES),
        patch("campaign.cli.sealing_keys.new_key_pair", side_effect=PAIRS),
    ):
        yield


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    """A petition without a key."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    made = Installation(folder, new_sqlite(folder))
    (folder / "campaign.sqlite3").chmod(0o600)
    with made.database(), transaction() as session:
        make_settings(session)
        make_campaign(session, utc_now(), slug=SLUG)
        add_organizer(session, login="olga", password="correct horse battery", role="owner", now=utc_now())
    return made


def keys_of(site: Installation) -> list[KeyView]:
    with site.database():
        return all_keys(db.session(), is_demo=False)


def audited(site: Installation) -> list[tuple[str, str]]:
    with site.database():
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.action, entry.why) for entry in entries]


def lines(*typed: str) -> str:
    return "".join(f"{line}\n" for line in typed)


def made(site: Installation) -> Result:
    """The first key, of Olga with PHRASES[0] and Oleg with PHRASES[1]."""
    result = site.run("keys", "new", "--holder", "Olga", "--second", "Oleg", typed=lines(*PHRASES[:2]))
    assert result.exit_code == 0, result.output
    return result


def signed_list(site: Installation, path: Path, *emails: str) -> Path:
    """Sign, confirm, and download the list."""
    with site.database():
        view, epoch = campaign_by_slug(db.session(), SLUG, "en"), current_epoch(db.session(), is_demo=False)
        assert epoch is not None
        keyring = Keyring.load(site.instance)
        for email in emails:
            sign_and_confirm(Site(view, epoch, ""), keyring, utc_now(), email)
        path.write_bytes(b"".join(sealed_list_lines(db.session(), view.id, now=utc_now())))
    return path


def test_a_new_key_has_two_holders_asked_for_one_by_one(site: Installation) -> None:
    result = site.run("keys", "new", typed=lines("Olga", "Oleg", *PHRASES[:2]))
    assert result.exit_code == 0, result.output
    assert "Signing is open" in result.stdout
    (key,) = keys_of(site)
    assert [held.name for held in key.holders] == ["Oleg", "Olga"]
    assert audited(site) == [("made_key", "")]
    assert not [problem for problem in site.problems() if "key" in problem]
    assert (site.instance / "keys" / "sealing.pin").exists()


@pytest.mark.parametrize("typed", [(WRONG,), (PHRASES[0], WRONG)])
def test_a_phrase_not_typed_back_makes_no_key(site: Installation, typed: tuple[str, ...]) -> None:
    result = site.run("keys", "new", "--holder", "Olga", "--second", "Oleg", typed=lines(*typed))
    assert (result.exit_code, "nothing was changed" in result.stderr) == (1, True)
    assert keys_of(site) == []


def test_a_new_key_has_one_holder_and_a_paper_copy(site: Installation, tmp_path: Path) -> None:
    paper = tmp_path / "paper.pdf"
    arguments = ("keys", "new", "--holder", "Olga", "--paper", str(paper))
    result = site.run(*arguments, typed=lines(PHRASES[0], "not the last line"))
    assert (result.exit_code, "not the last line" in result.stderr) == (1, True)
    assert not paper.exists()
    assert keys_of(site) == []
    result = site.run(*arguments, typed=lines(PHRASES[1], LAST_LINES[1]))
    assert result.exit_code == 0, result.output
    assert paper.read_bytes().startswith(b"%PDF")
    assert oct(paper.stat().st_mode & 0o777) == "0o600"
    assert "".join(paper_lines(PAIRS[1].secret_key)[0].split()) not in result.output
    assert keys_of(site)[0].is_safe_from_loss


def test_one_holder_alone_is_made_on_purpose_and_said(site: Installation) -> None:
    result = site.run("keys", "new", "--holder", "Olga", "--only-one-holder", typed=lines(PHRASES[0]))
    assert (result.exit_code, "one holder and no paper copy" in result.stderr.lower()) == (0, True)
    assert audited(site) == [("made_key", "one holder, no paper copy")]
    assert "the key has one holder and no paper copy" in site.problems()
    clash = site.run("keys", "new", "--holder", "Olga", "--only-one-holder", "--second", "Oleg")
    assert clash.exit_code in (1, 2)


def test_a_holder_is_added_with_a_phrase_a_file_or_the_paper(site: Installation, tmp_path: Path) -> None:
    made(site)
    wrong = site.run("keys", "wrap", "--holder", "Vera", typed=lines(WRONG))
    assert (wrong.exit_code, "does not open key" in wrong.stderr) == (1, True)
    file = tmp_path / "vera.key"
    first = site.run("keys", "wrap", "--holder", "Vera", "--to-file", str(file), typed=lines(PHRASES[0]))
    assert first.exit_code == 0, first.output
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    second = site.run("keys", "wrap", "--holder", "Pari", "--key-file", str(file), typed=lines(PHRASES[2]))
    assert second.exit_code == 0, second.output
    paper = paper_lines(PAIRS[0].secret_key)
    third = site.run("keys", "wrap", "--holder", "Nour", "--paper", typed=lines(*paper, PHRASES[3]))
    assert third.exit_code == 0, third.output
    again = site.run("keys", "wrap", "--holder", "nour", "--paper", typed=lines(*paper, PHRASES[4]))
    assert (again.exit_code, "of this name already" in again.stderr) == (1, True)
    assert [(held.name, held.kind) for held in keys_of(site)[0].holders] == [
        ("Nour", "phrase"),
        ("Oleg", "phrase"),
        ("Olga", "phrase"),
        ("Pari", "phrase"),
        ("Vera", "file"),
    ]
    shown = site.run("keys", "list").stdout
    assert "Vera (file, never tried)" in shown


def test_old_and_new_keys_open_what_is_theirs(site: Installation, tmp_path: Path) -> None:
    made(site)
    early = signed_list(site, tmp_path / "early.sealed", "alice@example.org")
    rotate = ("keys", "rotate", "--holder", "Olga", "--paper", str(tmp_path / "p.pdf"))
    rotated = site.run(*rotate, typed=lines(PHRASES[2], LAST_LINES[1]))
    assert rotated.exit_code == 0, rotated.output
    both = signed_list(site, tmp_path / "both.sealed", "bob@example.org")
    assert audited(site) == [("made_key", ""), ("rotated_key", "")]

    def decrypt(source: Path, *options: str, typed: tuple[str, ...] = ()) -> tuple[int, str, str]:
        out = tmp_path / "out.csv"
        out.unlink(missing_ok=True)
        result = site.run("decrypt", str(source), "--out", str(out), *options, typed=lines(*typed))
        return result.exit_code, result.output, out.read_text("utf-8-sig") if out.exists() else ""

    # The new phrase on an old list: said which key the list wants.
    code, said, csv = decrypt(early, typed=(PHRASES[2],))
    first, second = keys_of(site)[1].fingerprint, keys_of(site)[0].fingerprint
    assert (code, csv) == (1, "")
    assert f"sealed to key {first}" in said
    assert "older or newer one" in said
    code, said, csv = decrypt(early, "--paper", typed=tuple(paper_lines(PAIRS[1].secret_key)))
    assert (code, csv) == (1, "")
    assert f"this paper copy is of key {second}; the list is sealed to key {first}" in said

    assert "alice@example.org" in decrypt(early, typed=(PHRASES[0],))[2]
    code, said, csv = decrypt(both, typed=(PHRASES[2],))
    assert (code, "bob@example.org" in csv, "alice@example.org" in csv) == (1, True, False)
    assert "--phrases" in said
    code, said, csv = decrypt(both, "--phrases", "2", typed=(PHRASES[2], PHRASES[1]))
    assert (code, "bob@example.org" in csv, "alice@example.org" in csv) == (0, True, True)
    paper = tuple(paper_lines(PAIRS[1].secret_key))
    code, said, csv = decrypt(both, "--paper", "--phrases", "1", typed=(*paper, PHRASES[0]))
    assert (code, csv.count("@example.org")) == (0, 2)


@pytest.mark.parametrize(
    ("file", "said"),
    [(b"", "not a key file"), (b"\xff\x00", "not a key file"), (b"campaign-key-file/1\nkey\nabc\n", "not a key file")],
)
def test_a_damaged_key_file_is_told(site: Installation, tmp_path: Path, file: bytes, said: str) -> None:
    made(site)
    (tmp_path / "x.key").write_bytes(file)
    sealed = signed_list(site, tmp_path / "list.sealed", "alice@example.org")
    result = site.run("decrypt", str(sealed), "--out", str(tmp_path / "o.csv"), "--key-file", str(tmp_path / "x.key"))
    assert (result.exit_code, said in result.stderr) == (1, True)
    assert not (tmp_path / "o.csv").exists()


def test_a_holder_is_removed_and_the_key_wants_changing(site: Installation) -> None:
    made(site)
    alone = site.run("keys", "remove", "--holder", "Oleg")
    assert (alone.exit_code, "add a holder or make a paper copy first" in alone.stderr) == (1, True)
    assert site.run("keys", "remove", "--holder", "Nobody").exit_code == 1
    site.run("keys", "wrap", "--holder", "Vera", typed=lines(PHRASES[0], PHRASES[2]))
    gone = site.run("keys", "remove", "--holder", "oleg")
    assert (gone.exit_code, "keys rotate" in gone.stdout) == (0, True)
    assert "a holder of the key was removed since it was made" in site.problems()
    site.run("keys", "rotate", "--holder", "Olga", "--second", "Vera", typed=lines(PHRASES[3], PHRASES[4]))
    assert not [problem for problem in site.problems() if "holder" in problem]


def test_a_phrase_is_tried_and_a_month_later_wants_trying_again(site: Installation) -> None:
    made(site)
    assert site.run("keys", "try", typed=lines(WRONG)).exit_code == 1
    assert "held by Olga" in site.run("keys", "try", typed=lines(PHRASES[0])).stdout
    assert audited(site)[-1] == ("tried_key", "")
    engine = new_engine(site.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE wrapped_key SET added_at = '2020-01-01 00:00:00'"))
    engine.dispose()
    assert "holders of the key who have not tried it for 30 days: 1" in site.problems()
    site.run("keys", "try", typed=lines(PHRASES[1]))
    assert not [problem for problem in site.problems() if "tried" in problem]


def test_an_old_key_wants_changing(site: Installation) -> None:
    made(site)
    engine = new_engine(site.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE epoch SET created_at = '2020-01-01 00:00:00'"))
    engine.dispose()
    assert site.problems()["the key is more than 90 days old"] == "run `campaign keys rotate`"


def test_a_paper_copy_is_made_later(site: Installation, tmp_path: Path) -> None:
    site.run("keys", "new", "--holder", "Olga", "--only-one-holder", typed=lines(PHRASES[0]))
    out = tmp_path / "paper.pdf"
    result = site.run("keys", "paper", "--out", str(out), typed=lines(PHRASES[0], LAST_LINES[0]))
    assert result.exit_code == 0, result.output
    assert "the key has one holder and no paper copy" not in site.problems()
    again = site.run("keys", "paper", "--out", str(out), typed=lines(PHRASES[0], LAST_LINES[0]))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_a_restored_older_key_is_pinned_by_hand(site: Installation) -> None:
    made(site)
    engine = new_engine(site.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE epoch SET public_key = :key"), {"key": PAIRS[2].public_key})
    engine.dispose()
    (problem,) = [problem for problem in site.problems() if "not the pinned one" in problem]
    assert "nobody can sign" in problem
    assert "not the pinned one" in site.run("migrate").stderr
    assert site.run("keys", "pin", typed="n\n").exit_code == 1
    assert "not the pinned one" in site.run("migrate").stderr
    assert site.run("keys", "pin", typed="y\n").exit_code == 0
    assert "not the pinned one" not in site.run("migrate").stderr
    assert audited(site)[-1] == ("pinned_key", "")


def test_there_is_nothing_to_do_with_keys_before_there_is_one(site: Installation) -> None:
    for command in ("rotate --holder x", "pin", "list", "wrap --holder x", "remove --holder x", "try"):
        result = site.run("keys", *command.split(), typed=lines(WRONG))
        assert (result.exit_code, "run `campaign keys new`" in result.stderr) == (1, True), command


def test_nothing_that_opens_a_list_is_in_the_instance_folder(site: Installation) -> None:
    made(site)
    stored = b"".join(path.read_bytes() for path in site.instance.rglob("*") if path.is_file())
    assert PAIRS[0].public_key in stored
    for secret in (PAIRS[0].secret_key, *(phrase.encode() for phrase in PHRASES[:2])):
        assert secret not in stored


def test_a_pair_shows_nothing() -> None:
    assert repr(KeyPair(b"p", b"MARKER")).count("MARKER") == 0
