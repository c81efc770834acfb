"""JSON Lines: an object a line, in UTF-8."""

from collections.abc import Iterable, Mapping

import orjson


def json_lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    """A line for each row.

    Each is added as it is made: orjson gives four kilobytes to a line however short, so that some thousand of them kept
    to be joined are the most memory that a list takes.
    """
    lines = bytearray()
    for row in rows:
        lines += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    return bytes(lines)
