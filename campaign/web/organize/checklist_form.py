"""The publication checklist as part of a form: answers, what is missing, and what to do after a wrong one.

A form that publishes something about a person inherits from `ChecklistForm`; its template calls the macro of
`organize/checklist.html`; its action is given `answers()`.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import StringField

from campaign.editing.checklist import QUESTIONS, problems_of
from campaign.web.words import CHECKLIST


class ChecklistForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A question each; nothing is ticked beforehand."""

    endangers = StringField(CHECKLIST["endangers"].question)
    contact = StringField(CHECKLIST["contact"].question)
    allegations = StringField(CHECKLIST["allegations"].question)
    consent = StringField(CHECKLIST["consent"].question)

    def answers(self) -> dict[str, str]:
        """What was answered so far, by question."""
        return {name: self[name].data or "" for name in QUESTIONS}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        problems = problems_of(self.answers())
        for name, problem in problems.items():
            said = gettext("Answer this question.") if problem == "missing" else str(CHECKLIST[name].next_step)
            self[name].errors = [*self[name].errors, said]
        return is_valid and not problems
