"""What the short runs share."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.reliability.promise import new_seed
from tests.reliability.torture import run_apart

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
