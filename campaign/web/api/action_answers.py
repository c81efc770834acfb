"""Turns news and letters into the shapes of the API."""

from flask import url_for

from campaign.campaigns.queries import CampaignView
from campaign.core.markdown import render_markdown
from campaign.letters.queries import LetterText, LetterView
from campaign.updates.queries import AT_ONCE, UpdatePage, UpdateView
from campaign.web.api import action_schemas as shapes
from campaign.web.api.answers import link
from campaign.web.api.case_answers import source_answer
from campaign.web.api.conversation_schemas import PageLinks
from campaign.web.i18n import current_language


def updates_answer(view: CampaignView, page: UpdatePage, *, after: str | None) -> shapes.Updates:
    """The page of news that is older than `after`."""
    cursor = page.older_than
    return shapes.Updates(
        per_page=AT_ONCE,
        links=PageLinks(
            self=link("updates", slug=view.slug, after=after),
            next=link("updates", slug=view.slug, after=cursor) if cursor else None,
            up=link("campaign", slug=view.slug),
        ),
        embedded=shapes.EmbeddedUpdates(updates=[_update(view, update) for update in page.updates]),
    )


def letters_answer(view: CampaignView, letters: list[tuple[LetterView, int | None]]) -> shapes.Letters:
    """Letters, each with how often it was sent."""
    return shapes.Letters(
        total_records=len(letters),
        links=shapes.LettersLinks(self=link("letters", slug=view.slug), up=link("campaign", slug=view.slug)),
        embedded=shapes.EmbeddedLetters(letters=[_letter(view, letter, sent) for letter, sent in letters]),
    )


def _update(view: CampaignView, update: UpdateView) -> shapes.Update:
    home = url_for("public.updates", lang=current_language(), slug=view.slug, _external=True)
    return shapes.Update(
        key=update.key,
        date=update.day,
        modified_date=update.changed_at.date(),
        language=update.language,
        title=update.title,
        description=render_markdown(update.body),
        browser_url=f"{home}#update-{update.key}",
        sources=[source_answer(source) for source in update.sources],
    )


def _letter(view: CampaignView, letter: LetterView, sent: int | None) -> shapes.ModelLetter:
    return shapes.ModelLetter(
        key=letter.key,
        office=letter.office,
        postal_address=letter.address,
        email=letter.email,
        texts=[_text(text) for text in letter.versions],
        translation=_text(letter.beside) if letter.beside else None,
        letters_sent=sent,
        browser_url=url_for("public.letter", lang=current_language(), slug=view.slug, key=letter.key, _external=True),
        sources=[source_answer(source) for source in letter.sources],
    )


def _text(text: LetterText) -> shapes.LetterText:
    return shapes.LetterText(language=text.language, subject=text.subject, body=text.body)
