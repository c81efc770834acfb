"""Made-up signatures, as like real ones as it takes: spread over 90 days, most confirmed, some with a public name.

Only what no two rows share is made for each row; the rest comes from a few thousand profiles drawn once.
"""

import base64
import hashlib
import os
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Column
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from campaign.core.clock import hour_of
from campaign.core.tokens import tag_of, token_digest
from campaign.sealing.boxes import seal
from campaign.signing.models import Signature

DAYS = 90
# Parts of a hundred.
USUAL_STATES = {"confirmed": 85, "pending": 11, "withdrawn": 3, "invalidated": 1}
_PUBLIC_NAMES = 0.3
_PROFILES = 4096
_BATCH_ROWS = 10_000
_NOISE_BYTES = 128
_TAIL_BYTES = 32
_GIVEN = ("Alice", "Behrouz", "Charlie", "Dilan", "Esmail", "Fatemeh", "Grace", "Hêvî", "İpek", "José", "کاوه", "نسرین")
_FAMILY = ("Appleton", "Ahmadi", "Okafor", "Yıldız", "García", "Nguyễn", "Rossi", "Müller", "Smith", "محمدی", "رضایی")
TABLE = Signature.metadata.tables["signature"]
# Columns whose values no two rows share; all others come from profiles.
_OWN = ("id", "dedupe_tag", "confirm_digest", "manage_digest", "sealed")
_SHARED = tuple(column for column in TABLE.c if column.name not in _OWN)
COLUMNS = (*_OWN, *(column.name for column in _SHARED))


@dataclass(frozen=True)
class Plan:
    """How many signatures, in which states, under which series of tokens (each works once per database).

    `are_openable` seals each box anew (64 µs a row); otherwise all are copies of one that differ in their last bytes,
    and do not open.
    """

    count: int
    are_openable: bool = False
    states: Mapping[str, int] = field(default_factory=lambda: USUAL_STATES)
    series: str = "bench"


# How a database keeps the value of a column.
Write = Callable[[Column[Any], object], object]


@dataclass(frozen=True)
class Target:
    """What the signatures are of: a campaign, and the key they are sealed to."""

    campaign_id: uuid.UUID
    slug: str
    epoch_id: uuid.UUID
    public_key: bytes


class _Profile(NamedTuple):
    state: str
    confirmed_hour: datetime | None
    written: tuple[object, ...]


def known_token(series: str, number: int) -> str:
    """The confirm token of a pending signature, counted from 0 in each series."""
    content = hashlib.sha384(f"{series} {number}".encode()).digest()
    return base64.urlsafe_b64encode(content).decode()


class SignatureRows:
    """What rows are made, each a tuple of values for `COLUMNS` as `write` wants them. Iterate once.

    Then `hours` says how many were confirmed when, and `pending` how many can be by the tokens of the plan's series.
    """

    def __init__(self, target: Target, plan: Plan, *, now: datetime, write: Write) -> None:
        self.hours: Counter[datetime] = Counter()
        self.pending = 0
        self._target, self._plan, self._write = target, plan, write
        self._random = random.Random(1)
        self._profiles = [self._profile(hour_of(now.astimezone(UTC))) for _ in range(_PROFILES)]
        self._box = self._sealed(uuid.UUID(int=0))[:-_TAIL_BYTES]

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        step = 2**48 // self._plan.count
        for batch in _batches(self._places()):
            noise = os.urandom(len(batch) * _NOISE_BYTES)
            for number, profile in enumerate(self._random.choices(self._profiles, k=len(batch))):
                own = noise[number * _NOISE_BYTES : (number + 1) * _NOISE_BYTES]
                yield self._own((batch[number] * step).to_bytes(6, "big"), own, profile) + profile.written

    def _places(self) -> Iterator[int]:
        """Where in the order of ids each row stands.

        Ids and most tags of the first seven tenths rise from row to row, so that an index takes them at its end and
        fast. The others rise through those once more and split the pages those had filled, as in a table that grew by
        rows in no order: in full pages every signature measured would have to split some.
        """
        yield from (place for place in range(self._plan.count) if place % 10 < 7)
        yield from (place for place in range(self._plan.count) if place % 10 >= 7)

    def _own(self, first: bytes, noise: bytes, profile: _Profile) -> tuple[object, ...]:
        # A random UUID (version 4) but for its first 48 bits.
        rest = bytes((0x40 | noise[0] >> 4, noise[1], 0x80 | noise[2] >> 2)) + noise[3:10]
        row_id = uuid.UUID(bytes=first + rest)
        written_id = self._write(TABLE.c.id, row_id)
        if profile.state == "withdrawn":
            return (written_id, None, None, None, None)
        tag, digest = first + noise[64:90], noise[32:64]
        if profile.state == "pending":
            token = known_token(self._plan.series, self.pending)
            tag, digest = tag_of(token) or b"", token_digest(token)
            self.pending += 1
        elif profile.confirmed_hour is not None:
            self.hours[profile.confirmed_hour] += 1
        sealed = self._sealed(row_id) if self._plan.are_openable else self._box + noise[:_TAIL_BYTES]
        return (written_id, tag, digest, noise[96:128], sealed)

    def _sealed(self, row_id: uuid.UUID) -> bytes:
        row = {"campaign": self._target.slug, "signature": row_id.hex}
        name = f"{_GIVEN[row_id.int % len(_GIVEN)]} {_FAMILY[row_id.int % len(_FAMILY)]}"
        person = {"name": name, "email": f"s{row_id.hex}@example.org", "country": "DE", "message": ""}
        return seal(self._target.public_key, {**row, **person})

    def _profile(self, newest_hour: datetime) -> _Profile:
        draw = self._random
        state = draw.choices(list(self._plan.states), list(self._plan.states.values()))[0]
        signed_hour = newest_hour - timedelta(hours=draw.randrange(6 * 24 if state == "pending" else DAYS * 24))
        confirmed_hour = None
        if state == "confirmed":
            confirmed_hour = min(newest_hour, signed_hour + timedelta(hours=draw.randrange(3)))
        values: dict[str, object] = {
            "campaign_id": self._target.campaign_id,
            "state": state,
            "signed_hour": signed_hour,
            "confirmed_hour": confirmed_hour,
            "mails_on": signed_hour.date(),
            "mails_count": 1,
            "language": draw.choice(("en", "en", "fa")),
            "text_version": 1,
            "source": draw.choice(("site", "site", "embed")),
            "wants_updates": draw.random() < 0.2,
        }
        if state != "withdrawn":
            # Far away, so that a table kept for later runs can still be confirmed then.
            until = newest_hour + timedelta(days=1000)
            values |= {"epoch_id": self._target.epoch_id, "confirm_until": until, "manage_until": until}
            if draw.random() < _PUBLIC_NAMES:
                values["public_name"] = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}"
        written = tuple(self._write(column, values.get(column.name, _default(column))) for column in _SHARED)
        return _Profile(state, confirmed_hour, written)


def _batches(places: Iterator[int]) -> Iterator[list[int]]:
    while batch := list(islice(places, _BATCH_ROWS)):
        yield batch


def _default(column: Column[Any]) -> object:
    """What a column gets that a row says nothing of; None may end as an error of the database."""
    default = column.default
    return default.arg if isinstance(default, ScalarElementColumnDefault) else None
