"""Reads a sealed list whole, as tests do; the application reads it in parts, on several cores."""

from collections.abc import Sequence

from campaign.exports.sealed_list_reader import DamagedRow, ListedRow, check_end, read_header, read_row


def read_rows(lines: Sequence[bytes]) -> list[ListedRow | DamagedRow]:
    """The rows between a good header and a good end. Raises SealingError for anything else."""
    read_header(lines[0] if lines else b"")
    rows = []
    for number, line in enumerate(lines[1:]):
        row = read_row(line)
        if row is None:
            check_end(line, rows=number, is_last=number + 2 == len(lines))
            return rows
        rows.append(row)
    check_end(None, rows=len(rows), is_last=False)
    return rows
