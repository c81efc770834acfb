"""Sides are measured in turn, round by round, so that a machine that is busy for a while is busy for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter, sleep
from typing import TypeVar

T = TypeVar("T")
_SETTLE_SECONDS = 0.2


class CannotMeasure(Exception):
    """A figure cannot be had here, and why."""


@dataclass(frozen=True)
class Measured:
    """One figure: its value in every round, and for information what stands behind it (`sides`, e.g. in requests/s)."""

    rounds: list[float]
    sides: Mapping[str, float]

    @property
    def value(self) -> float:
        return median(self.rounds)


def interleaved(rounds: int, sides: Mapping[str, Callable[[], T]]) -> list[dict[str, T]]:
    """Call each side once a round; what they returned, by round. Every other round goes backwards."""
    found = []
    for number in range(rounds):
        names = list(sides) if number % 2 == 0 else list(sides)[::-1]
        found.append({name: sides[name]() for name in names})
    return found


def ratio(rounds: list[dict[str, float]], over: str, under: str, *beside: str) -> Measured:
    """What `over` is of `under`, round by round; both are rates, or both are times. Others are only shown beside."""
    sides = {name: median(found[name] for found in rounds) for name in (over, under, *beside)}
    return Measured([found[over] / found[under] for found in rounds], sides)


def rate(action: Callable[[], int], *, seconds: float) -> float:
    """How many a second: `action` does some and says how many, again until `seconds` have passed."""
    done, start = 0, perf_counter()
    while True:
        done += action()
        passed = perf_counter() - start
        if passed >= seconds:
            return done / passed


def settled(look: Callable[[], T]) -> T:
    """What `look` sees once it sees the same twice: a server may still be at work on what it was asked last."""
    before = look()
    while True:
        sleep(_SETTLE_SECONDS)
        now = look()
        if now == before:
            return now
        before = now
