"""Granian with this project's settings: threads, no access log, and no word about who asked.

Granian's own part of a request is compiled code. So a page from the page cache costs a tenth of what a server written
in Python would take for it, and slow clients wait there instead of holding one of our threads.
"""

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from campaign.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_STOP_SECONDS = 10
_RESPAWN_SECONDS = 1.0
_PARENT_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005
_MAX_HEAD_BYTES = 32 * 1024
_HEAD_MILLISECONDS = 10_000


def serve(app: "WSGIApplication", config: Config, *, processes: int, threads: int) -> None:
    """Answer requests until told to stop. An access log would hold addresses and links, so there is none."""
    # It has advice about threads and processors; what went wrong is written by our own formatter (see logs.py).
    logging.getLogger("_granian").setLevel(logging.ERROR)
    host, _, port = config.bind.rpartition(":")
    server = Granian(
        "campaign",
        address=host.strip("[]"),
        port=int(port),
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_MAX_HEAD_BYTES),
        websockets=False,
        log_access=False,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
        respawn_failed_workers=True,
        respawn_interval=_RESPAWN_SECONDS,
        workers_kill_timeout=_STOP_SECONDS,
    )
    parent = os.getpid()

    def load() -> "WSGIApplication":
        # A thread gives the interpreter away with each SQL statement, and would wait five milliseconds to have it back.
        sys.setswitchinterval(_SWITCH_SECONDS)
        _end_without(parent)
        return app

    # Made before the processes part, so that each has it without importing anything again.
    server.serve(target_loader=load, wrap_loader=False)


def _end_without(parent: int) -> None:
    """End this process when its parent has been killed: it would answer beside the one that is started instead."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
