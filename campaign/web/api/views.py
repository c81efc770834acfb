"""The API of version 1: what is published, for programs. It only reads; nothing can be signed through it.

Answers go through the same editions and the same page cache as pages, so what is hidden there is hidden here. They are
public, carry no cookie and ask for none, so a page of any other site may read them.
"""

import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from campaign.campaigns.queries import campaign_by_slug, campaign_events, open_campaigns
from campaign.cases.queries import case_of, cases_of_all
from campaign.cases.search import search_index
from campaign.conversation.cursors import read_cursor
from campaign.conversation.queries import (
    message_languages,
    number_of_endorsements,
    shown_endorsements,
    shown_messages,
)
from campaign.core.db import db
from campaign.core.search_words import LONGEST_QUERY
from campaign.letters.queries import published_count, sent_count
from campaign.signing.queries import CURSOR, public_names
from campaign.updates.queries import page_of_updates
from campaign.web.addresses import SlugConverter
from campaign.web.api.problems import BadParameter
from campaign.web.editions import current_edition, published
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language, current_site, use_language
from campaign.web.public.contexts import open_letters

if TYPE_CHECKING:
    from pydantic import BaseModel

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.before_request
def _take_language() -> None:
    """Answers are in the language `lang` names, or in the site's first."""
    languages = current_site().languages
    asked = request.args.get("lang", languages[0])
    if asked not in languages:
        raise BadParameter("lang", f"The languages of this site are {', '.join(languages)}.", languages)
    use_language(asked)


@blueprint.after_request
def _open_to_all(response: Response) -> Response:
    """A script on any site may read what anybody may read; search engines are kept from names as on the pages."""
    if request.method in ("GET", "HEAD"):
        response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/campaigns")
@cacheable
def campaigns() -> Response:
    """All open campaigns, or those that `q` finds."""
    language, query = current_language(), request.args.get("q")
    if query is not None and len(query) > LONGEST_QUERY:
        raise BadParameter("q", f"What is looked for has at most {LONGEST_QUERY} characters.")
    cases = published(cases_of_all, language, today=current_edition().date)
    views = published(open_campaigns, language)
    if query is not None:
        found = set(published(search_index, current_site().languages).find(query))
        views = [view for view in views if view.id in found]
    campaign_answer = _making("answers").campaign_answer
    answers = [campaign_answer(view, cases.get(view.id)) for view in views]
    return _answer(_making("answers").campaigns_answer(answers, query=query))


@blueprint.get("/campaigns/<slug:slug>")
@cacheable
def campaign(slug: str) -> Response:
    """One campaign, open or closed, and the case it is about."""
    view = published(campaign_by_slug, slug, current_language())
    case = published(case_of, view.id, current_language(), today=current_edition().date)
    return _answer(_making("answers").campaign_answer(view, case))


@blueprint.get("/campaigns/<slug:slug>/signatures")
@cacheable
def signatures(slug: str) -> Response:
    """Names their owners made public, a page at a time."""
    view, after = published(campaign_by_slug, slug, current_language()), request.args.get("after")
    if after is not None and not re.fullmatch(CURSOR, after):
        raise BadParameter("after", "A cursor is taken from the link `next` of an earlier page.")
    page = public_names(db.session(), view.id, after=after)
    return _answer(_making("answers").signatures_answer(view, page, after=after))


@blueprint.get("/campaigns/<slug:slug>/events")
@cacheable
def events(slug: str) -> Response:
    """What happened, with dates and sources; accounts that differ stand side by side."""
    view = published(campaign_by_slug, slug, current_language())
    found = published(campaign_events, view.id, current_language())
    return _answer(_making("answers").events_answer(view, found))


@blueprint.get("/campaigns/<slug:slug>/messages")
@cacheable
def messages(slug: str) -> Response:
    """What signatories say, in the language asked for."""
    view, after, language = published(campaign_by_slug, slug, current_language()), _after(), current_language()
    page = shown_messages(db.session(), view.id, language, after=after)
    total = dict(published(message_languages, view.id)).get(language, 0)
    return _answer(_making("conversation_answers").messages_answer(view, page, total=total, after=after))


@blueprint.get("/campaigns/<slug:slug>/endorsements")
@cacheable
def endorsements(slug: str) -> Response:
    """Organizations that endorse a campaign."""
    view, after = published(campaign_by_slug, slug, current_language()), _after()
    page = shown_endorsements(db.session(), view.id, after=after)
    total = published(number_of_endorsements, view.id)
    return _answer(_making("conversation_answers").endorsements_answer(view, page, total=total, after=after))


@blueprint.get("/campaigns/<slug:slug>/updates")
@cacheable
def updates(slug: str) -> Response:
    """News, the newest first."""
    view, after = published(campaign_by_slug, slug, current_language()), request.args.get("after")
    if after is not None and not re.fullmatch(SlugConverter.regex, after):
        raise BadParameter("after", "A cursor is taken from the link `next` of an earlier page.")
    page = page_of_updates(db.session(), view.id, current_language(), older_than=after)
    return _answer(_making("action_answers").updates_answer(view, page, after=after))


@blueprint.get("/campaigns/<slug:slug>/letters")
@cacheable
def letters(slug: str) -> Response:
    """Letters that supporters can send now."""
    view = published(campaign_by_slug, slug, current_language())
    found = [(letter, published_count(sent_count(db.session(), view.id, letter.key))) for letter in open_letters(view)]
    return _answer(_making("action_answers").letters_answer(view, found))


def _after() -> str | None:
    """The cursor of a page of what people say."""
    after = request.args.get("after")
    if after is not None and read_cursor(after) is None:
        raise BadParameter("after", "A cursor is taken from the link `next` of an earlier page.")
    return after


@blueprint.get("/openapi.json")
@cacheable
def openapi() -> Response:
    """This API in the words of OpenAPI 3.1."""
    return Response(
        json.dumps(_making("openapi").description(current_site().languages)), content_type="application/json"
    )


def _making(what: str) -> Any:
    """One of the modules beside this one that make answers.

    By name, when first needed: building their shapes takes a fifth of a server's start.
    """
    return import_module(f"campaign.web.api.{what}")


def _answer(body: "BaseModel") -> Response:
    # Whoever pastes an answer into a page's script must not let a public name close that script.
    text = body.model_dump_json(by_alias=True).replace("<", "\\u003c")
    return Response(text, content_type="application/hal+json")
