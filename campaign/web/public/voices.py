"""What people and organizations say on a campaign's own page: a few of each, and whether there are more."""

from dataclasses import dataclass

from campaign.campaigns.queries import CampaignView
from campaign.conversation.queries import (
    EndorsementsPage,
    MessagesPage,
    message_languages,
    number_of_endorsements,
    shown_endorsements,
    shown_messages,
)
from campaign.web.editions import published
from campaign.web.i18n import current_language

# A campaign's page stays light; the rest has pages of its own.
_MESSAGES, _ENDORSEMENTS = 3, 12


@dataclass(frozen=True, slots=True)
class Voices:
    """The newest messages in the language of the page and the newest endorsements; how many there are in all.

    `elsewhere`: the other languages in which there are messages, each with how many.
    """

    messages: MessagesPage
    number_of_messages: int
    elsewhere: tuple[tuple[str, int], ...]
    endorsements: EndorsementsPage
    number_of_endorsements: int
    may_endorse: bool


def voices(view: CampaignView) -> Voices:
    """What is public of one campaign."""
    language = current_language()
    numbers = published(message_languages, view.id)
    return Voices(
        messages=published(shown_messages, view.id, language, limit=_MESSAGES),
        number_of_messages=dict(numbers).get(language, 0),
        elsewhere=tuple((code, number) for code, number in numbers if code != language),
        endorsements=published(shown_endorsements, view.id, limit=_ENDORSEMENTS),
        number_of_endorsements=published(number_of_endorsements, view.id),
        may_endorse=view.state == "open",
    )
