"""Dates as precisely as a source gives them: a day, a month or a year, written the ISO 8601 way."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

Precision = Literal["day", "month", "year"]
_WRITTEN = re.compile(r"^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """`first_day` is the first day it can mean, so partial dates sort; `precision` says how much of it is known."""

    first_day: date
    precision: Precision

    @classmethod
    def parse(cls, written: str) -> "PartialDate":
        """Read `2019`, `2019-06` or `2019-06-13`. Raises ValueError on anything else."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError("a date is written 2019, 2019-06 or 2019-06-13")
        year, month, day = match.groups()
        precision: Precision = "day" if day else "month" if month else "year"
        return cls(date(int(year), int(month or 1), int(day or 1)), precision)

    def last_day(self) -> date:
        """The last day it can mean."""
        first = self.first_day
        if self.precision == "year":
            return date(first.year, 12, 31)
        if self.precision == "month":
            return first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return first

    def __str__(self) -> str:
        length = {"year": 4, "month": 7, "day": 10}[self.precision]
        return self.first_day.isoformat()[:length]
