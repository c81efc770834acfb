"""The key that signatures are sealed to: whether it is the pinned one, and whether it will open when it has to."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from campaign.config import Config
from campaign.doctor.findings import Finding
from campaign.sealing.care import ROTATE_AFTER_DAYS, TRY_AFTER_DAYS, KeyCare, key_care
from campaign.sealing.pin import Pin, PinState
from campaign.sealing.queries import endorsements


def examine_seals(session: Session, config: Config, *, now: datetime) -> Iterator[Finding]:
    """The key in use. Pins none that is not pinned."""
    care = key_care(session, is_demo=config.is_demo, now=now)
    if care.key is None:
        yield Finding("no key: signing is not open", "who signs is sealed to it", "run `campaign keys new`")
        return
    pin = Pin(config.instance, is_demo=config.is_demo, key=_tags_key(config))
    state = pin.state(care.key.public_key)
    if pin.leads_to(care.key.public_key, endorsements(session, is_demo=config.is_demo)):
        # Changed at another machine; a process that runs here moves the pin on as soon as it looks.
        state = PinState.SAME
    yield _pinned(state, care.key.fingerprint, f"keys/{pin.path.name}")
    if not config.is_demo:
        yield from _care(care)


def _tags_key(config: Config) -> bytes:
    """`tags.key` if it is there and whole; what is the matter with it is said elsewhere. Makes none."""
    try:
        return bytes.fromhex((config.instance / "keys" / "tags.key").read_text("ascii").strip())
    except (OSError, ValueError):
        return b""


def _pinned(state: PinState, fingerprint: str, name: str) -> Finding:
    if state is PinState.OTHER:
        return Finding(
            f"the database's key {fingerprint} is not the pinned one: nobody can sign",
            "whoever changed it in the database would read everybody who signs",
            "compare the fingerprint with the paper copy. If it is another, somebody has written to the database: "
            "change its password and run `campaign keys rotate`. If it is the same, as after a restore, run `campaign "
            "keys pin`",
        )
    if state is PinState.UNREADABLE:
        return Finding(
            f"{name} is damaged or cannot be read: nobody can sign",
            "without it nobody can tell whether the database's key was changed",
            "check its owner and mode; or compare the fingerprint with the paper copy, and run `campaign keys pin`",
        )
    return Finding(
        f"signatures are sealed to key {fingerprint}" + (", not yet pinned" if state is PinState.NONE else "")
    )


def _care(care: KeyCare) -> Iterator[Finding]:
    if care.is_alone:
        yield Finding(
            "the key has one holder and no paper copy",
            "if that phrase is lost, no list can ever be opened again",
            "add a holder or make a paper copy: at the desk under Keys, or with `campaign keys wrap --holder NAME` or "
            "`campaign keys paper --out FILE`",
        )
    if care.has_lost_holder:
        yield Finding(
            "a holder of the key was removed since it was made",
            "who once had a phrase may have kept the key, and opens lists with it",
            "run `campaign keys rotate`: who signs from then on is sealed to a new key",
        )
    elif care.is_old:
        yield Finding(
            f"the key is more than {ROTATE_AFTER_DAYS} days old",
            "whoever got hold of it opens everything that was ever sealed to it; a new one bounds that",
            "run `campaign keys rotate`",
        )
    if care.untried:
        yield Finding(
            f"holders of the key who have not tried it for {TRY_AFTER_DAYS} days: {len(care.untried)}",
            "a phrase that was lost is found out on the day the list is needed",
            "let each of them try their phrase at the desk under Keys, or with `campaign keys try`",
        )
