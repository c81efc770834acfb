"""What the short runs share."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaign.core.db import db
from campaign.core.keyring import Keyring
from tests.databases import drop_postgresql, empty_postgresql
from tests.factories import Site, make_site
from tests.reliability.operators import Operator
from tests.reliability.promise import new_seed
from tests.reliability.torture import run_apart
from tests.signers import sign, sign_and_confirm

Torture = Callable[[str, int], dict[str, Any]]


@pytest.fixture
def torture(request: pytest.FixtureRequest) -> Torture:
    """Go through some cycles of a promise, as `python3 dev.py torture --only NAME --cycles N` does; what came of it.

    Fails if anything was lost. Skips, and says why, where the machine lacks what the promise needs.
    """

    def run(name: str, cycles: int) -> dict[str, Any]:
        outcome = run_apart(name, seed=new_seed(), cycles=cycles, seconds=None)
        if outcome["not_run"]:
            pytest.skip(f"NOT RUN: {outcome['not_run']}")
        assert outcome["lost"] == [], f"again: python3 dev.py torture --only {name} --seed {outcome['seed']}"
        assert outcome["cycles"] == cycles
        return outcome

    return run


@pytest.fixture
def operator(any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, tmp_path: Path) -> Operator:
    """With a site in which Alice's signature stands and Bob's waits."""
    sign_and_confirm(any_site, keyring, now, public_name="Alice")
    sign(any_site, keyring, now, "bob@example.org")
    db.session.remove()
    url = db.engine.url.render_as_string(hide_password=False)
    return Operator(tmp_path, tmp_path / "instance", url)


@pytest.fixture
def on_sqlite(app: Flask, tmp_path: Path, sqlite_url: str, now: datetime) -> Operator:
    with app.app_context():
        make_site(now)
        db.session.remove()
    return Operator(tmp_path, tmp_path / "instance", sqlite_url)


@pytest.fixture
def empty_url(operator: Operator) -> Iterator[str | None]:
    """An empty place of the same kind; None for an SQLite file that is not there yet."""
    if operator.url.startswith("sqlite"):
        yield None
        return
    url = empty_postgresql()
    yield url
    drop_postgresql(url)


@pytest.fixture
def there(operator: Operator, empty_url: str | None) -> Operator:
    """Another machine with the site's keys and an empty database of the same kind."""
    return operator.elsewhere(empty_url)
