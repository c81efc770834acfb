"""Somebody who signs, those who change the key, and whoever swaps it past them."""

import threading
import time
import uuid
from collections.abc import Callable

from flask import Flask
from sqlalchemy import text

from campaign.core.clock import utc_now
from campaign.core.db import db, new_engine
from campaign.sealing.actions import lock
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.queries import current_epoch
from campaign.web.key_changes import put_in_use
from campaign.web.services import Services
from tests.factories import SLUG
from tests.pages import Browser
from tests.serving import DEADLINE_SECONDS

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
