"""Turns messages and endorsements into the shapes of the API."""

from campaign.campaigns.queries import CampaignView
from campaign.conversation.queries import ENDORSEMENTS_A_PAGE, MESSAGES_A_PAGE, EndorsementsPage, MessagesPage
from campaign.web.api import conversation_schemas as schemas
from campaign.web.api.answers import link


def messages_answer(view: CampaignView, page: MessagesPage, *, total: int, after: str | None) -> schemas.Messages:
    """The page of messages behind the cursor `after`."""
    return schemas.Messages(
        per_page=MESSAGES_A_PAGE,
        total_records=total,
        links=_links("messages", view, page.next_cursor, after),
        embedded=schemas.EmbeddedMessages(
            messages=[
                schemas.Message(
                    text=message.text,
                    language=message.language,
                    public_name=message.name,
                    has_reservation=message.has_reservation,
                    date=message.shown_on,
                )
                for message in page.messages
            ]
        ),
    )


def endorsements_answer(
    view: CampaignView, page: EndorsementsPage, *, total: int, after: str | None
) -> schemas.Endorsements:
    """The page of endorsements behind the cursor `after`."""
    return schemas.Endorsements(
        per_page=ENDORSEMENTS_A_PAGE,
        total_records=total,
        links=_links("endorsements", view, page.next_cursor, after),
        embedded=schemas.EmbeddedEndorsements(
            endorsements=[
                schemas.Endorsement(
                    name=endorsement.name,
                    country=endorsement.country or None,
                    url=endorsement.url or None,
                    statement=endorsement.statement,
                    language=endorsement.language,
                    date=endorsement.shown_on,
                )
                for endorsement in page.endorsements
            ]
        ),
    )


def _links(name: str, view: CampaignView, cursor: str | None, after: str | None) -> schemas.PageLinks:
    return schemas.PageLinks(
        self=link(name, slug=view.slug, after=after),
        next=link(name, slug=view.slug, after=cursor) if cursor else None,
        up=link("campaign", slug=view.slug),
    )
