"""Reads a sealed list whole, as tests do; the application reads it in parts, on several cores."""

from collections.abc import Sequence

from campaign.exports.sealed_list_reader import ListedRows, check_end, read_header, read_rows, row_id


def read_list(lines: Sequence[bytes]) -> dict[str, ListedRows | None]:
    """The rows between a good header and a good end, by id; None for a damaged one. Raises SealingError."""
    read_header(lines[0] if lines else b"")
    rows: dict[str, ListedRows | None] = {}
    for number, line in enumerate(lines[1:]):
        found = row_id(line)
        if found is None:
            check_end(line, rows=number, is_last=number + 2 == len(lines))
            return rows
        rows[found] = read_rows([line])
    check_end(None, rows=len(lines) - 1, is_last=False)
    return rows
