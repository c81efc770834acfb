"""Rate limits shared by all processes, kept in the database under tags that name nobody."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.core.clock import utc_now
from campaign.core.db import insert_if_new, transaction
from campaign.defence.models import RateCounter

# Few for one account from one network; many for the account alone, so that a stranger cannot lock an organizer out.
LOGIN_BY_BOTH = parse("10 per 15 minutes")
LOGIN_BY_NETWORK = parse("30 per 15 minutes")
LOGIN_BY_ACCOUNT = parse("200 per 15 minutes")


class SharedCounters(Storage):
    """Storage of `limits` on our own table. A hit commits by itself: a refused request still counts."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        tag, now = self._tag(key), utc_now()
        with transaction() as session:
            forget_old_hits(session, now=now)
            values = {"tag": tag, "hits": 0, "expires_at": now + timedelta(seconds=expiry)}
            insert_if_new(session, RateCounter, values)
            hits: int = session.execute(
                update(RateCounter)
                .where(RateCounter.tag == tag)
                .values(hits=RateCounter.hits + amount)
                .returning(RateCounter.hits)
            ).scalar_one()
            return hits

    def get(self, key: str) -> int:
        with transaction() as session:
            row = session.get(RateCounter, self._tag(key))
            return row.hits if row and row.expires_at > utc_now() else 0

    def get_expiry(self, key: str) -> float:
        with transaction() as session:
            row = session.get(RateCounter, self._tag(key))
            return (row.expires_at if row else datetime.now(UTC)).timestamp()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with transaction() as session:
            session.execute(delete(RateCounter))
        return None

    def clear(self, key: str) -> None:
        with transaction() as session:
            session.execute(delete(RateCounter).where(RateCounter.tag == self._tag(key)))

    def _tag(self, key: str) -> bytes:
        return hmac.digest(self._key, key.encode(), hashlib.sha256)


def network_of(address: str) -> str:
    """What one household or server has: an IPv4 address, or the /64 of an IPv6 one. `unknown` if it is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((found, 64 if found.version == 6 else 32), strict=False))


def forget_old_hits(session: Session, *, now: datetime) -> None:
    """Delete counters whose window is over."""
    session.execute(delete(RateCounter).where(RateCounter.expires_at <= now))


class RateLimits:
    """What web code asks: may this go on? Every question counts as a hit."""

    def __init__(self, key: bytes) -> None:
        self._limiter = FixedWindowRateLimiter(SharedCounters(key))

    def allows(self, item: RateLimitItem, *what: str) -> bool:
        """Whether one more is within the limit for `what`, e.g. ("login", name)."""
        return bool(self._limiter.hit(item, *what))

    def seconds_to_wait(self, item: RateLimitItem, *what: str) -> int:
        """How long until the window of `what` ends, at least 1."""
        stats = self._limiter.get_window_stats(item, *what)
        return max(1, int(stats.reset_time - utc_now().timestamp()))
