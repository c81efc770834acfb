"""Dates as precise as their source."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.partial_date import PartialDate


@pytest.mark.parametrize(
    ("written", "precision", "first", "last"),
    [
        ("2019", "year", date(2019, 1, 1), date(2019, 12, 31)),
        ("2020-02", "month", date(2020, 2, 1), date(2020, 2, 29)),
        ("2019-06-13", "day", date(2019, 6, 13), date(2019, 6, 13)),
    ],
)
def test_a_date_covers_what_is_known_of_it(written: str, precision: str, first: date, last: date) -> None:
    when = PartialDate.parse(written)
    assert (when.precision, when.first_day, when.last_day()) == (precision, first, last)


@pytest.mark.parametrize("written", ["", "19", "2019-6", "2019-13", "2019-02-30", "2019-06-13T00:00", "۲۰۱۹"])
def test_what_is_not_a_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - either ours or the calendar's
        PartialDate.parse(written)


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from([4, 7, 10]))
def test_writing_and_reading_go_round(day: date, length: int) -> None:
    written = day.isoformat()[:length]
    assert str(PartialDate.parse(written)) == written
