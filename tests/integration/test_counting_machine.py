"""Whatever people and aggregators do, in whatever order: what is shown is what stands, and reconcile finds no drift.

Not either when the campaign's signatures are erased for their age, step by step, in between.
"""

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from campaign.core.keyring import Keyring
from campaign.signing import purging
from tests.factories import Site
from tests.integration.counting_machine import Counting


def test_counts_never_drift(any_app: Flask, any_site: Site, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    # So that others come in between.
    monkeypatch.setattr(purging, "ROWS_A_STEP", 1)
    Counting.site, Counting.keyring = any_site, keyring
    run_state_machine_as_test(
        Counting,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
