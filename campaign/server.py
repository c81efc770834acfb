"""Gunicorn with this project's settings: threads, no access log, and no word in the error log about who asked."""

import re
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from campaign.config import Config

# gunicorn writes `Invalid request from ip=…: …`, and what stands behind it is what was sent.
_ABOUT_SOMEBODY = re.compile(r" from ip=.*", re.DOTALL)


class DiscreetLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Says that something failed and where in the code, not for whom or at which address."""

    def warning(self, msg: object, *args: object, **kwargs: object) -> None:
        super().warning(_ABOUT_SOMEBODY.sub("", str(msg)), *args, **kwargs)

    def exception(self, msg: object, *_args: object, **_kwargs: object) -> None:
        kind, _, place = sys.exc_info()
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
        # The first words of the message only: what follows can be the address asked for, and that can be a link.
        what = str(msg).partition("%")[0].strip()
        super().error("%s: %s at %s", what, kind.__name__ if kind else "error", where)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(app: Flask, config: Config, *, processes: int, threads: int) -> None:
    """Answer requests until told to stop. An access log would hold addresses and links, so there is none."""
    options = {
        "bind": config.bind,
        "workers": processes,
        "threads": threads,
        "worker_class": "gthread",
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "logger_class": DiscreetLogger,
        "control_socket_disable": True,
        "keepalive": 5,
        "timeout": 60,
        "graceful_timeout": 10,
        # gunicorn would set 0, and a database file it makes could be read by everybody on the machine.
        "umask": 0o077,
        # gunicorn's own trust in X-Forwarded-* would run before ours; `CAMPAIGN_TRUSTED_PROXIES` decides alone.
        "forwarded_allow_ips": "",
    }
    _Server(app, options).run()
