"""A real site, not the demo: one petition, its owner, and no key yet, so that keys can be made and changed on it."""

import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from campaign.app import create_app
from campaign.core.clock import utc_now
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.organizers.actions import add_organizer
from tests.databases import config_for, new_sqlite
from tests.factories import SLUG, make_campaign, make_settings
from tests.serving import serving
from tests.signers import letters

LOGIN, PASSWORD = "olga", "correct horse battery"


@dataclass(frozen=True)
class RealSite:
    """A running site. `url` has no slash at the end; `app` is this process's view of the same database."""

    url: str
    instance: Path
    app: Flask

    def address(self, path: str) -> str:
        return f"{self.url}/{path.lstrip('/')}"

    def sign_and_confirm(self, email: str) -> None:
        """Sign the petition as a stranger does, and press the button behind the mailed link."""
        self.post(f"/en/{SLUG}/sign", {"name": f"Name of {email}", "email": email})
        with self.app.app_context():
            found = [letter.values for letter in letters(Keyring.load(self.instance)) if letter.to == email]
            db.session.remove()
        self.post(f"/en/confirm/{found[-1]['confirm_token']}", {})

    def post(self, path: str, fields: dict[str, str]) -> None:
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self.address(path), body, timeout=20) as response:
            assert response.status == 200


@contextmanager
def real_site(folder: Path) -> Iterator[RealSite]:
    """The site until the end of the block."""
    instance = folder / "instance"
    instance.mkdir(mode=0o700)
    url = new_sqlite(instance)
    app = create_app(config_for(url, instance))
    with app.app_context():
        with transaction() as session:
            make_settings(session)
            make_campaign(session, utc_now(), slug=SLUG)
            add_organizer(session, login=LOGIN, password=PASSWORD, role="owner", now=utc_now())
        db.engine.dispose()
    with serving(instance, url, folder / "site.log") as server:
        yield RealSite(f"http://127.0.0.1:{server.port}", instance, app)
