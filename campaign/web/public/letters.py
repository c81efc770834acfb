"""Letters that supporters send themselves. What they write stays on their own machine; only a number comes back."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import CampaignView, campaign_by_slug
from campaign.core.db import db
from campaign.core.errors import NotFound
from campaign.letters.actions import count_letter
from campaign.letters.mail_links import LONGEST_LINK, mail_link
from campaign.letters.queries import LetterView, published_count, sent_count
from campaign.web.editions import published
from campaign.web.guards import require_own_origin
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language
from campaign.web.public.contexts import open_letters
from campaign.web.public.flood import count_letter_sent
from campaign.web.public.sheet import blueprint as blueprint
from campaign.web.services import services


@blueprint.get("/<language:lang>/<slug:slug>/letters")
@cacheable
def letters(slug: str) -> ResponseReturnValue:
    """The offices one can write to."""
    view = published(campaign_by_slug, slug, current_language())
    rows = [(letter, _shown_count(view, letter.key)) for letter in open_letters(view)]
    return render_template("public/letters.html", campaign=view, letters=rows)


@blueprint.get("/<language:lang>/<slug:slug>/letters/<slug:key>")
@cacheable
def letter(slug: str, key: str) -> ResponseReturnValue:
    """One letter to read, change, copy, mail or print. `?in=` chooses among the languages that the office reads."""
    view, found = _letter(slug, key)
    asked = request.args.get("in")
    text = next((version for version in found.versions if version.language == asked), found.versions[0])
    link, is_whole = mail_link(found.email, text.subject, text.body) if found.email else (None, True)
    return render_template(
        "public/letter.html",
        campaign=view,
        letter=found,
        text=text,
        mail_link=link,
        is_whole=is_whole,
        longest_link=LONGEST_LINK,
        sent=_shown_count(view, key),
    )


@blueprint.post("/<language:lang>/<slug:slug>/letters/<slug:key>/sent")
def letter_sent(slug: str, key: str) -> ResponseReturnValue:
    """Somebody says that they sent one. Nothing else is taken from the request."""
    require_own_origin()
    view, _ = _letter(slug, key)
    count_letter_sent(view.id)
    services().group.write(lambda session: count_letter(session, campaign_id=view.id, key=key))
    return redirect(url_for("public.letter_thanks", lang=current_language(), slug=slug, key=key), 303)


@blueprint.get("/<language:lang>/<slug:slug>/letters/<slug:key>/thanks")
@cacheable
def letter_thanks(slug: str, key: str) -> ResponseReturnValue:
    """The same for everybody."""
    view, found = _letter(slug, key)
    others = [other for other in open_letters(view) if other.key != key]
    return render_template("public/letter_thanks.html", campaign=view, letter=found, others=others)


def _letter(slug: str, key: str) -> tuple[CampaignView, LetterView]:
    view = published(campaign_by_slug, slug, current_language())
    for found in open_letters(view):
        if found.key == key:
            return view, found
    raise NotFound("no such letter")


def _shown_count(view: CampaignView, key: str) -> int | None:
    # Not of the edition: a page that shows it is made anew after some seconds by itself.
    return published_count(sent_count(db.session(), view.id, key))
