"""The forms with which a campaign is begun, opened and closed."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from campaign.editing.campaigns import NewCampaign
from campaign.web.organize.checklist_form import ChecklistForm
from campaign.web.organize.text_forms import TextForm


class NewCampaignForm(TextForm):
    """A first text, with an address and a kind."""

    slug = StringField(_l("Address"))
    kind = SelectField(_l("Kind"), default="petition", validate_choice=False)
    communities = SelectField(_l("Communities a signer may name"), default="", validate_choice=False)

    def offer(self, campaigns: list[Any]) -> None:
        """Fill the choices."""
        self.kind.choices = [("petition", gettext("petition")), ("solidarity", gettext("case"))]
        self.communities.choices = [
            ("", gettext("none")),
            *((view.slug, gettext("the same as: %(title)s", title=view.title)) for view in campaigns),
        ]

    def new_campaign(self) -> NewCampaign:
        """What was typed, to be checked."""
        return NewCampaign(
            slug=(self.slug.data or "").strip(),
            kind=self.kind.data or "",
            text=self.content(),
            reason=gettext("The first text"),
            communities_of=self.communities.data or "",
        )


class StateForm(ChecklistForm):
    """Why a campaign is opened or closed. The checklist is asked before a case is opened."""

    why = StringField(_l("Why"))
