"""Solves the tasks that forms ask for, as a browser's script does."""

import json
from typing import Any

from altcha import Challenge, Payload, Solution, solve_challenge

from tests.page import Page


def solve(task: str) -> str:
    """What the script puts into the field `altcha`."""
    challenge = Challenge.from_dict(json.loads(task))
    solution = solve_challenge(challenge)
    assert isinstance(solution, Solution)
    return Payload(challenge, solution).to_base64()


def task_on(page: Page) -> str:
    """The task of a form that came back with a question."""
    return next(task for element in page.elements if (task := element.get("data-task")))


def altered(solution: str, **changes: Any) -> str:
    """A solution whose task says something else."""
    payload = Payload.from_base64(solution)
    for name, value in changes.items():
        setattr(payload.challenge.parameters, name, value)
    return payload.to_base64()
