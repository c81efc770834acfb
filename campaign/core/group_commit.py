"""Group commit: what several people write at the same moment becomes one transaction.

A commit waits for the disk, and SQLite has one writer. So whoever gets the turn does the work of all who came
meanwhile, and one wait serves them all; nobody is answered before the commit that holds their own row has returned.
PostgreSQL could group the waits by itself, but not the statements and their round trips.
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
_ROW_MILLISECONDS = 100
# lock_not_available and deadlock_detected: another transaction holds a row that one of the group needs.
_ABOUT_ROWS = frozenset({"55P03", "40P01"})
WriteAll = Callable[[Session, Sequence[V]], Iterable[T]]


class _Job(Generic[V, T]):
    """What somebody hands in. `asleep` is a lock that they hold until it is done, or until they have to do something.

    `is_alone` says that nobody could do it for them.
    """

    __slots__ = ("asleep", "error", "is_alone", "is_done", "result", "value", "write_all")

    def __init__(self, write_all: WriteAll[V, T], value: V) -> None:
        self.write_all = write_all
        self.value = value
        # An Event would do the same with four times the work, and every signature waits at one.
        self.asleep = threading.Lock()
        self.asleep.acquire()
        self.is_done = self.is_alone = False
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

        `write` may run on another thread and a second time: if somebody else's fails, all are rolled back and each does
        their own again. So it uses nothing but the session it is given and values it holds. What it raises, or what the
        database raises, is raised here.
        """
        return self.write_together(_each, write)

    def write_together(self, write_all: WriteAll[V, T], value: V) -> T:
        """The same for what is cheaper written together: `write_all` gets the values that all have handed in for it.

        It returns a result for each, in their order. If it raises, each value is written again by itself.
        """
        # An open read would keep the others on SQLite from committing for as long as this one waits.
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
        if job.is_alone:
            with unseen_transaction() as session:
                (job.result,) = write_all(session, [value])
        if job.error is not None:
            raise job.error
        return job.result

    def _lead(self, own: _Job[Any, Any]) -> None:
        """Do what all have handed in, the caller's own first, and hand over to whoever came meanwhile."""
        jobs = self._taken(MOST_AT_ONCE)
        try:
            self._commit(jobs)
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

    def _taken(self, most: int) -> list[_Job[Any, Any]]:
        with self._mutex:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]

    def _commit(self, jobs: list[_Job[Any, Any]]) -> None:
        """Write these, and with them whoever comes before it is our turn: `jobs` grows by those."""
        try:
            with unseen_transaction() as session:
                _wait_for_no_row(session)
                jobs += self._taken(MOST_AT_ONCE - len(jobs))
                _write_all(session, jobs)
        except (OperationalError, NoTurn) as error:
            is_about_rows = getattr(getattr(error, "orig", None), "sqlstate", None) in _ABOUT_ROWS
            for job in jobs:
                job.is_alone = is_about_rows
                # Otherwise the database cannot write now; it could not for one of them alone either.
                job.error = None if is_about_rows else error
        except Exception:  # noqa: BLE001 - one of them is refused; which one, shows when each is alone
            for job in jobs:
                job.is_alone = True


def _wait_for_no_row(session: Session) -> None:
    """PostgreSQL: let nobody wait because a row that one of the others needs is locked for long."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"SET LOCAL lock_timeout = '{_ROW_MILLISECONDS}ms'")


def _each(session: Session, writes: Sequence[Callable[[Session], T]]) -> list[T]:
    return [write(session) for write in writes]


def _write_all(session: Session, jobs: Sequence[_Job[Any, Any]]) -> None:
    together: dict[WriteAll[Any, Any], list[_Job[Any, Any]]] = {}
    for job in jobs:
        together.setdefault(job.write_all, []).append(job)
    for write_all, handed_in in together.items():
        results = write_all(session, [job.value for job in handed_in])
        for job, result in zip(handed_in, results, strict=True):
            job.result = result
