"""What is asked before something about a person is published: each question has one answer that lets it pass.

The words, and what to do after the other answer, are in `web/words.py`; `templates/organize/checklist.html` shows them.
The answers say nothing of anybody, so they may stand with a revision and in the audit log as they are.
"""

from collections.abc import Mapping
from typing import Literal

from campaign.core.errors import Refused

ANSWERS = ("yes", "no")
# Could it put somebody in danger? Does it hold contact data of a private person? Is what is not proven said as
# somebody's word? Does what is known of the person's wishes cover it? Yes is not always the good answer: a row of four
# same crosses would be made without reading.
QUESTIONS: Mapping[str, str] = {"endangers": "no", "contact": "no", "allegations": "yes", "consent": "yes"}
Problem = Literal["missing", "wrong"]


class Unfit(Refused):
    """It may not be published. `problems` says which questions are not answered, or not as they would have to be."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__(f"not published: see {', '.join(problems)} of the checklist")
        self.problems = problems


def problems_of(answers: Mapping[str, str]) -> dict[str, Problem]:
    """What stands against publishing, by question; nothing if all is well. An answer that is none counts as missing."""
    found: dict[str, Problem] = {}
    for question, good in QUESTIONS.items():
        answer = answers.get(question)
        if answer != good:
            found[question] = "wrong" if answer in ANSWERS else "missing"
    return found


def check_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to all questions and to nothing else, in their order, to be kept. Raises Unfit."""
    if problems := problems_of(answers):
        raise Unfit(problems)
    return {question: answers[question] for question in QUESTIONS}


def written(answers: Mapping[str, str]) -> str:
    """The answers as the audit log keeps them: `endangers=no contact=no …`."""
    return " ".join(f"{question}={answers[question]}" for question in QUESTIONS)
