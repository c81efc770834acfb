"""The settings of a campaign: communities, how long signatures are kept, its place, where its text is from.

Whoever shortens the time after which signatures are erased is told when they go, and says so before it is saved.
"""

from dataclasses import replace
from datetime import date

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from campaign.core.clock import utc_now
from campaign.core.db import db
from campaign.editing.queries import RevisionView
from campaign.editing.settings import known_communities
from campaign.seeding.rows import Content
from campaign.signing.purging import retention_of, was_signed
from campaign.web.organize.case_shapes import sources_shape
from campaign.web.organize.content_forms import Field, Rows, Shape
from campaign.web.organize.rules import allowed, this_campaign
from campaign.web.organize.shape_editing import Page, filled_page, part_page, saved_draft, sent_page

SHAPE: Shape = (
    Rows(
        "communities",
        _l("Communities a signer may name"),
        _l("Community"),
        _l("One more community"),
        (Field("label", "local_line", _l("What it is called")),),
        _l(
            "Asked once somebody confirms, counted apart, and published from ten upwards. One that is taken out is not "
            "asked any more; those who named it go on counting."
        ),
        is_keyed=True,
    ),
    Field(
        "retention_months",
        "number",
        _l("Months that signatures are kept"),
        _l("From when it can be signed no more: 1 to 120. Then all is erased but their number."),
    ),
    Field(
        "position",
        "number",
        _l("Place among the campaigns"),
        _l("Those with smaller numbers stand first: 1 to 1000."),
    ),
    replace(
        sources_shape(_l("Where the text was published first"), "original_sources"), most=1, add=_l("Name the source")
    ),
)


@allowed("editor")
def edit_settings(slug: str) -> ResponseReturnValue:
    """Change them, as a draft that a second person publishes."""
    if request.method == "GET":
        return _answer(filled_page("about", SHAPE, {}))
    page, do = sent_page("about", SHAPE, taken=known_communities(db.session(), this_campaign().id))
    if do == "rows":
        return _answer(page)
    if erased_on(page.content) and not page.form.agreed.data:
        page.form.agreed.errors = [gettext("Read what this does to the signatures, and tick that you have.")]
        return _answer(page, 400)
    saved = saved_draft(page, "about", is_ready=do == "review")
    return _answer(page, saved) if isinstance(saved, int) else saved


def erased_on(content: Content) -> date | None:
    """The day on which signatures would be erased, where these settings let them go sooner than they would now."""
    typed = str(content.get("retention_months", ""))
    months = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    kept = retention_of(db.session(), this_campaign().id)
    is_plain_draft = kept.state == "draft" and not was_signed(db.session(), kept.campaign_id)
    if is_plain_draft or not 0 < months < kept.months:
        return None
    until = kept.until_with(months, now=utc_now())
    return until.date() if until else None


def erased_by(revision: RevisionView) -> date | None:
    """The same for a revision: one to be published, or an older one to go back to."""
    return erased_on(revision.content) if revision.part == "about" and revision.content else None


def _answer(page: Page, status: int = 200) -> ResponseReturnValue:
    view = this_campaign()
    return part_page(
        page,
        status,
        template="organize/settings.html",
        erased_on=erased_on(page.content),
        is_fixed=view.state != "draft",
    )
