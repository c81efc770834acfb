"""What several files of unit tests begin with."""

import json

import pytest

from campaign.sealing.phrases import wrap
from tests.factories import quick_locks
from tests.unit.sealed_files import OURS, PHRASE, THEIRS, epoch


@pytest.fixture(scope="session")
def header() -> bytes:
    """The first line of a sealed list of two epochs, of which our phrase opens the first."""
    with quick_locks():
        epochs = [
            epoch("aa" * 16, OURS, [wrap(THEIRS.secret_key, "somebody else's"), wrap(OURS.secret_key, PHRASE)]),
            epoch("bb" * 16, THEIRS, [wrap(THEIRS.secret_key, "somebody else's")]),
        ]
    header = {"format": "campaign-sealed-list/1", "campaign": "c", "made_at": "2026-11-22T18:00Z", "epochs": epochs}
    return json.dumps(header).encode() + b"\n"
