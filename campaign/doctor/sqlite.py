"""SQLite: the file, the file system it lies on, the release, and what its errors mean."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.core.sqlite import sqlite3
from campaign.doctor.findings import Finding

# The first release that knows RETURNING.
_OLDEST = (3, 35, 0)
_NETWORKS = frozenset({"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNTS = Path("/proc/mounts")
_UNREADABLE = "check who owns the file and its folder, and run this command as the user who runs the site"
_RESTORE = "stop the site, keep a copy of the damaged file, and restore a backup"
_ERRORS = {
    "SQLITE_CANTOPEN": ("cannot be opened", _UNREADABLE),
    "SQLITE_READONLY": ("cannot be written", _UNREADABLE),
    "SQLITE_PERM": ("cannot be written", _UNREADABLE),
    "SQLITE_NOTADB": ("is no database, or is damaged", _RESTORE),
    "SQLITE_CORRUPT": ("is damaged", _RESTORE),
    "SQLITE_FULL": ("cannot be written, the disk is full", "make room on the disk"),
    "SQLITE_IOERR": ("cannot be read or written, the disk fails", "look at the system's log for errors of the disk"),
    "SQLITE_BUSY": ("is kept locked by another process", "end what has it open besides `serve` and `worker`"),
}


def examine_sqlite_file(path: Path) -> list[Finding]:
    """Before it is opened, for opening would make it. Well, and not there, is a site that has not begun."""
    if not path.parent.is_dir():
        return [
            Finding(
                f"the folder {path.parent} of the database is not there",
                "SQLite makes files and no folders",
                "check CAMPAIGN_DATABASE_URL, or make the folder with mode 0700",
            )
        ]
    if not path.exists():
        return [Finding(f"there is no database yet at {path}", "nothing works before that", "run `campaign migrate`")]
    found = [_release(sqlite3.sqlite_version_info)]
    kind = file_system_of(path, _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if kind in _NETWORKS:
        found.append(
            Finding(
                f"the database lies on a network file system ({kind})",
                "its locks do not hold there, so two processes can destroy it",
                "move the instance folder to a disk of this machine, or use PostgreSQL",
            )
        )
    return found


def examine_sqlite(session: Session) -> list[Finding]:
    """How the open database keeps what it is told."""
    journal = str(session.scalar(text("PRAGMA journal_mode"))).upper()
    synchronous = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[session.scalar(text("PRAGMA synchronous")) or 0]
    return [Finding(f"SQLite answers, journal {journal}, synchronous {synchronous}")]


def why_sqlite_is_away(error: SQLAlchemyError) -> Finding:
    """The error in words, with what to do."""
    name = str(getattr(error.orig, "sqlite_errorname", "")) if isinstance(error, DBAPIError) else ""
    what, next_step = next(
        (found for code, found in _ERRORS.items() if name.startswith(code)),
        (f"does not answer ({name or type(error).__name__})", "try again; if it stays so, restore a backup"),
    )
    return Finding(f"the database {what}", "nobody can sign", next_step)


def file_system_of(path: Path, mounts: str) -> str:
    """The kind of file system a path lies on, from the text of /proc/mounts; empty if that does not tell."""
    rows = [line.split(" ") for line in mounts.splitlines()]
    # Spaces in mount points are written in octal there.
    places = {Path(row[1].replace("\\040", " ")): row[2] for row in rows if len(row) > 2}
    around = [place for place in (path, *path.parents) if place in places]
    return places[around[0]] if around else ""


def _release(version: tuple[int, int, int]) -> Finding:
    written = ".".join(map(str, version))
    if version >= _OLDEST:
        return Finding(f"SQLite is release {written}")
    return Finding(
        f"SQLite is release {written}, which is too old",
        "signing needs RETURNING, which came with 3.35",
        "use a newer Python or system, or PostgreSQL",
    )
