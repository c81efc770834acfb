"""A campaign's news, all of it on pages of its own."""

import re

from flask import render_template, request
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import campaign_by_slug
from campaign.core.db import db
from campaign.updates.queries import page_of_updates
from campaign.web.addresses import SlugConverter
from campaign.web.editions import published
from campaign.web.headers import cacheable
from campaign.web.i18n import current_language
from campaign.web.public.letters import blueprint as blueprint


@blueprint.get("/<language:lang>/<slug:slug>/updates")
@cacheable
def updates(slug: str) -> ResponseReturnValue:
    """The newest first; `?older=` goes on below the one it names."""
    view = published(campaign_by_slug, slug, current_language())
    asked = request.args.get("older", "")
    # What is no key begins at the top.
    older_than = asked if re.fullmatch(SlugConverter.regex, asked) else None
    page = page_of_updates(db.session(), view.id, current_language(), older_than=older_than)
    return render_template("public/updates.html", campaign=view, page=page, is_first_page=older_than is None)
