"""Pages for supporters: read, sign, confirm, see names and numbers. Complete without a script or a cookie."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from campaign.campaigns.queries import (
    campaign_by_id,
    campaign_by_slug,
    campaign_communities,
    open_campaigns,
)
from campaign.conversation.contents import Words
from campaign.conversation.messages import leave_message
from campaign.core.clock import utc_now
from campaign.core.db import commits, db
from campaign.core.errors import NotFound, Refused
from campaign.counting.queries import community_shares, count_of, country_shares, days
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from campaign.signing.actions import confirm, record_signatures, seal_signature
from campaign.signing.queries import public_names, signature_to_confirm
from campaign.web.charts import signatures_chart
from campaign.web.editions import published, shown_count
from campaign.web.guards import require_own_origin
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language, preferred_language, use_language
from campaign.web.public.contexts import campaign_page, listings, open_epoch, open_letters, why_closed
from campaign.web.public.countries import country_options, known_country
from campaign.web.public.flood import count_bad_link, let_sign, shown_again
from campaign.web.public.forms import SignForm, blank_sign_form, typed_in
from campaign.web.public.message_forms import message_form, message_sent, read_message_sent
from campaign.web.public.share import share_links
from campaign.web.services import services
from campaign.web.words import HOLDS

blueprint = Blueprint("public", __name__)


@blueprint.url_value_preprocessor
def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        use_language(values.pop("lang"))


@blueprint.get("/")
def front() -> ResponseReturnValue:
    """To the best language for this browser."""
    response = redirect(url_for("public.home", lang=preferred_language()), 303)
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/<language:lang>/")
@cacheable
def home() -> ResponseReturnValue:
    """All open campaigns."""
    views = published(open_campaigns, current_language())
    return render_template("public/home.html", listings=listings(views, today=utc_now().date()))


@blueprint.get("/<language:lang>/privacy")
@cacheable
def privacy() -> ResponseReturnValue:
    """What is stored about a signatory, and what is not."""
    return render_template("public/privacy.html")


@blueprint.get("/<language:lang>/<slug:slug>/")
@cacheable
def campaign(slug: str) -> ResponseReturnValue:
    """A petition or a case, with the form to sign it."""
    return _campaign_page(slug, blank_sign_form())


@blueprint.post("/<language:lang>/<slug:slug>/sign")
def sign(slug: str) -> ResponseReturnValue:
    """Take a signature, or show the form again with what is wrong."""
    require_own_origin()
    form = SignForm(typed_in())
    next_page = take_signature(slug, form)
    if next_page is None:
        return shown_again(_campaign_page(slug, form), form)
    return redirect(url_for(f"public.{next_page}", lang=current_language(), slug=slug), 303)


@blueprint.get("/<language:lang>/<slug:slug>/check-your-email")
@cacheable
def check_your_email(slug: str) -> ResponseReturnValue:
    """The same for everybody who sent the form, whoever they are."""
    view = published(campaign_by_slug, slug, current_language())
    return render_template("public/check_your_email.html", campaign=view, hours_held=None)


@blueprint.get("/<language:lang>/<slug:slug>/mail-comes-later")
@cacheable
def mail_comes_later(slug: str) -> ResponseReturnValue:
    """The same for everybody whose mail waits because too many signed at once."""
    view = published(campaign_by_slug, slug, current_language())
    return render_template("public/check_your_email.html", campaign=view, hours_held=LONGEST_HOLD_HOURS)


@blueprint.route("/<language:lang>/confirm/<token>", methods=["GET", "POST"], endpoint="confirm")
def confirm_page(token: str) -> ResponseReturnValue:
    """Opening the link shows a button; only the button confirms."""
    if request.method == "POST":
        require_own_origin()
    now = utc_now()
    try:
        signature = signature_to_confirm(db.session(), token=token, now=now)
        view = published(campaign_by_id, signature.campaign_id, current_language())
        if view.state == "draft" or view.is_hidden:
            abort(410)
        communities = published(campaign_communities, view.id, current_language())
        form = message_form(view)
        named = {community.key for community in communities} & set(request.form.getlist("community"))
        if request.method == "POST" and form.validate():
            held_for = _confirm(token, named, form.given(current_language()), now)
            return redirect(
                url_for("public.confirmed", lang=current_language(), slug=view.slug, **message_sent(held_for)), 303
            )
    except NotFound:
        return bad_link()
    page = render_template(
        "public/confirm.html",
        campaign=view,
        public_name=signature.public_name,
        wants_updates=signature.wants_updates,
        # Whoever opened the page before may have ticked one that was taken out since.
        communities=[each for each in communities if each.is_offered or each.key in named],
        country=known_country(request.args.get("country")),
        is_confirmed=signature.state == "confirmed",
        named=named,
        form=form,
        errors=form.error_list(),
    )
    return page, 400 if form.errors else 200


def _confirm(token: str, communities: set[str], words: Words | None, now: datetime) -> tuple[str, ...] | None:
    """Confirm, and keep the message if there is one; what that is held for, None without one."""
    country, keyring = known_country(request.form.get("country")), services().keyring

    def write(session: Session) -> tuple[str, ...] | None:
        confirm(session, token=token, communities=communities, country=country, keyring=keyring, now=now)
        if words is None:
            return None
        return leave_message(session, token=token, link="confirm", words=words, key=keyring.waiting, now=now)

    held_for = services().group.write(write)
    commits.count()
    return held_for


@blueprint.get("/<language:lang>/<slug:slug>/confirmed")
def confirmed(slug: str) -> ResponseReturnValue:
    """Thanks, the new count, and ways to pass it on."""
    view = published(campaign_by_slug, slug, current_language())
    address = url_for("public.campaign", lang=view.language, slug=slug, _external=True)
    return render_template(
        "public/confirmed.html",
        campaign=view,
        count=count_of(db.session(), view.id).total,
        share=share_links(view.title, address),
        letters=open_letters(view),
        sent=read_message_sent(),
        hold_words=HOLDS,
    )


@blueprint.get("/<language:lang>/<slug:slug>/signatures")
@cacheable
def signatures(slug: str) -> ResponseReturnValue:
    """Names their owners made public, a page at a time."""
    view = published(campaign_by_slug, slug, current_language())
    after = request.args.get("after")
    page = public_names(db.session(), view.id, after=after)
    return render_template(
        "public/signatures.html",
        campaign=view,
        count=shown_count(view.id).total,
        names=page.names,
        next_cursor=page.next_cursor,
        is_first_page=after is None,
    )


@blueprint.get("/<language:lang>/<slug:slug>/statistics")
@cacheable
def statistics(slug: str) -> ResponseReturnValue:
    """Signatures over time, and how many signed as what where that names nobody."""
    view = published(campaign_by_slug, slug, current_language())
    labels = {part.key: part.label for part in published(campaign_communities, view.id, current_language())}
    series, count = days(db.session(), view.id, today=utc_now().date()), shown_count(view.id)
    return render_template(
        "public/statistics.html",
        campaign=view,
        count=count.total,
        on_paper=count.on_paper,
        chart=signatures_chart(series),
        rows=series[::-1],
        communities=[
            {"label": labels.get(share.community, share.community), "people": share.people}
            for share in community_shares(db.session(), view.id)
        ],
        countries=country_shares(db.session(), view.id),
    )


def take_signature(slug: str, form: SignForm) -> str | None:
    """Validate and sign; the name of the page that comes next, here and in the frame.

    None leaves errors on the form, or a question, or neither, for a campaign that takes no signature now.
    """
    view, now = published(campaign_by_slug, slug, current_language()), utc_now()
    if why_closed(view) is not None or not form.validate():
        return None
    passage = let_sign(form, view.id, now=now)
    if passage is None:
        return None
    entry, epoch, keyring = form.entry(current_language()), open_epoch(), services().keyring
    try:
        signature = seal_signature(
            campaign=view, entry=entry, epoch=epoch, keyring=keyring, now=now, mail_at=passage.mail_at
        )
        services().group.write_together(record_signatures, signature)
    except Refused:
        return None
    return "mail_comes_later" if passage.is_held else "check_your_email"


def bad_link() -> Response:
    """One page for every link that is not good: it must not tell why, nor repeat the link."""
    g.page_elsewhere = "public.manage_ask"
    count_bad_link()
    return make_response(render_template("public/bad_link.html"), 404)


def _campaign_page(slug: str, form: SignForm) -> str:
    view = published(campaign_by_slug, slug, current_language())
    page = campaign_page(view, today=utc_now().date())
    return render_template(
        "public/campaign.html",
        page_key=page.campaign.id,
        campaign=page.campaign,
        events=page.events,
        case=page.case,
        news=page.news,
        letters=page.letters,
        count=page.count,
        on_paper=page.on_paper,
        why_closed=page.why_closed,
        translation_missing=page.translation_missing,
        voices=page.voices,
        form=form,
        errors=form.error_list(),
        is_new_form=request.method == "GET",
        country_options=country_options(current_language(), form.country.data or ""),
    )
