"""The description of the API in OpenAPI 3.1, made from the shapes of its answers."""

from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from campaign.conversation.cursors import CURSOR as PLACE
from campaign.core.search_words import LONGEST_QUERY
from campaign.signing.queries import CURSOR
from campaign.web.api import action_schemas, conversation_schemas, schemas
from campaign.web.api.problems import CONTENT_TYPE

# Of the API, not of the program: the first number is the one in the addresses.
API_VERSION = "1.1.0"
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_ABOUT = (
    "What this site publishes, for programs. Anybody may read it, from any site, without a key or a cookie, and "
    "nothing can be changed. Of a signature nothing is ever said but the name its owner made public."
)
_ANSWERS = (
    schemas.Campaigns,
    schemas.Campaign,
    schemas.Signatures,
    schemas.Events,
    conversation_schemas.Messages,
    conversation_schemas.Endorsements,
    action_schemas.Updates,
    action_schemas.Letters,
    schemas.Problem,
)
_CACHING = ("ETag", "Cache-Control", "Access-Control-Allow-Origin")
_HEADERS = {
    "ETag": "Send it back in If-None-Match; an answer that has not changed is 304 and empty.",
    "Cache-Control": "How long a cache may keep the answer.",
    "Access-Control-Allow-Origin": "Always `*`.",
    "Allow": "The methods the address takes.",
    "Retry-After": "Seconds to wait.",
}
_PROBLEMS: dict[int, tuple[str, tuple[str, ...]]] = {
    400: ("A parameter has a value it cannot have.", ()),
    404: ("There is no such campaign, or it has been taken down.", ()),
    410: ("It is hidden. Delete what you have copied of it.", ()),
    405: ("The answer to every method but GET, HEAD and OPTIONS.", ("Allow",)),
    429: ("Too many requests.", ()),
    500: ("Something broke on the site's side.", ()),
    503: ("The site cannot answer just now, as when its database is away.", ("Retry-After",)),
}
_OF_ONE = (400, 404, 405, 410, 429, 500, 503)
_OF_ALL = (400, 405, 429, 500, 503)


def description(languages: tuple[str, ...]) -> dict[str, Any]:
    """The whole document for a site with these languages."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Campaigns", "version": API_VERSION, "description": _ABOUT},
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "parameters": _parameters(languages),
            "headers": {name: _header(name) for name in _HEADERS},
            "responses": {HTTPStatus(code).name: _problem(*_PROBLEMS[code]) for code in _PROBLEMS},
        },
    }


def _paths() -> dict[str, Any]:
    one = "/api/v1/campaigns/{slug}"
    return {
        "/api/v1/campaigns": _read(
            "listCampaigns", "All open campaigns, or those that `q` finds", schemas.Campaigns, ("lang", "q")
        ),
        one: _read("getCampaign", "One campaign and its case", schemas.Campaign, ("slug", "lang")),
        f"{one}/signatures": _read(
            "listSignatures", "A page of public names", schemas.Signatures, ("slug", "lang", "after")
        ),
        f"{one}/events": _read("listEvents", "What happened, oldest first", schemas.Events, ("slug", "lang")),
        f"{one}/messages": _read(
            "listMessages",
            "A page of what signatories say, in one language",
            conversation_schemas.Messages,
            ("slug", "lang", "place"),
        ),
        f"{one}/endorsements": _read(
            "listEndorsements",
            "A page of organizations that endorse a campaign",
            conversation_schemas.Endorsements,
            ("slug", "lang", "place"),
        ),
        f"{one}/updates": _read(
            "listUpdates", "A page of news, the newest first", action_schemas.Updates, ("slug", "lang", "news")
        ),
        f"{one}/letters": _read(
            "listLetters", "Letters that supporters can send now", action_schemas.Letters, ("slug", "lang")
        ),
        "/api/v1/openapi.json": _read("getDescription", "This document", None, ("lang",)),
    }


def _read(name: str, summary: str, answer: type[BaseModel] | None, parameters: tuple[str, ...]) -> dict[str, Any]:
    content = (
        {"application/hal+json": {"schema": _ref("schemas", answer.__name__)}}
        if answer
        else {"application/json": {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}}
    )
    headers = {name: _ref("headers", name) for name in _CACHING}
    responses: dict[str, Any] = {
        "200": {"description": summary, "headers": headers, "content": content},
        "304": {"description": "Nothing has changed since the answer named in If-None-Match.", "headers": headers},
    }
    for code in _OF_ONE if "slug" in parameters else _OF_ALL:
        responses[str(code)] = _ref("responses", HTTPStatus(code).name)
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [_ref("parameters", parameter) for parameter in parameters],
            "responses": responses,
        }
    }


@cache
def _schemas() -> dict[str, Any]:
    _by_model, whole = models_json_schema(
        [(answer, "serialization") for answer in _ANSWERS], ref_template="#/components/schemas/{model}"
    )
    found: dict[str, Any] = whole["$defs"]
    return found


def _parameters(languages: tuple[str, ...]) -> dict[str, Any]:
    language = {"type": "string", "enum": list(languages), "default": languages[0]}
    about_q = (
        "Words to find: beginnings of words of titles and of people's names, in any script, spelling and language."
    )
    about, cursor, place = (
        "A cursor, from the link `next` of an earlier page.",
        {"type": "string", "pattern": f"^{CURSOR}$"},
        {"type": "string", "pattern": f"^{PLACE}$"},
    )
    return {
        "q": _parameter("q", "query", about_q, {"type": "string", "maxLength": LONGEST_QUERY}),
        "slug": _parameter("slug", "path", "The campaign.", {"type": "string", "pattern": _SLUG, "maxLength": 80}),
        "lang": _parameter("lang", "query", "The language of the answer.", language),
        "after": _parameter("after", "query", about, cursor),
        # The same parameter where the order is another.
        "news": _parameter("after", "query", about, {"type": "string", "pattern": _SLUG}),
        "place": _parameter("after", "query", about, place),
    }


def _parameter(name: str, place: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "description": about, "required": place == "path", "schema": schema}


def _problem(about: str, headers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "description": about,
        "headers": {name: _ref("headers", name) for name in headers},
        "content": {CONTENT_TYPE: {"schema": _ref("schemas", schemas.Problem.__name__)}},
    }


def _header(name: str) -> dict[str, Any]:
    return {"description": _HEADERS[name], "required": True, "schema": {"type": "string"}}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
