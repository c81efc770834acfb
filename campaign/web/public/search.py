"""Finding campaigns and people: a form that sends its question in the address, and a page that is kept nowhere."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from campaign.campaigns.queries import readable_campaigns
from campaign.cases.search import search_index
from campaign.core.clock import utc_now
from campaign.core.search_words import LONGEST_QUERY
from campaign.web.editions import published
from campaign.web.i18n import current_language, current_site
from campaign.web.public.contexts import listings
from campaign.web.public.feeds import blueprint as blueprint


@blueprint.get("/<language:lang>/search")
def search() -> ResponseReturnValue:
    """Campaigns whose words or people's names, in any script and spelling, begin with what was typed."""
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    # As it was read, so that nothing else of the address goes along to another language.
    g.page_query = {"q": query} if query else {}
    found = set(published(search_index, current_site().languages).find(query))
    views = [view for view in published(readable_campaigns, current_language()) if view.id in found]
    return render_template("public/search.html", query=query, listings=listings(views, today=utc_now().date()))
