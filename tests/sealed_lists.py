"""Reads a sealed list whole, as tests do; the application reads it in parts, on several cores."""

from collections.abc import Sequence

from campaign.exports.sealed_list_reader import DamagedRow, ListedRow, check_end, is_row, read_header, read_row


def read_rows(lines: Sequence[bytes]) -> list[ListedRow | DamagedRow]:
    """The rows between a good header and a good end. Raises SealingError for anything else."""
    read_header(lines[0] if lines else b"")
    rows = []
    for number, line in enumerate(lines[1:]):
        if not is_row(line):
            check_end(line, rows=number, is_last=number + 2 == len(lines))
            return rows
        rows.append(read_row(line))
    check_end(None, rows=len(rows), is_last=False)
    return rows
