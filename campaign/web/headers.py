"""Response headers: what a browser may load, who may frame, and that nothing is kept unless a view says so."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from wsgiref.headers import Headers

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue

from campaign.web.page_cache import IN_OUR_PROXY, PUBLIC
from campaign.web.services import services

P = ParamSpec("P")

_CONTENT_POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'none'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
}


def cacheable(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Let caches keep this GET, ours and shared ones: it is the same for everybody and sets no cookie."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        if request.method in ("GET", "HEAD") and response.status_code == 200:
            response.headers["Cache-Control"] = PUBLIC
            response.headers["X-Accel-Expires"] = IN_OUR_PROXY
        return response

    return answer


def set_file_headers(headers: Headers, _path: str, url: str) -> None:
    """The same for static files, which never reach Flask."""
    # A worker is under the policy of its own file and not that of its page. This one opens lists and talks to nobody.
    if url.endswith("/js/list-worker.js"):
        headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"


def allow(**sources: str) -> None:
    """Loosen the content policy of this response, e.g. `allow(connect_src="https://…")`."""
    g.content_policy = {**g.get("content_policy", {}), **{name.replace("_", "-"): to for name, to in sources.items()}}


def init_headers(app: Flask) -> None:
    """Put the headers on every response, errors included."""
    app.after_request(_set_headers)


def _set_headers(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _ in headers}
    # Every answer passes here: to ask the headers for each name would take longer than all the rest.
    headers.extend([(name, value) for name, value in _wanted() if name.lower() not in given])
    return response


def _wanted() -> list[tuple[str, str]]:
    own = g.get("content_policy")
    wanted = [("Content-Security-Policy", _written({**_CONTENT_POLICY, **own})), *_ALWAYS[1:]] if own else _ALWAYS
    return [*wanted, _ONLY_HTTPS] if services().config.is_https else wanted


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {to}" for name, to in policy.items())


_ALWAYS = [
    ("Content-Security-Policy", _written(_CONTENT_POLICY)),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Permissions-Policy", "browsing-topics=(), camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
_ONLY_HTTPS = ("Strict-Transport-Security", "max-age=31536000")
