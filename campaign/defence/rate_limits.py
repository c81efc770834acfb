"""How often something may happen, counted by all processes together under tags that name nobody.

Each process counts in memory and writes down what it counted after every few hits: a signature costs no transaction for
its limits, no two signers write the same row, and a network that few people sign from is never written down at all.
"""

import hashlib
import hmac
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from campaign.core.db import db, insert_if_new, unseen_transaction
from campaign.defence.daily_keys import DailyKeys
from campaign.defence.models import RateCounter

# What one process counts at a time of one limit, about 300 bytes each. Past it, it starts afresh.
MOST_COUNTED_AT_ONCE = 100_000
log = logging.getLogger("campaign.defence")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `hits` of one thing in each window of `seconds`; windows begin at full multiples since 1970.

    A process writes down every `step` hits. With 1 the limit is exact. With more, what happens less often is never
    written down, and N processes together let through at most `N * (step - 1)` more.

    Where mail may wait instead, it leaves at `held_a_minute` (see `waiting_line`).
    """

    name: str
    hits: int
    seconds: int
    step: int = 1
    held_a_minute: int = 0

    def window(self, now: datetime) -> int:
        return int(now.timestamp()) // self.seconds

    def window_ends(self, now: datetime) -> datetime:
        return datetime.fromtimestamp((self.window(now) + 1) * self.seconds, UTC)


_QUARTER, _TEN_MINUTES, _DAY = 15 * 60, 10 * 60, 24 * 3600
# Few for one account from one network; many for the account alone, so that a stranger cannot lock an organizer out.
LOGIN_BY_BOTH = Limit("login by both", 10, _QUARTER)
LOGIN_BY_NETWORK = Limit("login by network", 30, _QUARTER)
LOGIN_BY_ACCOUNT = Limit("login by account", 200, _QUARTER)
# A code of six digits is guessed once in 300,000 tries while three of them are good.
FACTOR_BY_ACCOUNT = Limit("factor by account", 10, _QUARTER)
# One signature in ten seconds is a busy stall on one wireless network, a campus, a Tor exit. Past it people wait for
# their browser for a second, or for their mail, so it may be too low for a crowd; and no flood worth the name is lower.
SIGN_BY_NETWORK = Limit("sign by network", 60, _TEN_MINUTES, step=6, held_a_minute=10)
# A thousand a second: thirty times the busiest minute of the UK Parliament's busiest petition (2,000 in March 2019).
SIGN_BY_CAMPAIGN = Limit("sign by campaign", 60_000, 60, step=600, held_a_minute=6_000)
# Nobody needs many; but all who share a network may learn on one day that a campaign was attacked.
MANAGE_BY_NETWORK = Limit("manage by network", 20, _TEN_MINUTES, step=2, held_a_minute=10)
# Organizations are few. Past it their form asks for the same as the others.
ENDORSE_BY_NETWORK = Limit("endorse by network", 10, _TEN_MINUTES, step=2, held_a_minute=5)
ENDORSE_BY_CAMPAIGN = Limit("endorse by campaign", 120, 3600, step=4, held_a_minute=5)
# Nobody rewrites a message more often; each time leaves an entry in the list of erasures.
MESSAGE_BY_SIGNATURE = Limit("message by signature", 20, _DAY, step=5)
# Old mails hold links that work no more. A machine that guesses needs 2^128 tries; this tells it to stop.
BAD_LINK_BY_NETWORK = Limit("bad link by network", 120, _TEN_MINUTES, step=12)
# A letter sent is a number going up: no mail, no row about anybody. Whoever comes too often is just not counted.
LETTER_BY_NETWORK = Limit("letter by network", 20, _TEN_MINUTES, step=2)
LETTER_BY_CAMPAIGN = Limit("letter by campaign", 600, _TEN_MINUTES, step=20)
# However many campaigns somebody else fills an address in at. Workers count, as they send.
MAIL_BY_MAILBOX = Limit("mail by mailbox", 10, _DAY, step=2)
# More than any group has people to invite on one day; and who never answers is not written to again and again.
INVITE_BY_ORGANIZER = Limit("invite by organizer", 30, _DAY)
INVITE_BY_MAILBOX = Limit("invite by mailbox", 3, _DAY)


@dataclass(slots=True)
class _Count:
    """`own` hits of this process, how many of them are `written` down, and `others` as last heard of."""

    own: int = 0
    written: int = 0
    others: int = 0


@dataclass(slots=True)
class _Window:
    number: int
    counts: dict[bytes, _Count] = field(default_factory=dict)


class RateLimits:
    """What entry points ask: may this go on? Every question counts as a hit."""

    def __init__(self, keys: DailyKeys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._windows: dict[str, _Window] = {}

    def allows(self, limit: Limit, *what: str | bytes, now: datetime) -> bool:
        """Count one more of `what`, e.g. (login, network); whether that is within the limit."""
        tag = self.tag(limit.name, limit.window(now), *what, now=now)
        if limit.step == 1:
            return _write_down(limit, tag, 1, now) <= limit.hits
        with self._lock:
            count = self._count(limit, tag, now)
            count.own += 1
            place = count.own
            if count.own - count.written < limit.step:
                return place + count.others <= limit.hits
        # On SQLite an open read would keep the others from committing for as long as this one waits.
        db.session.rollback()
        with self._writing:
            # Whoever waited here may find their hit written down with those before.
            if count.written < place:
                hits = count.own - count.written
                total = _write_down(limit, tag, hits, now)
                count.written += hits
                count.others = total - count.written
            # Before others come, who would seem to have been there first.
            return place + count.others <= limit.hits

    def seconds_to_wait(self, limit: Limit, *, now: datetime) -> int:
        """How long until the window ends, at least 1."""
        return max(1, round((limit.window_ends(now) - now).total_seconds()))

    def tag(self, *what: str | bytes | int, now: datetime) -> bytes:
        """HMAC-SHA256 of `what` under the key of the day."""
        return hmac.digest(self._keys.of(now.date()), repr(what).encode(), hashlib.sha256)

    def _count(self, limit: Limit, tag: bytes, now: datetime) -> _Count:
        """Call with the lock held."""
        window, number = self._windows.get(limit.name), limit.window(now)
        if window is None or number > window.number or len(window.counts) >= MOST_COUNTED_AT_ONCE:
            window = self._windows[limit.name] = _Window(number)
        return window.counts.setdefault(tag, _Count())


def forget_old_hits(session: Session, *, now: datetime) -> None:
    """Delete counters whose window is over."""
    session.execute(delete(RateCounter).where(RateCounter.expires_at <= now))


def _write_down(limit: Limit, tag: bytes, hits: int, now: datetime) -> int:
    """Add to what all processes counted; the sum. Commits by itself: who is refused has tried all the same."""
    with unseen_transaction() as session:
        insert_if_new(session, RateCounter, {"tag": tag, "hits": 0, "expires_at": limit.window_ends(now)})
        added = update(RateCounter).where(RateCounter.tag == tag).values(hits=RateCounter.hits + hits)
        total: int = session.execute(added.returning(RateCounter.hits)).scalar_one()
    if total - hits <= limit.hits < total:
        log.warning("more than %d in %d seconds: %s", limit.hits, limit.seconds, limit.name)
    return total
