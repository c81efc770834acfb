"""What was acknowledged, written down the moment it was; and what a database must hold because of it.

A ledger is a file of lines. A line is one `write` after the commit has returned, and never lies on two pages of the
file, between which a kill cuts a write in two. So a killed writer leaves whole lines:

    signed TAG QUEUED_AT      a signature is in, and the mail queued at that instant
    confirmed TAG             that signature counts
    failed WHAT               a writer met an error it should never meet

TAG is the dedupe tag in hex, QUEUED_AT an instant as SQLite stores it. Databases are read with plain SQL, apart from
the code that wrote them.
"""

import os
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from campaign.core.sqlite import sqlite3

DATABASE = "campaign.sqlite3"
# Without them mail that waits stays sealed for ever, and everybody could sign a second time.
KEYS = ("tags.key", "waiting.key")
# A part of 4096, which is a page or a part of one.
LINE_BYTES = 128
NO_ROW = "acknowledged signatures have no row"


def as_stored(instant: datetime) -> str:
    """An instant in UTC as the text SQLAlchemy makes of it for SQLite."""
    return instant.strftime("%Y-%m-%d %H:%M:%S.%f")


def write_line(ledger: int, *words: str) -> None:
    """Append a line to the file open at `ledger`, whole or not at all."""
    line = " ".join(words).encode("ascii").ljust(LINE_BYTES - 1) + b"\n"
    assert len(line) == LINE_BYTES, "a longer line would be torn"
    os.write(ledger, line)


@dataclass
class Ledger:
    """Everything acknowledged so far."""

    signed: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        ledger = cls()
        for line in path.read_text("ascii").splitlines(keepends=True):
            ledger.add(line)
        return ledger

    def add(self, line: str) -> None:
        """Take one line; one without its end was never acknowledged."""
        if not line.endswith("\n"):
            return
        kind, _, rest = line.rstrip().partition(" ")
        if kind == "signed":
            tag, _, queued_at = rest.partition(" ")
            self.signed[tag] = queued_at
        elif kind == "confirmed":
            self.confirmed.add(rest)
        else:
            self.failed.append(rest)

    def __len__(self) -> int:
        return len(self.signed) + len(self.confirmed)


def problems(instance: Path, ledger: Ledger) -> list[str]:
    """What is wrong with a site where everybody signed once, named one community, and no mail has gone out yet.

    The first to connect after a crash: opening the database is what rolls a half-done commit back.
    """
    keys = {name: instance / "keys" / name for name in KEYS}
    found = [
        *ledger.failed,
        *(f"there is no {name}" for name, path in keys.items() if len(ledger) and not path.exists()),
    ]
    try:
        with closing(sqlite3.connect(instance / DATABASE)) as connection:
            # Nothing is kept of what is only looked at.
            connection.execute("PRAGMA synchronous = OFF")
            found += [*_damage(connection), *_missing(connection, ledger), *_halves(connection)]
            if keys["waiting.key"].exists():
                found += _sealed_for_ever(connection, bytes.fromhex(keys["waiting.key"].read_text("ascii")))
    except sqlite3.DatabaseError as error:
        found.append(f"the database cannot be read: {error}")
    return found


def _damage(connection: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    broken = len(connection.execute("PRAGMA foreign_key_check").fetchall())
    return [f"integrity_check: {line}" for line in found if line != "ok"] + (
        [f"{broken} rows point at nothing"] if broken else []
    )


def _missing(connection: sqlite3.Connection, ledger: Ledger) -> list[str]:
    states = dict(connection.execute("SELECT lower(hex(dedupe_tag)), state FROM signature"))
    mails = {row[0] for row in connection.execute("SELECT queued_at FROM outbox_mail")}
    lost = {
        NO_ROW: ledger.signed.keys() - states.keys(),
        "acknowledged signatures have no mail": set(ledger.signed.values()) - mails,
        "acknowledged confirmations are not confirmed": {
            tag for tag in ledger.confirmed if states.get(tag) != "confirmed"
        },
    }
    return [f"{len(which)} {what}" for what, which in lost.items() if which]


def _sealed_for_ever(connection: sqlite3.Connection, key: bytes) -> list[str]:
    """Mails that cannot be opened: torn inside, where `integrity_check` does not look, or sealed with a lost key."""
    lost, box = 0, SecretBox(key)
    for (sealed,) in connection.execute("SELECT sealed FROM outbox_mail"):
        try:
            box.decrypt(sealed)
        except CryptoError:
            lost += 1
    return [f"{lost} mails cannot be opened"] if lost else []


def _halves(connection: sqlite3.Connection) -> list[str]:
    """Commits of which only a part is there."""

    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    signatures = number("SELECT count(*) FROM signature")
    confirmed = number("SELECT count(*) FROM signature WHERE state = 'confirmed'")
    waiting = number("SELECT coalesce(sum(change), 0) FROM signature_delta")
    compared = {
        "mails": (number("SELECT count(*) FROM outbox_mail"), signatures),
        "sealed entries": (number("SELECT count(sealed) FROM signature"), signatures),
        "counted": (number("SELECT coalesce(sum(signatures), 0) FROM campaign_count") + waiting, confirmed),
        "counted by hour": (number("SELECT coalesce(sum(signatures), 0) FROM hourly_count") + waiting, confirmed),
        "ballots": (
            number("SELECT coalesce(sum(people), 0) FROM community_count")
            + number("SELECT count(*) FROM community_ballot"),
            confirmed,
        ),
    }
    return [f"{what}: {found}, but it should be {due}" for what, (found, due) in compared.items() if found != due]
