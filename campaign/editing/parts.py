"""What a part of a campaign's content is to the desk: how it is read, checked and made what is published.

A *content* is what the part's seed file says, with sources written out (`seeding/rows.py`); None is a part taken down.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from campaign.core.errors import Invalid
from campaign.seeding.places import Location
from campaign.seeding.rows import Content


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake at a `place` of a content (`("sources", 0, "url")`). `rule` names it for the words of a page.

    `rule` is one of pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/) or one of ours;
    `sentence` says it in English; `limit` is the longest or least that is allowed, where the rule has a number.
    """

    place: Location
    rule: str
    sentence: str
    limit: int | None = None


class Mistakes(Invalid):
    """All mistakes of a content at once; nothing was written."""

    def __init__(self, wrong: list[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("\n".join(f"{'.'.join(map(str, each.place))}: {each.sentence}" for each in wrong))


class Check(Protocol):
    def __call__(
        self, session: Session, campaign_id: uuid.UUID, key: str, content: Content | None, /, *, today: date
    ) -> Content | None: ...


@dataclass(frozen=True, slots=True)
class PartKind:
    """One kind of part. `key` is what stands behind the colon of a part's name, empty where there is none.

    `keys` lists those that are published. `read` gives what is published, None if nothing is. `check` gives the content
    as it would be read again, or raises Mistakes or Refused. `write` makes a checked content what is published and
    marks it as edited, so that seeds leave it alone; it is given `now` last.
    """

    keys: Callable[[Session, uuid.UUID], list[str]]
    read: Callable[[Session, uuid.UUID, str], Content | None]
    check: Check
    write: Callable[..., None]
