"""What public templates get that takes more than one query: a typed value per page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from campaign.campaigns.queries import CampaignView, EventView, campaign_events
from campaign.cases.queries import CaseView, case_of, cases_of_all
from campaign.letters.queries import LetterView, letters_of
from campaign.sealing.queries import OpenEpoch, current_epoch
from campaign.updates.queries import UpdateView, updates_of
from campaign.web.editions import made_once, published, shown_count
from campaign.web.i18n import current_language
from campaign.web.key_changes import is_pinned
from campaign.web.public.voices import Voices, voices
from campaign.web.services import services

# How much news stands on the campaign's own page.
_NEWS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """One campaign on the first page; `case` is None for a petition."""

    campaign: CampaignView
    case: CaseView | None
    count: int


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """Everything on a campaign's page but its form. Of `count` were `on_paper`. `why_closed` is None while open.

    `news` are the newest updates, and `letters` those that supporters can send now.
    """

    campaign: CampaignView
    events: tuple[EventView, ...]
    case: CaseView | None
    news: tuple[UpdateView, ...]
    letters: tuple[LetterView, ...]
    count: int
    on_paper: int
    why_closed: str | None
    translation_missing: bool
    voices: Voices


def campaign_page(campaign: CampaignView, *, today: date) -> CampaignPage:
    """The page of one campaign."""
    language, count = current_language(), shown_count(campaign.id)

    def content() -> dict[str, Any]:
        return {
            "events": tuple(published(campaign_events, campaign.id, language)),
            "case": published(case_of, campaign.id, language, today=today),
            "news": published(updates_of, campaign.id, language, limit=_NEWS_SHOWN),
            "letters": open_letters(campaign),
            "voices": voices(campaign),
        }

    return CampaignPage(
        campaign=campaign,
        count=count.total,
        on_paper=count.on_paper,
        why_closed=why_closed(campaign),
        translation_missing=campaign.language != language,
        # Looked up as one: one by one would be a fourteenth of what a page takes.
        **made_once(("content", campaign.id, language, today), content),
    )


def open_letters(campaign: CampaignView) -> tuple[LetterView, ...]:
    """The letters that supporters can send now; none once the campaign is closed."""
    return published(letters_of, campaign.id, current_language()) if campaign.state == "open" else ()


def why_closed(campaign: CampaignView) -> str | None:
    """`closed`, `no_key`, `other_key` (it is not the pinned one), or None if it can be signed."""
    if campaign.state != "open":
        return "closed"
    if open_epoch() is not None:
        return None
    return "no_key" if _epoch() is None else "other_key"


def open_epoch() -> OpenEpoch | None:
    """The key that signatures are sealed to, if there is one and it is the one pinned outside the database."""
    epoch = _epoch()
    return epoch if epoch is not None and is_pinned(epoch.public_key) else None


def _epoch() -> OpenEpoch | None:
    return published(current_epoch, is_demo=services().config.is_demo)


def listings(campaigns: list[CampaignView], *, today: date) -> list[Listing]:
    """The campaigns of the first page."""
    cases = published(cases_of_all, current_language(), today=today)
    return [Listing(campaign, cases.get(campaign.id), shown_count(campaign.id).total) for campaign in campaigns]
