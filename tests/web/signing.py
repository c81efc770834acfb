"""Signing as a stranger does it: fill in the form, read the mail, press the button; and what is stored of it."""

from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaign.core.db import db
from campaign.core.keyring import Keyring
from campaign.outbox.models import OutboxMail
from campaign.signing.models import CommunityBallot, Signature
from tests.factories import SLUG
from tests.pages import Browser
from tests.signers import letters

ALICE = "alice@example.org"
FILLED_IN = {"name": "Alice Appleton", "email": ALICE}
SIGN = f"/en/{SLUG}/sign"


class Signing:
    """One browser that signs the petition, for Alice unless another address is named."""

    def __init__(self, app: Flask, browser: Browser, keyring: Keyring) -> None:
        self._app, self._browser, self._keyring = app, browser, keyring

    def fill_in(self, *, path: str = SIGN, headers: dict[str, str] | None = None, **values: Any) -> TestResponse:
        return self._browser.post(path, data={**FILLED_IN, **values}, headers=headers)

    def token(self, kind: str = "confirm", to: str = ALICE) -> str:
        """The token of the newest mail to that address: `confirm` or `manage`."""
        with self._app.app_context():
            values = [letter.values for letter in letters(self._keyring) if letter.to == to]
        return [str(value[f"{kind}_token"]) for value in values if f"{kind}_token" in value][-1]

    def confirm(self, to: str = ALICE, **values: Any) -> TestResponse:
        return self._browser.post(f"/en/confirm/{self.token(to=to)}", data=values)

    def sign_and_confirm(self, to: str = ALICE, **values: Any) -> str:
        """Sign and confirm; the token of the manage link."""
        assert self.fill_in(email=to, **values).status_code == 303
        manage = self.token("manage", to)
        assert self.confirm(to).status_code == 303
        return manage


def stored(app: Flask) -> list[Signature]:
    """All signatures there are, read afresh."""
    with app.app_context():
        rows = list(db.session.scalars(select(Signature).order_by(Signature.id)))
        db.session.expunge_all()
        return rows


def nothing_stored(app: Flask) -> bool:
    """Whether there is neither a signature, nor mail waiting, nor a ballot."""
    with app.app_context():
        return not any(
            db.session.scalar(select(func.count()).select_from(table))
            for table in (Signature, OutboxMail, CommunityBallot)
        )
