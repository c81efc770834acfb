"""Gunicorn with this project's settings: threads, no access log, no control socket."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from campaign.config import Config


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
        "control_socket_disable": True,
        "keepalive": 5,
        "timeout": 60,
        "graceful_timeout": 10,
        # gunicorn's own trust in X-Forwarded-* would run before ours; `CAMPAIGN_TRUSTED_PROXIES` decides alone.
        "forwarded_allow_ips": "",
    }
    _Server(app, options).run()
