"""The points of charts of signatures over time; `templates/macros/chart.html` draws them without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaign.counting.queries import DayCount, HourCount

WIDTH, HEIGHT = 640, 180
_POINTS = 320
_BAR = 0.8


@dataclass(frozen=True, slots=True)
class Chart:
    """`line` is a list of SVG points in a box of `WIDTH` by `HEIGHT`, from the day before the first signature on."""

    line: str
    first: DayCount
    last: DayCount
    highest: int
    width: int = WIDTH
    height: int = HEIGHT


def signatures_chart(series: Sequence[DayCount]) -> Chart | None:
    """All signatures by day; None before there is a day to draw."""
    if not series:
        return None
    shown = _thinned([DayCount(series[0].day - timedelta(days=1), 0, 0), *series])
    highest = max(day.total for day in shown) or 1
    steps = len(shown) - 1
    points = ((WIDTH * place / steps, HEIGHT - HEIGHT * day.total / highest) for place, day in enumerate(shown))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Chart(line, shown[0], shown[-1], highest)


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar an hour, in a box of `width` by `height`; `bars` are x, y, width and height of each rectangle."""

    bars: list[tuple[float, float, float, float]]
    hours: Sequence[HourCount]
    highest: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def total(self) -> int:
        return sum(hour.signatures for hour in self.hours)


def hours_chart(series: Sequence[HourCount]) -> Bars:
    """Signatures by hour."""
    highest = max(1, *(hour.signatures for hour in series))
    step = WIDTH / len(series)
    bars = [
        (round(place * step, 1), round(HEIGHT - height, 1), round(step * _BAR, 1), round(height, 1))
        for place, hour in enumerate(series)
        if (height := HEIGHT * max(0, hour.signatures) / highest)
    ]
    return Bars(bars, series, highest)


def _thinned(series: Sequence[DayCount]) -> Sequence[DayCount]:
    """At most `_POINTS` days, evenly taken, the last always among them."""
    step = -(-len(series) // _POINTS)
    return [*series[:-1:step], series[-1]]
