"""What a key needs from people: a second way to open it, a change now and then, and that phrases are tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaign.sealing.queries import Holder, KeyView, all_keys

ROTATE_AFTER_DAYS = 90
TRY_AFTER_DAYS = 30


@dataclass(frozen=True, slots=True)
class KeyCare:
    """The key in use (None: there is none), and what is due with it."""

    key: KeyView | None
    is_alone: bool = False
    has_lost_holder: bool = False
    is_old: bool = False
    untried: tuple[Holder, ...] = ()


def key_care(session: Session, *, is_demo: bool, now: datetime) -> KeyCare:
    """What is due with the key that signatures are sealed to. Of a demo's key nothing is."""
    found = next((key for key in all_keys(session, is_demo=is_demo) if key.retired_at is None), None)
    if found is None or is_demo:
        return KeyCare(found)
    return KeyCare(
        key=found,
        is_alone=not found.is_safe_from_loss,
        has_lost_holder=found.holder_left_at is not None,
        is_old=found.created_at < now - timedelta(days=ROTATE_AFTER_DAYS),
        untried=tuple(holder for holder in found.holders if is_untried(found, holder, now=now)),
    )


def is_untried(key: KeyView, holder: Holder, *, now: datetime) -> bool:
    """Whether it is a month since this holder last opened something. Typing a phrase back counts as the first time."""
    last = holder.tried_at or holder.added_at or key.created_at
    return last < now - timedelta(days=TRY_AFTER_DAYS)
