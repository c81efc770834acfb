"""What has changed in a campaign's text since somebody first signed it: each version against the one before."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from flask import render_template
from flask.typing import ResponseReturnValue

from campaign.campaigns.models import CampaignText
from campaign.campaigns.queries import CampaignView, campaign_by_slug
from campaign.campaigns.texts import text_versions
from campaign.core.db import db
from campaign.counting.queries import first_hour
from campaign.editing.differences import Change, differences
from campaign.seeding.rows import TEXT_FIELDS
from campaign.signing.queries import OwnSignature
from campaign.web.editions import made_once, published
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language, current_site
from campaign.web.public.views import blueprint


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version, when it was published, and what it changed."""

    version: int
    written_at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class SignedText:
    """The version somebody signed, by language; `is_newest` if nothing has changed since."""

    version: int
    language: str
    written_at: datetime
    is_newest: bool


@blueprint.get("/<language:lang>/<slug:slug>/changes")
@cacheable
def changes(slug: str) -> ResponseReturnValue:
    """Every version since the first signature, the newest first."""
    view = published(campaign_by_slug, slug, current_language())
    since = first_hour(db.session(), view.id)
    versions = made_once(("changes", view.id, view.language, since), lambda: _new_versions(view, since))
    return render_template("public/changes.html", campaign=view, versions=versions)


def signed_text(signature: OwnSignature, view: CampaignView) -> SignedText | None:
    """Which text a signature is under. Where the page had no text in its language, it showed the site's first one."""
    for language in (signature.language, current_site().languages[0]):
        versions = text_versions(db.session(), view.id, language)
        found = next((row for row in versions if row.version == signature.text_version), None)
        if found is not None:
            return SignedText(found.version, language, found.written_at, found.version == versions[-1].version)
    return None


def _new_versions(view: CampaignView, since: datetime | None) -> tuple[NewVersion, ...]:
    """None while nobody has signed: until then a text is a draft that happens to be public."""
    if since is None:
        return ()
    rows = text_versions(db.session(), view.id, view.language)
    found = [
        NewVersion(new.version, new.written_at, tuple(differences(_said(old), _said(new))))
        for old, new in pairwise(rows)
        if new.written_at >= since
    ]
    return tuple(found[::-1])


def _said(row: CampaignText) -> dict[str, str | None]:
    return {name: getattr(row, name) for name in TEXT_FIELDS}
