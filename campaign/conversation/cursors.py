"""Where the next page begins: an hour and a random id, as both public lists and the desk's queue are ordered."""

import re
import uuid
from datetime import UTC, datetime

# Hours since 1970, then the id.
CURSOR = r"[0-9]{7}-[0-9a-f]{32}"
_HOUR_SECONDS = 3600


def cursor_of(hour: datetime, row_id: uuid.UUID) -> str:
    """The cursor behind this row."""
    return f"{int(hour.timestamp()) // _HOUR_SECONDS:07d}-{row_id.hex}"


def read_cursor(written: str | None) -> tuple[datetime, uuid.UUID] | None:
    """Hour and id of a cursor; None for what is no cursor."""
    if written is None or not re.fullmatch(CURSOR, written, re.ASCII):
        return None
    hours, _, row_id = written.partition("-")
    return datetime.fromtimestamp(int(hours) * _HOUR_SECONDS, UTC), uuid.UUID(hex=row_id)
