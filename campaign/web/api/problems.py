"""Errors as programs read them: `application/problem+json` (RFC 9457) for every address below `/api`.

Nothing of what was asked is repeated. Sentences are in English, because a programmer reads them, not a supporter.
"""

import json
from http import HTTPStatus

from flask import Response
from werkzeug.exceptions import BadRequest

CONTENT_TYPE = "application/problem+json"
_DETAILS = {
    400: "The request could not be understood.",
    404: "There is nothing at this address, or it has been taken down.",
    405: "This address can only be read; the header Allow names the methods it takes.",
    410: "This campaign has been taken down. Delete what you have copied of it.",
    429: "Too many requests; wait a minute, or as long as the header Retry-After says.",
    500: "Something broke on our side. It has been noted, without anything about who asked.",
    503: "We cannot answer just now; try again when the header Retry-After says.",
}


class BadParameter(BadRequest):
    """A parameter has a value it cannot have. `rule` is a sentence; `allowed` are the values, if they can be listed."""

    def __init__(self, parameter: str, rule: str, allowed: tuple[str, ...] | None = None) -> None:
        super().__init__(rule)
        self.parameter = parameter
        self.rule = rule
        self.allowed = allowed


def is_for_programs(path: str) -> bool:
    """Whether whoever asks for that path wants its errors as data."""
    return path == "/api" or path.startswith("/api/")


def problem(code: int, error: Exception | None = None) -> Response:
    """The answer for a status code; a `BadParameter` says which parameter and why."""
    bad = error if isinstance(error, BadParameter) else None
    body = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": bad.rule if bad else _DETAILS.get(code, _DETAILS[500 if code >= 500 else 400]),
    }
    if bad:
        body["parameter"] = bad.parameter
        if bad.allowed is not None:
            body["allowed"] = list(bad.allowed)
    return Response(json.dumps(body), code, content_type=CONTENT_TYPE)
