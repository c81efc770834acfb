"""Signatures over time as an SVG drawn on the server: no script, no style attribute, readable as text."""

from collections.abc import Sequence

from flask_babel import gettext
from markupsafe import Markup

from campaign.counting.queries import DayCount
from campaign.web.i18n import localized_day, localized_number

_WIDTH, _HEIGHT = 640, 220
_BOTTOM, _TOP = 190, 14
_POINTS = 320


def signatures_chart(series: Sequence[DayCount]) -> Markup | None:
    """An area of all signatures by day; None before there is a day to draw."""
    if not series:
        return None
    shown = _thinned(series)
    highest = max(day.total for day in shown) or 1
    points = [
        (_WIDTH * place / max(1, len(shown) - 1), _BOTTOM - (_BOTTOM - _TOP) * day.total / highest)
        for place, day in enumerate(shown)
    ]
    if len(points) == 1:
        points = [(0.0, points[0][1]), (float(_WIDTH), points[0][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    first, last = shown[0], shown[-1]
    described = gettext(
        "From %(first)s to %(last)s the number of signatures went from %(low)s to %(high)s.",
        first=localized_day(first.day),
        last=localized_day(last.day),
        low=localized_number(first.total),
        high=localized_number(last.total),
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="chart-title chart-text">'
        '<title id="chart-title">{title}</title><desc id="chart-text">{described}</desc>'
        '<polygon class="chart__area" points="0,{bottom} {line} {width},{bottom}"/>'
        '<polyline class="chart__line" points="{line}" fill="none"/>'
        '<line class="chart__axis" x1="0" y1="{bottom}" x2="{width}" y2="{bottom}"/>'
        '<text class="chart__label" x="0" y="{label}" text-anchor="start" direction="ltr">{start}</text>'
        '<text class="chart__label" x="{width}" y="{label}" text-anchor="end" direction="ltr">{end}</text>'
        '<text class="chart__label" x="{width}" y="{high_label}" text-anchor="end" direction="ltr">{highest}</text>'
        "</svg>"
    ).format(
        width=_WIDTH,
        height=_HEIGHT,
        bottom=_BOTTOM,
        label=_HEIGHT - 8,
        high_label=_TOP - 2,
        title=gettext("Signatures over time"),
        described=described,
        line=line,
        start=localized_day(first.day),
        end=localized_day(last.day) if len(shown) > 1 else "",
        highest=localized_number(highest),
    )


def _thinned(series: Sequence[DayCount]) -> Sequence[DayCount]:
    """At most `_POINTS` days, evenly taken, the last always among them."""
    step = -(-len(series) // _POINTS)
    return [*series[:-1:step], series[-1]]
