"""What public pages are made of, remembered until the database says that it has changed.

An *edition* is everything published at one moment. Its number moves with every change (see migration 0002), so asking
for the number is enough to know that texts, languages and keys are still those remembered. Processes need not tell each
other anything.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from time import monotonic, time
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import Flask, current_app, request
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.campaigns.queries import edition_number
from campaign.core.db import commits, db
from campaign.counting.queries import Count, Counts, signature_counts

P = ParamSpec("P")
T = TypeVar("T")
# Another process may show what has been taken down for this long. In this process a commit is noticed at once.
OLDEST_SECONDS = 0.05
# Somebody looks again before that, so that the others need not wait for it.
_LOOK_AGAIN_SECONDS = 0.035
# Connecting to a machine that is gone takes seconds; not every thread need find out by itself.
_TRY_AGAIN_SECONDS = 0.5
_DAY_SECONDS = 24 * 3600
EXTENSION = "campaign.editions"
IN_ENVIRON = "campaign.edition"
COUNTS_SHOWN = "campaign.counts_shown"
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Edition:
    """`memory` holds what was read of this edition; it is shared by all editions that differ in their counts only.

    Pages say "as of today" and grow stale by the day, so a new day (UTC, counted since 1970) is a new edition.
    """

    number: int
    day: int
    counts: Counts
    memory: dict[object, Any] = field(default_factory=dict, compare=False)

    @property
    def date(self) -> date:
        """The day as a date."""
        return date(1970, 1, 1) + timedelta(days=self.day)


class Editions:
    """The newest edition as this process knows it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._newest: Edition | None = None
        self._seen_commits = -1
        self._looked_at = 0.0
        self._failed: SQLAlchemyError | None = None

    def newest(self) -> Edition:
        """The edition to show, at most `OLDEST_SECONDS` old. Raises SQLAlchemyError if the database is down."""
        found, now = self._newest, monotonic()
        may_be_shown = found is not None and self._failed is None and self._is_current(found, now, OLDEST_SECONDS)
        if found is not None and may_be_shown and now - self._looked_at < _LOOK_AGAIN_SECONDS:
            return found
        # One looks, and the others wait for it only if there is nothing that they may show meanwhile.
        if not self._lock.acquire(blocking=not may_be_shown):
            assert found is not None
            return found
        try:
            # Whoever waited here while another looked need not look again, neither for an answer nor for none.
            if self._failed is not None and now - self._looked_at < _TRY_AGAIN_SECONDS:
                raise self._failed
            if self._newest is None or not self._is_current(self._newest, now, _LOOK_AGAIN_SECONDS):
                self._look_or_fail()
            assert self._newest is not None
            return self._newest
        finally:
            self._lock.release()

    def _is_current(self, found: Edition, now: float, oldest_seconds: float) -> bool:
        is_recent = now - self._looked_at < oldest_seconds
        return is_recent and self._seen_commits == commits.number and found.day == today()

    def _look_or_fail(self) -> None:
        self._failed = None
        try:
            self._look()
        except SQLAlchemyError as error:
            self._failed, self._looked_at = error, monotonic()
            raise

    def _look(self) -> None:
        seen, began = commits.number, monotonic()
        with self._app.app_context():
            session = db.session()
            number, counts = edition_number(session), signature_counts(session)
        before, day = self._newest, today()
        is_same = before is not None and (before.number, before.day) == (number, day)
        # The same object while nothing at all has changed: whoever holds one sees that by looking at which it is.
        if before is None or not is_same or before.counts != counts:
            self._newest = Edition(number, day, counts, before.memory if before and is_same else {})
        self._seen_commits, self._looked_at = seen, began


def today() -> int:
    """The day, as `Edition.day` has it."""
    return int(time() // _DAY_SECONDS)


def current_edition() -> Edition:
    """The edition that this request is answered from, from its first line to its last."""
    found: Edition | None = request.environ.get(IN_ENVIRON)
    if found is None:
        editions: Editions = current_app.extensions[EXTENSION]
        found = request.environ[IN_ENVIRON] = editions.newest()
    return found


def published(read: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`read(session, …)`, asked once per edition. For reads of what is published only; the value must be immutable."""
    memory, key = current_edition().memory, (read, args, tuple(kwargs.items()))
    if key not in memory:
        memory[key] = read(db.session(), *args, **kwargs)
    value: T = memory[key]
    return value


def made_once(key: object, make: Callable[[], T]) -> T:
    """`make()`, once per edition and by one request at a time: for what takes so long that it could be asked for to
    keep the site busy. The key names everything that it depends on besides published content."""
    memory = current_edition().memory
    if key not in memory:
        with _making:
            if key not in memory:
                memory[key] = make()
    value: T = memory[key]
    return value


def kept(*key: object, caller: Callable[[], Markup]) -> Markup:
    """A part of a page, rendered once per edition: `{% call kept("name", lang, …) %} … {% endcall %}`.

    For what shows nothing but published content; the key names everything else that it depends on. With None in its key
    a part is rendered each time.
    """
    if None in key:
        return caller()
    try:
        memory = current_edition().memory
    except SQLAlchemyError:
        # The page that says so has the same head and foot as every other.
        return caller()
    if key not in memory:
        memory[key] = caller()
    part: Markup = memory[key]
    return part


def shown_count(campaign_id: uuid.UUID) -> Count:
    """The campaign's count in this edition. The page cache learns that the page shows it."""
    request.environ.setdefault(COUNTS_SHOWN, set()).add(campaign_id)
    return current_edition().counts[campaign_id]
