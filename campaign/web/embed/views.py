"""The petition inside other people's pages: a frame with the same form and the same action as our own page."""

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import campaign_by_slug
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS
from campaign.resources import STATIC
from campaign.web.editions import published, shown_count
from campaign.web.guards import require_own_origin
from campaign.web.headers import allow, cacheable
from campaign.web.i18n import current_language, current_site, use_language
from campaign.web.public.contexts import why_closed
from campaign.web.public.countries import country_options
from campaign.web.public.flood import shown_again
from campaign.web.public.forms import SignForm, typed_in
from campaign.web.public.views import take_signature

blueprint = Blueprint("embed", __name__)
_THEMES = ("light", "dark", "auto")
_HOUR_SECONDS = 3600


@blueprint.before_request
def _prepare() -> None:
    """The frame speaks the language its address names, and may be framed by anybody."""
    if request.endpoint == "embed.script":
        return
    language = request.args.get("lang")
    use_language(language if language in current_site().languages else current_site().languages[0])
    allow(frame_ancestors="*")


@blueprint.get("/embed/<slug:slug>")
@cacheable
def frame(slug: str) -> ResponseReturnValue:
    """The form in a frame. `?lang=`, `?theme=light|dark|auto`, `?from=` the host that embeds it."""
    form = SignForm(formdata=None)
    form.source.data = f"embed:{(request.args.get('from') or '').lower()}"
    return _frame_page(slug, form)


@blueprint.post("/embed/<slug:slug>")
def sign(slug: str) -> ResponseReturnValue:
    """Sign from inside the frame. The browser says `same-origin`, because the frame is our own page."""
    require_own_origin()
    form = SignForm(typed_in())
    next_page = take_signature(slug, form)
    if next_page is None:
        return shown_again(_frame_page(slug, form), form)
    return redirect(url_for(f"embed.{next_page}", slug=slug, lang=current_language(), theme=_theme()), 303)


@blueprint.get("/embed/<slug:slug>/check-your-email")
@cacheable
def check_your_email(slug: str) -> ResponseReturnValue:
    view = published(campaign_by_slug, slug, current_language())
    return render_template("embed/check_your_email.html", campaign=view, theme=_theme(), hours_held=None)


@blueprint.get("/embed/<slug:slug>/mail-comes-later")
@cacheable
def mail_comes_later(slug: str) -> ResponseReturnValue:
    view = published(campaign_by_slug, slug, current_language())
    return render_template("embed/check_your_email.html", campaign=view, theme=_theme(), hours_held=LONGEST_HOLD_HOURS)


@blueprint.get("/embed.js")
def script() -> Response:
    """The script that turns `<petition-widget>` into the frame and lets its height follow."""
    response = send_from_directory(STATIC, "embed.js", mimetype="text/javascript", max_age=_HOUR_SECONDS)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _frame_page(slug: str, form: SignForm) -> str:
    view = published(campaign_by_slug, slug, current_language())
    count = shown_count(view.id)
    return render_template(
        "embed/frame.html",
        campaign=view,
        count=count.total,
        on_paper=count.on_paper,
        form=form,
        errors=form.error_list(),
        form_action=url_for("embed.sign", slug=slug, lang=current_language(), theme=_theme()),
        country_options=country_options(current_language(), form.country.data or ""),
        why_closed=why_closed(view),
        theme=_theme(),
    )


def _theme() -> str:
    theme = request.args.get("theme", "auto")
    return theme if theme in _THEMES else "auto"
