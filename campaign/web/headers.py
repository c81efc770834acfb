"""Response headers: what a browser may load, who may frame, and that nothing is kept unless a view says so."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from wsgiref.headers import Headers

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue

from campaign.web.page_cache import PUBLIC
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
        return response

    return answer


def set_file_headers(headers: Headers, _path: str, _url: str) -> None:
    """The same for static files, which never reach Flask."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"


def allow(**sources: str) -> None:
    """Loosen the content policy of this response, e.g. `allow(connect_src="https://…")`."""
    g.content_policy = {**g.get("content_policy", {}), **{name.replace("_", "-"): to for name, to in sources.items()}}


def init_headers(app: Flask) -> None:
    """Put the headers on every response, errors included."""
    app.after_request(_set_headers)


def _set_headers(response: Response) -> Response:
    policy = {**_CONTENT_POLICY, **g.get("content_policy", {})}
    headers = response.headers
    headers.setdefault("Content-Security-Policy", "; ".join(f"{name} {to}" for name, to in policy.items()))
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Permissions-Policy", "browsing-topics=(), camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if services().config.is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
