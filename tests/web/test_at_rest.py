"""A stolen disk names nobody: everything typed, looked for in every file of the instance, however it is encoded."""

import base64
from datetime import timedelta
from pathlib import Path

from flask import Flask

from campaign.core.db import db
from campaign.outbox.transports import FolderTransport
from campaign.web.services import services
from campaign.worker import deliver_due, keep_house
from tests.pages import Browser
from tests.web.conftest import NOW
from tests.web.signing import Signing

NAME, MESSAGE = "Zanubia Markerworth", "Secretmessagemark"
PUBLIC_NAME, OTHER_PUBLIC_NAME = "Zed Publicmark", "Zett Anothermark"
EMAIL = "zanubia.mailmark@example.org"


def spellings(marker: str) -> set[bytes]:
    """The bytes a marker could hide behind."""
    found: set[bytes] = set()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = marker.encode(encoding)
        found |= {plain, plain.lower(), plain.hex().encode(), plain.hex().upper().encode()}
        for shift in range(3):
            # The ends of base64 depend on what stands beside; what is between does not.
            inner = base64.b64encode(b"\0" * shift + plain)[(shift > 0) * 4 : -4]
            found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def found_in(folder: Path, *markers: str) -> set[tuple[str, str]]:
    """Which markers stand in which files; mail that was handed over is not ours any more."""
    files = [path for path in folder.rglob("*") if path.is_file() and "mailbox" not in path.parts]
    assert folder / "campaign.sqlite3" in files
    return {
        (path.name, marker)
        for path in files
        for marker in markers
        if any(spelling in path.read_bytes() for spelling in spellings(marker))
    }


def markers_in(folder: Path, *markers: str) -> set[str]:
    """Which markers stand anywhere; in which of its files SQLite keeps a row depends on its journal."""
    return {marker for _, marker in found_in(folder, *markers)}


def fill_in(signing: Signing, **values: str) -> tuple[str, str]:
    """Sign with everything; the tokens of the two links."""
    signing.fill_in(**{"name": NAME, "email": EMAIL, "message": MESSAGE, "country": "DE", **values})
    return signing.token(to=EMAIL), signing.token("manage", to=EMAIL)


def deliver(app: Flask, instance: Path) -> None:
    with app.app_context():
        assert deliver_due(FolderTransport(instance / "mailbox"), services()) == 1


def test_the_search_would_find_a_marker(tmp_path: Path) -> None:
    (tmp_path / "campaign.sqlite3").write_bytes(b"")
    (tmp_path / "a").write_bytes(b"x" + base64.b64encode(b"to: " + NAME.encode() + b" and more"))
    (tmp_path / "b").write_bytes(NAME.encode("utf-16"))
    (tmp_path / "c").write_bytes(NAME.encode().hex().encode())
    assert {name for name, _ in found_in(tmp_path, NAME)} == {"a", "b", "c"}


def test_nothing_typed_is_on_disk_before_the_mail_goes_out(app: Flask, signing: Signing, instance: Path) -> None:
    confirm, manage = fill_in(signing)
    assert found_in(instance, NAME, MESSAGE, EMAIL, "mailmark", confirm, manage) == set()


def test_nothing_typed_is_on_disk_when_the_signature_is_confirmed(
    app: Flask, browser: Browser, signing: Signing, instance: Path
) -> None:
    confirm, manage = fill_in(signing)
    deliver(app, instance)
    (mail,) = (instance / "mailbox").glob("*.eml")
    assert EMAIL.encode() in mail.read_bytes()
    assert browser.post(f"/en/confirm/{confirm}", data={"community": ["women"]}).status_code == 303
    assert found_in(instance, NAME, MESSAGE, EMAIL, "mailmark", "Markerworth", confirm, manage) == set()


def test_a_withdrawn_name_is_gone_from_the_disk(app: Flask, browser: Browser, signing: Signing, instance: Path) -> None:
    confirm, manage = fill_in(signing, public_name=PUBLIC_NAME)
    deliver(app, instance)
    browser.post(f"/en/confirm/{confirm}")
    assert markers_in(instance, PUBLIC_NAME) == {PUBLIC_NAME}
    browser.post(f"/en/manage/{manage}", data={"action": "withdraw", "sure": "y"})
    assert found_in(instance, NAME, MESSAGE, EMAIL, PUBLIC_NAME, "Publicmark") == set()


def test_a_name_that_was_changed_or_hidden_is_gone_from_the_disk(
    app: Flask, browser: Browser, signing: Signing, instance: Path
) -> None:
    confirm, manage = fill_in(signing, public_name=PUBLIC_NAME)
    browser.post(f"/en/confirm/{confirm}")
    browser.post(f"/en/manage/{manage}", data={"action": "name", "public_name": OTHER_PUBLIC_NAME})
    assert markers_in(instance, PUBLIC_NAME, OTHER_PUBLIC_NAME) == {OTHER_PUBLIC_NAME}
    browser.post(f"/en/manage/{manage}", data={"action": "name", "public_name": ""})
    assert found_in(instance, PUBLIC_NAME, OTHER_PUBLIC_NAME) == set()


def test_what_nobody_confirmed_is_gone_after_two_weeks(app: Flask, signing: Signing, instance: Path) -> None:
    fill_in(signing, public_name=PUBLIC_NAME)
    deliver(app, instance)
    with app.app_context():
        for day in range(16):
            keep_house(NOW + timedelta(days=day))
        db.engine.dispose()
    assert found_in(instance, PUBLIC_NAME, NAME, EMAIL) == set()


def test_files_that_hold_keys_are_their_owners_alone(app: Flask, instance: Path) -> None:
    keys = list((instance / "keys").iterdir())
    assert keys
    assert {oct(path.stat().st_mode & 0o777) for path in keys} == {"0o600"}
    assert oct((instance / "keys").stat().st_mode & 0o777) == "0o700"
