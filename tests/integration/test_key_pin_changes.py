"""The key is changed by those who may: on all machines, through a crash, and by one of two at once."""

import hashlib
import shutil
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.app import create_app
from campaign.audit.chain import examine_chain
from campaign.audit.models import AuditEntry
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.errors import CampaignError, ConfigError, Refused
from campaign.doctor import examine
from campaign.sealing.actions import lock
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.holders import remove_holder
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.pin import PinState
from campaign.sealing.queries import all_keys, current_epoch
from campaign.web.key_changes import put_in_use
from tests.databases import config_for
from tests.factories import SLUG, Site
from tests.integration.key_changes import FILLED_IN, OTHER, rotate, services, sign
from tests.pages import browse


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
