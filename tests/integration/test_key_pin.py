"""The key is pinned outside the database: swapped there, nobody signs; changed by those who may, nobody notices."""

import hashlib
import shutil
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from campaign.app import create_app
from campaign.audit.chain import examine_chain
from campaign.audit.models import AuditEntry
from campaign.core.clock import utc_now
from campaign.core.db import db, new_engine, transaction
from campaign.core.errors import CampaignError, ConfigError, Refused
from campaign.doctor import examine
from campaign.sealing.actions import lock
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.holders import remove_holder
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.pin import Pin, PinState
from campaign.sealing.queries import all_keys, current_epoch
from campaign.web.key_changes import put_in_use
from campaign.web.services import Services
from tests.databases import config_for
from tests.factories import SLUG, Site
from tests.pages import Browser, browse
from tests.serving import DEADLINE_SECONDS, serving

OTHER = new_key_pair()
FILLED_IN = {"name": "Alice Appleton", "email": "alice@example.org"}


def services(app: Flask) -> Services:
    found: Services = app.extensions["campaign"]
    return found


def sign(browser: Browser) -> int:
    return browser.post(f"/en/{SLUG}/sign", data=FILLED_IN).status_code


def rotate(app: Flask, pair: KeyPair, names: tuple[str, ...] = ("Olga", "Oleg")) -> uuid.UUID:
    current = current_epoch(db.session(), is_demo=False)
    db.session.rollback()
    return put_in_use(
        services(app).pin,
        pair.public_key,
        [lock(pair, name, f"phrase of {name}") for name in names],
        is_demo=False,
        has_paper=False,
        replaces=current,
        organizer_id=None,
        now=utc_now(),
    )


def swap_key(url: str) -> None:
    """What somebody with the database's password does, past all our code."""
    engine = new_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE epoch SET public_key = :key WHERE retired_at IS NULL"), {"key": OTHER.public_key}
        )
    engine.dispose()


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_key_swapped_in_the_database_stops_signing_everywhere(any_app: Flask, any_site: Site) -> None:
    browser = browse(any_app)
    assert sign(browser) == 303
    swap_key(str(services(any_app).config.database_url))
    wait_until(lambda: sign(browser) != 303)
    for path in (f"/en/{SLUG}/", f"/embed/{SLUG}"):
        wait_until(lambda path=path: "is stopped" in browser.read(path).text)  # type: ignore[misc]
    ready = browser.get("/readyz")
    assert (ready.status_code, "campaign doctor" in ready.text) == (503, True)
    with any_app.app_context():
        findings = list(examine(services(any_app).config, now=utc_now()))
    (finding,) = [finding for finding in findings if "not the pinned one" in finding.what]
    assert "campaign keys pin" in finding.next_step
    assert "campaign keys rotate" in finding.next_step


def test_processes_that_run_stop_within_seconds(
    any_app: Flask, any_site: Site, database_url: str, instance: Path, tmp_path: Path
) -> None:
    def answer(port: int, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        body = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=10) as response:
                return response.status, response.url
        except urllib.error.HTTPError as error:
            return error.code, ""

    with serving(instance, database_url, tmp_path / "log", "--processes", "2") as server:
        status, landed = answer(server.port, f"/en/{SLUG}/sign", FILLED_IN)
        assert (status, landed.endswith("check-your-email")) == (200, True)
        swap_key(database_url)
        began = time.monotonic()
        wait_until(lambda: answer(server.port, "/readyz")[0] == 503)
        # Each of the processes, several times over.
        wait_until(lambda: all(answer(server.port, f"/en/{SLUG}/sign", FILLED_IN)[0] == 409 for _ in range(10)))
        assert time.monotonic() - began < 10


def test_a_retired_key_that_is_put_back_by_hand_is_not_used(any_app: Flask, any_site: Site) -> None:
    """Its holder may be the one who has left."""
    rotate(any_app, new_key_pair())
    with transaction() as session:
        session.execute(update(Epoch).where(Epoch.retired_at.is_(None)).values(retired_at=utc_now()))
        session.execute(update(Epoch).where(Epoch.id == any_site.epoch.id).values(retired_at=None))
    assert sign(browse(any_app)) == 409


