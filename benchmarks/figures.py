"""The figures, what they should be, and what measures them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import lists, pages, signing, starting
from benchmarks.bench import Bench
from benchmarks.rounds import Measured


@dataclass(frozen=True)
class Figure:
    """`at_least` and `aim` are floors, or where `less_is_better` ceilings."""

    what: str
    unit: str
    at_least: float
    aim: float
    less_is_better: bool = False

    def meets(self, limit: float, value: float) -> bool:
        return value <= limit if self.less_is_better else value >= limit


FIGURES: Mapping[str, Figure] = {
    "B1": Figure("sign ÷ bare Flask POST", "ratio", 0.20, 0.50),
    "B2": Figure("p99 of sign, 16 clients", "ms", 100, 30, less_is_better=True),
    "B3": Figure("sign with a full table ÷ with an empty one", "ratio", 0.80, 0.95),
    "B3-confirm": Figure("the same for confirm", "ratio", 0.80, 0.95),
    "B4": Figure("sign on PostgreSQL ÷ on SQLite", "ratio", 0.7, 1.0),
    "B5": Figure("page from the cache ÷ nginx", "ratio", 0.5, 0.9),
    "B6": Figure("page made anew ÷ bare Flask hello", "ratio", 0.15, 0.35),
    "B7": Figure("page made anew, full table ÷ empty one", "ratio", 0.95, 0.99),
    "B8": Figure("public names over HTTP ÷ csv, SQLite", "ratio", 0.7, 0.9),
    "B8-postgresql": Figure("the same on PostgreSQL", "ratio", 1.0, 1.5),
    "B9": Figure("memory more for a full export of names", "MB", 20, 5, less_is_better=True),
    "B9-sealed": Figure("the same for the sealed list", "MB", 20, 5, less_is_better=True),
    "B10": Figure("decrypt per core ÷ PyNaCl's open", "ratio", 0.8, 0.95),
    "B11": Figure("failed signs of 64 writers", "count", 0, 0, less_is_better=True),
    "B12": Figure("start of serve ÷ imports", "ratio", 1.6, 1.1, less_is_better=True),
}

# One measurement can yield several figures.
GROUPS: Mapping[tuple[str, ...], Callable[[Bench], dict[str, Measured]]] = {
    ("B1", "B2"): signing.against_bare,
    ("B3", "B3-confirm"): signing.with_many,
    ("B4",): signing.on_postgresql,
    ("B5",): pages.warm,
    ("B6",): pages.cold,
    ("B7",): pages.cold_with_many,
    ("B8",): lists.on_sqlite,
    ("B8-postgresql",): lists.on_postgresql,
    ("B9", "B9-sealed"): lists.memory,
    ("B10",): lists.decryption,
    ("B11",): signing.crowd,
    ("B12",): starting.start,
}
