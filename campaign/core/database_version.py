"""Which version the tables of a database have, and whether this program can work with them.

A migration is a file `NNNN_name.py`, and its number is the version it leads to. Read without Alembic: every process
asks at its start, and a load balancer all the time.
"""

from dataclasses import dataclass

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from campaign.resources import MIGRATIONS


@dataclass(frozen=True, slots=True)
class DatabaseVersion:
    """`found` is None for a database without tables; `known` are this program's own versions, oldest first."""

    found: str | None
    known: tuple[str, ...]

    @property
    def newest(self) -> str:
        return self.known[-1]

    @property
    def is_behind(self) -> bool:
        """Whether this program needs `campaign migrate` before it can work."""
        return self.found is None or (self.found in self.known and self.found != self.newest)

    @property
    def is_ahead(self) -> bool:
        """Whether a newer release has migrated already. This one goes on working beside it (docs/operating.md)."""
        return self.found is not None and self.found not in self.known

    def __str__(self) -> str:
        if self.found is None:
            return f"the database has no tables yet, this program needs version {self.newest}"
        if self.is_behind:
            return f"the database is at version {self.found}, this program needs {self.newest}"
        if self.is_ahead:
            return f"the database is at version {self.found}, this program knows {self.newest} and older"
        return f"the database is at version {self.newest}"


def database_version(session: Session) -> DatabaseVersion:
    """Ask the database. Raises SQLAlchemyError if it does not answer."""
    known = tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))
    if not inspect(session.connection()).has_table("alembic_version"):
        return DatabaseVersion(None, known)
    return DatabaseVersion(session.scalar(text("SELECT version_num FROM alembic_version")), known)
