"""Log lines: one JSON object each, and never a word of anybody who visits.

Our own modules say what happened in words of ours; what they add to them are the fields named here. Of a library's
message only which library, how grave and where in its code is written: its words may hold an address, a link or a row.
The same holds for errors: their kind and their place, never their text.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

# What a call may hand on as `extra={…}`: the kind of an error, and the place in the code that `place_of` gives.
FIELDS = ("error", "where")
_OURS = "campaign."
# What Granian's own processes say of each other. Of anything with more signs in it the words are left out.
_SERVER = "_granian"
_PLAIN = re.compile(r"[A-Za-z0-9 ,.'-]+")
_LEFT_OUT = "a library's message; its words are left out"
_PACKAGE = Path(__file__).parent
_ROOTS = (f"{_PACKAGE.parent}/", *(f"{path}/" for path in sys.path if path))

log = logging.getLogger("campaign.process")


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `process`, `event`, then the fields there are."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(line_of(record))


class Words(logging.Formatter):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line = line_of(record)
        fields = [f"{name}={line[name]}" for name in FIELDS if name in line]
        return " ".join([line["time"][11:19], line["level"], line["logger"], line["event"], *fields])


def line_of(record: logging.LogRecord) -> dict[str, str]:
    """What may be written of a record."""
    line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "process": str(record.process),
        "event": _event(record),
    }
    if not record.name.startswith(_OURS):
        line["where"] = _short(record.pathname, record.lineno)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        line |= {"error": type(error).__name__, "where": place_of(error)}
    return line | {name: str(value) for name in FIELDS if (value := getattr(record, name, None)) is not None}


def place_of(error: BaseException) -> str:
    """Where in the code an error was raised, and which line of ours led there: `a.py:7 < campaign/b.py:9`."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    if not frames:
        return "unknown place"
    ours = [frame for frame in frames if frame[0].startswith(f"{_PACKAGE}/")]
    return " < ".join(dict.fromkeys(_short(*frame) for frame in (frames[-1], *ours[-1:])))


def configure_logs() -> None:
    """Write to stderr from here on. Whoever has set up logging before (a test) keeps what they have."""
    if logging.root.handlers:
        return
    handler = _handler()
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("campaign").setLevel(logging.INFO)
    # A server sets up its loggers itself; what it leaves without a handler goes here instead of out as it is.
    logging.lastResort = _handler(logging.WARNING)
    # On a mistake in a call, `logging` would print the values it was called with.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _say_uncaught
    threading.excepthook = lambda args: _say_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _say_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _handler(level: int = logging.NOTSET) -> "logging.StreamHandler[TextIO]":
    handler = logging.StreamHandler()
    handler.setFormatter(Words() if sys.stderr.isatty() else JsonLines())
    handler.setLevel(level)
    return handler


def _event(record: logging.LogRecord) -> str:
    if record.name.startswith(_OURS):
        try:
            return record.getMessage()
        except Exception:  # noqa: BLE001 - a mistake in a log call must not stop what it tells of
            return str(record.msg)
    said = str(record.msg).partition("\n")[0] if record.name.partition(".")[0] == _SERVER else ""
    return said if _PLAIN.fullmatch(said) else _LEFT_OUT


def _say_uncaught(kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    place = place_of(error) if error is not None else "unknown place"
    log.critical("an error nobody caught", extra={"error": kind.__name__, "where": place})


def _short(path: str, line: int) -> str:
    """Without the folders above: `flask/app.py:919`."""
    found = max((root for root in _ROOTS if path.startswith(root)), key=len, default="")
    return f"{path[len(found) :]}:{line}"
