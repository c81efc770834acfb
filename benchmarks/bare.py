"""The least a Flask application can do, on the very server that `campaign serve` uses: what the rest is compared with.

`python -m benchmarks.bare HOST:PORT PROCESSES THREADS`, with the settings of a site in the environment.
"""

import sys
from dataclasses import replace

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from campaign.config import Config
from campaign.server import serve


def bare_app() -> Flask:
    """A page of five letters, and a form that is read and answered with a redirect."""
    app = Flask("bare")

    @app.get("/")
    def hello() -> str:
        return "hello"

    @app.post("/sign")
    def sign() -> Response:
        return redirect(f"/thanks/{len(request.form['email'])}", 303)

    return app


def main(bind: str, processes: int, threads: int) -> None:
    # The one place that knows how the application is served.
    serve(bare_app(), replace(Config.from_env(), bind=bind), processes=processes, threads=threads)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
