"""The key is pinned outside the database: swapped there, or in the pin's file, nobody signs."""

import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.core.clock import utc_now
from campaign.core.db import transaction
from campaign.doctor import examine
from campaign.sealing.boxes import new_key_pair
from campaign.sealing.models import Epoch
from campaign.sealing.pin import Pin, PinState
from tests.factories import SLUG, Site
from tests.integration.key_changes import FILLED_IN, OTHER, rotate, services, sign, swap_key, wait_until
from tests.pages import browse
from tests.serving import serving


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
