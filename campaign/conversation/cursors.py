"""Where the next page begins: an hour and a random id, as both public lists and the desk's queue are ordered."""

import re
import uuid
from datetime import UTC, datetime

CURSOR = r"[0-9]{10}-[0-9a-f]{32}"


def cursor_of(hour: datetime, row_id: uuid.UUID) -> str:
    """The cursor behind this row."""
    return f"{hour:%Y%m%d%H}-{row_id.hex}"


def read_cursor(written: str | None) -> tuple[datetime, uuid.UUID] | None:
    """Hour and id of a cursor; None for what is no cursor."""
    if written is None or not re.fullmatch(CURSOR, written):
        return None
    hour, _, row_id = written.partition("-")
    try:
        return datetime.strptime(hour, "%Y%m%d%H").replace(tzinfo=UTC), uuid.UUID(hex=row_id)
    except ValueError:
        return None
