"""The one SQLite of this process.

Where there is a wheel it is the one that comes with `pysqlite3`: the releases of most systems can corrupt a WAL (see
`db.journal_mode`), and without a WAL a commit waits for the disk four times as long. Elsewhere it is Python's own.
Nobody imports either but here, because two copies of SQLite in one process undo each other's locks on a file
(https://sqlite.org/howtocorrupt.html#_multiple_copies_of_sqlite_linked_into_the_same_application).
"""

import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING or importlib.util.find_spec("pysqlite3") is None:
    import sqlite3
else:
    import pysqlite3 as sqlite3

__all__ = ["sqlite3"]
