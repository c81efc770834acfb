"""Waiting for what Playwright cannot see: a server that starts, a mail that arrives."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE_SECONDS = 0.05


def wait_until(what: str, look: Callable[[], T | None], *, seconds: float = 20) -> T:
    """What `look` finds, once it finds something true. Raises AssertionError that says `what` did not happen."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"within {seconds} seconds, this did not happen: {what}")
        time.sleep(_PAUSE_SECONDS)
    return found
