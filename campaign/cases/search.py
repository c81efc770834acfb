"""Finding a campaign by what it is called, and a person by every spelling of the name that the case knows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.queries import readable_campaigns
from campaign.cases.models import Case
from campaign.core.search_words import findable, is_found


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """The words by which each campaign is found, in the order of the campaigns. Kept as long as the edition is."""

    words: tuple[tuple[uuid.UUID, frozenset[str]], ...]

    def find(self, query: str) -> tuple[uuid.UUID, ...]:
        """The campaigns that have each word of the query in a title, a summary or a name, in any language."""
        return tuple(campaign_id for campaign_id, words in self.words if is_found(query, words))


def search_index(session: Session, languages: Sequence[str]) -> SearchIndex:
    """All campaigns with a public page, in all languages of the site. Whoever is not shown is not found."""
    texts: dict[uuid.UUID, list[str]] = {}
    for language in languages:
        for view in readable_campaigns(session, language):
            texts.setdefault(view.id, []).extend((view.title, view.summary, view.addressee))
    for case in session.scalars(select(Case).where(Case.campaign_id.in_(texts))):
        texts[case.campaign_id] += [spelling for name in case.names for spelling in (name["shown"], *name["also"])]
        texts[case.campaign_id] += [name for person in case.related for name in person["name"].values()]
    return SearchIndex(
        tuple((key, frozenset(word for text in found for word in findable(text))) for key, found in texts.items())
    )
