"""Paper counted exactly, on both databases: two who approve at once, two who enter at once, and undoing."""

import threading
import uuid
from datetime import datetime

import pytest
from flask import Flask

from campaign.core.db import db
from campaign.core.errors import Refused
from campaign.core.keyring import Keyring
from campaign.counting.queries import Count, signature_count
from campaign.paper.actions import approve, take_back
from tests.factories import Site
from tests.paper_batches import EDDA, OLGA, bring, count, do, enter, nothing_drifts
from tests.signers import sign_and_confirm


def test_lines_count_from_approval_on_and_not_after_they_are_taken_back(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime
) -> None:
    sign_and_confirm(any_site, keyring, now)
    number = enter(any_site, now)
    assert count(any_site) == Count(1, 0)
    do(approve, any_site, EDDA, now, number, revision=1)
    assert count(any_site) == Count(31, 30)
    assert signature_count(db.session(), any_site.campaign.id) == 1, "lines are no rows of a list"
    nothing_drifts(any_site, now)
    do(take_back, any_site, EDDA, now, number, why="twice")
    assert count(any_site) == Count(1, 0)
    nothing_drifts(any_site, now)


@pytest.mark.parametrize("kind", ["sheets", "rows"])
def test_two_who_approve_at_once_count_it_once(
    any_app: Flask, any_site: Site, keyring: Keyring, now: datetime, kind: str
) -> None:
    is_rows = kind == "rows"
    number = bring(any_site, keyring, now, "bob@example.org") if is_rows else enter(any_site, now)
    outcomes, together = list[str](), threading.Barrier(2)

    def go(who: uuid.UUID) -> None:
        with any_app.app_context():
            together.wait()
            try:
                do(approve, any_site, who, now, number, revision=1)
                outcomes.append("approved")
            except Refused:
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(who,)) for who in (EDDA, OLGA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "refused"]
    assert count(any_site) == (Count(1, 1) if is_rows else Count(30, 30))
    nothing_drifts(any_site, now)


def test_two_who_enter_at_once_get_two_numbers(any_app: Flask, any_site: Site, now: datetime) -> None:
    numbers, together = list[int](), threading.Barrier(4)

    def go() -> None:
        with any_app.app_context():
            together.wait()
            numbers.append(enter(any_site, now))
            db.session.remove()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4]
