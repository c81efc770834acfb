"""Group commit: what several people write at the same moment becomes one transaction on SQLite.

A commit waits for the disk, and SQLite has one writer. So whoever gets the turn does the work of all who came
meanwhile, and one wait serves them all; nobody is answered before the commit that holds their own row has returned.
PostgreSQL has a group commit of its own.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from campaign.core.db import db, unseen_transaction
from campaign.core.write_turn import NoTurn

T = TypeVar("T")
V = TypeVar("V")
MOST_AT_ONCE = 32
WriteAll = Callable[[Session, Sequence[V]], Iterable[T]]


class _Job(Generic[V, T]):
    """What somebody hands in. `asleep` is a lock that they hold until it is done, or until they have to lead."""

    __slots__ = ("asleep", "error", "is_done", "result", "value", "write_all")

    def __init__(self, write_all: WriteAll[V, T], value: V) -> None:
        self.write_all = write_all
        self.value = value
        # An Event would do the same with four times the work, and every signature waits at one.
        self.asleep = threading.Lock()
        self.asleep.acquire()
        self.is_done = False
        self.result: T
        self.error: BaseException | None = None


class GroupCommit:
    """The queue of one process, led by the thread whose job is first in it. Leave it unused until after forking."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[_Job[Any, Any]] = deque()
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
        return self.write_together(_each, write)

    def write_together(self, write_all: WriteAll[V, T], value: V) -> T:
        """The same for what is cheaper written together: `write_all` gets the values that all have handed in for it.

        It returns a result for each, in their order. If it raises, each value is written again by itself.
        """
        if db.engine.dialect.name != "sqlite":
            with unseen_transaction() as session:
                (result,) = write_all(session, [value])
                return result
        # An open read would keep the others from committing for as long as this one waits.
        if db.session.registry.has():
            db.session.rollback()
        job = _Job(write_all, value)
        with self._mutex:
            self._waiting.append(job)
            has_leader, self._is_led = self._is_led, True
        if has_leader:
            job.asleep.acquire()
        if not job.is_done:
            self._lead(job)
        if job.error is not None:
            raise job.error
        return job.result

    def _lead(self, own: _Job[Any, Any]) -> None:
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
                heir.asleep.release()
            for job in jobs:
                job.is_done = True
                if job is not own:
                    job.asleep.release()


def _each(session: Session, writes: Sequence[Callable[[Session], T]]) -> list[T]:
    return [write(session) for write in writes]


def _commit(jobs: list[_Job[Any, Any]]) -> None:
    try:
        _commit_all(jobs)
    except (OperationalError, NoTurn) as error:
        # The database cannot write now; it could not for one of them alone either.
        for job in jobs:
            job.error = error
    except Exception:  # noqa: BLE001 - one of them is refused; which one, shows when each is alone
        for job in jobs:
            _commit_alone(job)


def _commit_alone(job: _Job[Any, Any]) -> None:
    try:
        _commit_all([job])
    except Exception as error:  # noqa: BLE001 - raised by `write_all`, on the thread it belongs to
        job.error = error


def _commit_all(jobs: list[_Job[Any, Any]]) -> None:
    together: dict[WriteAll[Any, Any], list[_Job[Any, Any]]] = {}
    for job in jobs:
        together.setdefault(job.write_all, []).append(job)
    with unseen_transaction() as session:
        for write_all, handed_in in together.items():
            results = write_all(session, [job.value for job in handed_in])
            for job, result in zip(handed_in, results, strict=True):
                job.result = result
