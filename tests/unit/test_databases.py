"""The journal is chosen by what the SQLite at hand does right."""

import pytest

from campaign.core.db import journal_mode


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
    ],
)
def test_wal_is_used_where_its_reset_bug_is_fixed(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version) == mode
