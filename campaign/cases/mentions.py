"""Where else somebody is named: what is hidden in one place is often said in another."""

import json
import uuid
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaign.campaigns.models import CampaignEvent, CampaignText
from campaign.campaigns.queries import CampaignView, all_campaigns
from campaign.cases.models import Case


def named_elsewhere(session: Session, campaign: CampaignView, language: str) -> list[CampaignView]:
    """The other public campaigns that name the person of this one, in any language and spelling, or link to its page.

    Reads the newest version of every text. Finds spellings that the case lists; another one it cannot know.
    """
    wanted = [*_names(session, campaign.id), f"/{campaign.slug}"]
    return [
        other
        for other in all_campaigns(session, language)
        if other.id != campaign.id
        and other.state != "draft"
        and not other.is_hidden
        and _holds(wanted, "\n".join(_said(session, other.id)))
    ]


def _names(session: Session, campaign_id: uuid.UUID) -> list[str]:
    case = session.get(Case, campaign_id)
    return [name for script in (case.names if case else []) for name in (script["shown"], *script["also"])]


def _holds(wanted: list[str], text: str) -> bool:
    folded = text.casefold()
    return any(name.casefold() in folded for name in wanted)


def _said(session: Session, campaign_id: uuid.UUID) -> Iterator[str]:
    newest: dict[str, CampaignText] = {}
    versions = select(CampaignText).where(CampaignText.campaign_id == campaign_id).order_by(CampaignText.version)
    for text in session.scalars(versions):
        newest[text.language] = text
    for text in newest.values():
        if text.retired_at is None:
            yield from (text.title, text.summary, text.ask, text.addressee, text.notice or "", text.body)
    for event in session.scalars(select(CampaignEvent).where(CampaignEvent.campaign_id == campaign_id)):
        yield from map(_written, (event.summary, event.disagreement, event.accounts))
    if case := session.get(Case, campaign_id):
        yield from map(_written, (case.names, case.status_line, case.demands, case.related))


def _written(texts: object) -> str:
    return json.dumps(texts, ensure_ascii=False)