def test_a_site_from_before_there_were_pins_gets_one_once(any_app: Flask, any_site: Site, instance: Path) -> None:
    pin = services(any_app).pin
    assert pin.state(any_site.epoch.public_key) is PinState.NONE
    assert sign(browse(any_app)) == 303
    assert pin.state(any_site.epoch.public_key) is PinState.SAME
    assert oct(pin.path.stat().st_mode & 0o777) == "0o600"
    assert pin.state(OTHER.public_key) is PinState.OTHER


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "é", "00" * 31])
def test_a_pin_that_is_damaged_stops_signing_too(any_app: Flask, any_site: Site, content: str) -> None:
    pin = services(any_app).pin
    pin.path.write_text(content, "utf-8")
    assert sign(browse(any_app)) == 409
    assert pin.path.read_text("utf-8") == content
    (finding,) = [
        finding
        for finding in examine(services(any_app).config, now=utc_now())
        if "sealing.pin is damaged" in finding.what
    ]
    assert "campaign keys pin" in finding.next_step


def test_a_file_swapped_under_a_running_process_is_noticed(any_app: Flask, any_site: Site) -> None:
    browser, pin = browse(any_app), services(any_app).pin
    assert sign(browser) == 303
    good = pin.path.read_text()
    pin.path.write_text("00" * 32)
    wait_until(lambda: sign(browser) == 409)
    pin.path.write_text(good)
    wait_until(lambda: sign(browser) == 303)


def test_signing_does_not_read_the_file_each_time(any_app: Flask, any_site: Site) -> None:
    pin = services(any_app).pin
    with patch.object(Pin, "state", autospec=True, side_effect=Pin.state) as looked:
        for _ in range(1000):
            assert pin.holds(any_site.epoch.public_key)
    # Once, twice if a second passed meanwhile; adopting looks again.
    assert looked.call_count <= 4


def second_machine(app: Flask, folder: Path) -> Flask:
    """Another web machine of the same site, with a copy of the keys as they are now."""
    config = services(app).config
    shutil.copytree(config.instance / "keys", folder / "keys")
    return create_app(config_for(config.database_url, folder))


def test_other_machines_follow_a_change_of_keys_by_themselves(any_app: Flask, any_site: Site, tmp_path: Path) -> None:
    assert sign(browse(any_app)) == 303
    other = second_machine(any_app, tmp_path / "second")
    for _ in range(2):
        # While it was switched off, the key was changed twice.
        rotate(any_app, newest := new_key_pair())
    findings = {finding.what for finding in examine(services(other).config, now=utc_now())}
    assert not [what for what in findings if "pinned" in what]
    answer = browse(other).post(f"/en/{SLUG}/sign", data={**FILLED_IN, "email": "bob@example.org"})
    assert answer.status_code == 303
    with other.app_context():
        assert services(other).pin.state(newest.public_key) is PinState.SAME
        assert services(other).pin.state(any_site.epoch.public_key) is PinState.OTHER
        db.engine.dispose()


@pytest.mark.parametrize("forged", [None, bytes(32), "copied"])
def test_other_machines_follow_nobody_without_the_keys(
    any_app: Flask, any_site: Site, tmp_path: Path, forged: bytes | str | None
) -> None:
    assert sign(browse(any_app)) == 303
    other = second_machine(any_app, tmp_path / "second")
    rotate(any_app, new_key_pair())
    with transaction() as session:
        real = session.scalar(select(Epoch.endorsement).where(Epoch.retired_at.is_(None)))
        said = real if forged == "copied" else forged
        values = {"public_key": OTHER.public_key, "endorsement": said}
        session.execute(update(Epoch).where(Epoch.retired_at.is_(None)).values(values))
    for app in (any_app, other):
        assert sign(browse(app)) == 409
        assert browse(app).get("/readyz").status_code == 503
    with other.app_context():
        db.engine.dispose()


