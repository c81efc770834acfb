"""No name, address or token ever reaches a log line, whatever goes wrong on the way."""

import logging
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask

from campaign.core.keyring import Keyring
from campaign.outbox.transports import FolderTransport, Outcome
from campaign.web.services import services
from campaign.worker import deliver_due, keep_house, work_once
from tests.factories import SLUG
from tests.pages import Browser
from tests.signers import newest_letter
from tests.web.conftest import NOW
from tests.web.signing import Signing

NAME, PUBLIC_NAME, MESSAGE = "Zanubia Markerworth", "Zed Publicmark", "Secretmessagemark"
EMAIL = "zanubia.mailmark@example.org"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that any handler could write of all records."""
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    return "\n".join(f"{formatter.format(record)} {vars(record)}" for record in caplog.records)


def fill_in(signing: Signing, **values: str) -> None:
    typed = {"name": NAME, "email": EMAIL, "public_name": PUBLIC_NAME, "message": MESSAGE, "country": "DE"}
    signing.fill_in(**{**typed, **values})


def boom(*_args: object, **_kwargs: object) -> NoReturn:
    raise ValueError(f"{NAME} <{EMAIL}>")


class BrokenTransport:
    """Refuses, then raises with the address in its message."""

    def __init__(self) -> None:
        self.answers = [Outcome.REFUSED, Outcome.LATER]

    def send(self, message: object) -> Outcome:
        if self.answers:
            return self.answers.pop()
        raise OSError(f"550 {EMAIL} unknown")

    def hang_up(self) -> None:
        """Nothing is open."""


def test_the_whole_way_of_a_signature_leaves_no_name_in_the_log(
    app: Flask,
    browser: Browser,
    signing: Signing,
    instance: Path,
    keyring: Keyring,
    log: pytest.LogCaptureFixture,
) -> None:
    fill_in(signing, email=f"{EMAIL}.")
    fill_in(signing, name=f"{NAME}\0")
    fill_in(signing)
    token, manage = signing.token(to=EMAIL), signing.token("manage", to=EMAIL)
    with app.app_context():
        assert deliver_due(FolderTransport(instance / "mailbox"), services()) == 1
    assert browser.read(f"/en/confirm/{token}").text
    assert browser.post(f"/en/confirm/{token}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post(f"/en/confirm/{token}").status_code == 303
    assert browser.get(f"/en/confirm/{token}x").status_code == 404
    assert browser.get(f"/en/{SLUG}/{EMAIL}").status_code == 404
    assert browser.get(f"/en/?name={NAME}", headers={"Host": "evil.example"}).status_code == 400
    assert browser.post("/en/manage", data={"email": EMAIL}).status_code == 303
    with app.app_context():
        newest = newest_letter(keyring, EMAIL).values["links"][0]["manage_token"]
    withdrawn = browser.post(f"/en/manage/{newest}", data={"action": "withdraw", "sure": "y"})
    assert withdrawn.status_code == 303
    with app.app_context():
        work_once(FolderTransport(instance / "mailbox"), services())
        keep_house(NOW)
    written = logged(log)
    for marker in (NAME, PUBLIC_NAME, MESSAGE, EMAIL, token, manage, newest, "127.0.0.1"):
        assert marker not in written


def test_an_unexpected_error_is_logged_without_its_words(
    app: Flask, browser: Browser, log: pytest.LogCaptureFixture
) -> None:
    app.view_functions["public.home"] = boom
    assert browser.get(f"/en/?email={EMAIL}").status_code == 500
    assert NAME not in browser.last.text
    written = logged(log)
    assert "unexpected error" in written
    assert "ValueError" in written
    assert NAME not in written
    assert EMAIL not in written


def test_mail_that_fails_is_logged_without_its_address(
    app: Flask, signing: Signing, log: pytest.LogCaptureFixture
) -> None:
    transport = BrokenTransport()
    for number in range(3):
        fill_in(signing, email=f"{number}.{EMAIL}")
    with app.app_context():
        assert deliver_due(transport, services()) == 3
    written = logged(log)
    assert "failed with OSError" in written
    for marker in (EMAIL, NAME):
        assert marker not in written


def test_a_failed_login_is_logged_without_login_or_password(browser: Browser, log: pytest.LogCaptureFixture) -> None:
    form = browser.read("/organize/login").form("login", "password")
    browser.post("/organize/login", data={**form.values, "login": "zanubia-login", "password": "zanubia-password"})
    assert "zanubia" not in logged(log)
