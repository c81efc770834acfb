"""What several files of integration tests begin with."""

from datetime import datetime

import pytest

from campaign.core.keyring import Keyring
from campaign.signing import purging
from tests.factories import Site
from tests.purges import signed_and_closed


@pytest.fixture
def closed(any_site: Site, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A campaign that was signed and then closed; it is purged two rows a step."""
    monkeypatch.setattr(purging, "ROWS_A_STEP", 2)
    return signed_and_closed(any_site, keyring, now)