def test_changing_the_key_moves_the_pin_and_old_lists_still_open(any_app: Flask, any_site: Site) -> None:
    browser, pair = browse(any_app), new_key_pair()
    assert sign(browser) == 303
    rotate(any_app, pair)
    pin = services(any_app).pin
    assert pin.state(pair.public_key) is PinState.SAME
    assert pin.state(any_site.epoch.public_key) is PinState.OTHER
    assert browser.post(f"/en/{SLUG}/sign", data={**FILLED_IN, "email": "bob@example.org"}).status_code == 303
    current, old = all_keys(db.session(), is_demo=False)
    assert (current.public_key, old.public_key) == (pair.public_key, any_site.epoch.public_key)
    assert [held.name for held in old.holders] == ["Olga"]


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_whatever_a_crash_leaves_can_be_signed_with(any_app: Flask, any_site: Site, moment: str) -> None:
    pin, pair = services(any_app).pin, new_key_pair()
    assert pin.holds(any_site.epoch.public_key)
    place = "campaign.core.db.Session.commit" if moment == "before the commit" else "campaign.sealing.pin.Pin.keep_only"
    with patch(place, side_effect=Killed), pytest.raises(Killed):
        rotate(any_app, pair)
    db.session.remove()
    current = current_epoch(db.session(), is_demo=False)
    assert current is not None
    assert (current.public_key == pair.public_key) == (moment == "after the commit")
    assert pin.state(current.public_key) is PinState.SAME
    assert sign(browse(any_app)) == 303
    # And the next change of keys leaves one pin again.
    rotate(any_app, newest := new_key_pair())
    assert pin.state(newest.public_key) is PinState.SAME
    assert pin.state(current.public_key) is PinState.OTHER


def test_without_a_pin_there_is_no_change_of_keys(any_app: Flask, any_site: Site) -> None:
    pin = services(any_app).pin
    assert pin.holds(any_site.epoch.public_key)
    with patch("campaign.sealing.pin.write_over", side_effect=ConfigError("no room")), pytest.raises(ConfigError):
        rotate(any_app, new_key_pair())
    current = current_epoch(db.session(), is_demo=False)
    assert current is not None
    assert current.id == any_site.epoch.id
    assert sign(browse(any_app)) == 303


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_keys_made_at_once_exactly_one_is_used(any_app: Flask, any_site: Site, is_first: bool) -> None:
    if is_first:
        with transaction() as session:
            session.execute(update(WrappedKey).values(holder="gone"))
            session.execute(update(Epoch).values(retired_at=utc_now()))
    current = current_epoch(db.session(), is_demo=False)
    db.session.rollback()
    pairs, gate = [new_key_pair() for _ in range(4)], threading.Barrier(4)
    shares = {pair: [lock(pair, name, "a phrase") for name in ("Olga", "Oleg")] for pair in pairs}

    def change(pair: KeyPair) -> uuid.UUID | CampaignError:
        with any_app.app_context():
            gate.wait()
            try:
                return put_in_use(
                    services(any_app).pin,
                    pair.public_key,
                    shares[pair],
                    is_demo=False,
                    has_paper=False,
                    replaces=current,
                    organizer_id=None,
                    now=utc_now(),
                )
            except CampaignError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(change, pairs))
    won = [pair for pair, result in zip(pairs, results, strict=True) if isinstance(result, uuid.UUID)]
    assert len(won) == 1
    assert all(isinstance(result, uuid.UUID | Refused) for result in results)
    used = current_epoch(db.session(), is_demo=False)
    assert used is not None
    assert used.public_key == won[0].public_key
    assert services(any_app).pin.path.read_text().split() == [hashlib.sha256(used.public_key).hexdigest()]
    assert examine_chain(db.session(), None).broken is None
    assert len(list(db.session.scalars(select(AuditEntry)))) == 1


def test_two_holders_removed_at_once_leave_somebody(any_app: Flask, any_site: Site) -> None:
    rotate(any_app, new_key_pair(), ("Olga", "Oleg", "Vera"))
    held = [holder.id for holder in all_keys(db.session(), is_demo=False)[0].holders]
    db.session.rollback()
    gate = threading.Barrier(3)

    def remove(share_id: uuid.UUID) -> bool:
        with any_app.app_context():
            gate.wait()
            try:
                with transaction() as session:
                    remove_holder(session, share_id, now=utc_now())
            except Refused:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(remove, held)) == [False, False, True]
    assert len(all_keys(db.session(), is_demo=False)[0].holders) == 2
