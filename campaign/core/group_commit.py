"""Group commit: what several people write at the same moment becomes one transaction on SQLite.

A commit waits for the disk, and SQLite has one writer. So whoever gets the turn does the work of all who came
meanwhile, and one wait serves them all; nobody is answered before the commit that holds their own row has returned.
PostgreSQL has a group commit of its own.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaign.core.db import db, unseen_transaction
from campaign.core.write_turn import NoTurn

T = TypeVar("T")
MOST_AT_ONCE = 32


class _Job(Generic[T]):
    """What somebody hands in. `woken` is set when it is done, or when its thread has to lead."""

    __slots__ = ("error", "is_done", "result", "woken", "write")

    def __init__(self, write: Callable[[Session], T]) -> None:
        self.write = write
        self.woken = threading.Event()
        self.is_done = False
        self.result: T
        self.error: BaseException | None = None


class GroupCommit:
    """The queue of one process, led by the thread whose job is first in it. Leave it unused until after forking."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[_Job[Any]] = deque()
        self._is_led = False

    def __len__(self) -> int:
        """How many wait for somebody to take them along."""
        return len(self._waiting)

    def write(self, write: Callable[[Session], T]) -> T:
        """Run `write` inside an `unseen_transaction` and return what it returned, once that is committed.

        `write` may run on another thread and a second time: if somebody else's fails, all are rolled back and each is
        done again alone. So it uses nothing but the session it is given and values it holds. What it raises, or what
        the database raises, is raised here.
        """
        session: Session = db.session()
        if session.get_bind().dialect.name != "sqlite":
            with unseen_transaction() as own:
                return write(own)
        # An open read would keep the others from committing for as long as this one waits.
        session.rollback()
        job = _Job(write)
        with self._mutex:
            self._waiting.append(job)
            has_leader, self._is_led = self._is_led, True
        if has_leader:
            job.woken.wait()
        if not job.is_done:
            self._lead()
        if job.error is not None:
            raise job.error
        return job.result

    def _lead(self) -> None:
        """Do what all have handed in until now, the caller's own first, and hand over to whoever came meanwhile."""
        with self._mutex:
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        try:
            _commit(jobs)
        finally:
            with self._mutex:
                heir = self._waiting[0] if self._waiting else None
                self._is_led = heir is not None
            if heir is not None:
                heir.woken.set()
            for job in jobs:
                job.is_done = True
                job.woken.set()


def _commit(jobs: list[_Job[Any]]) -> None:
    try:
        _commit_all(jobs)
    except (OperationalError, NoTurn) as error:
        # The database cannot write now; it could not for one of them alone either.
        for job in jobs:
            job.error = error
    except Exception:  # noqa: BLE001 - one of them is refused; which one, shows when each is alone
        for job in jobs:
            _commit_alone(job)


def _commit_alone(job: _Job[Any]) -> None:
    try:
        _commit_all([job])
    except Exception as error:  # noqa: BLE001 - raised by `write`, on the thread it belongs to
        job.error = error


def _commit_all(jobs: list[_Job[Any]]) -> None:
    with unseen_transaction() as session:
        for job in jobs:
            job.result = job.write(session)
