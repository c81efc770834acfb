"""The one place that reads the time. Entry points call it and pass `now` down."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def hour_of(instant: datetime) -> datetime:
    """The instant cut to its hour: what is stored about when somebody signed."""
    return instant.replace(minute=0, second=0, microsecond=0)
