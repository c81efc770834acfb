"""CSV that a spreadsheet opens as text: the right encoding, the right line ends, and no cell that runs as a formula.

`static/js/list-csv.js` writes the same bytes in the browser; change both or neither.
"""

import csv
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from campaign.exports.confirmed_rows import confirmed_rows, written_hour
from campaign.signing.models import Signature

# Excel takes a file without it for the machine's old code page, and Persian for rubbish.
BYTE_ORDER_MARK = "\ufeff"
# https://owasp.org/www-community/attacks/CSV_Injection ; the full-width signs are formulas to Japanese Excel.
_STARTS_FORMULA = re.compile("[ \u00a0\u3000]*[=+\\-@＝＋－＠\\t\\r\\0]")
# Where the decimal mark is a comma, Excel splits cells at semicolons and knows no quotes inside them: what follows a
# semicolon, a tab or a line break may become a cell of its own.
_STARTS_FORMULA_INSIDE = re.compile("(?<=[;\\t\\n\\r])(?=[ \u00a0\u3000]*[=+\\-@＝＋－＠])")


class _Line:
    """What csv writes to. It hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a CSV file, each with its CRLF, the first with a byte order mark. Encode as UTF-8."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield BYTE_ORDER_MARK + writer.writerow(header)
    for row in rows:
        yield writer.writerow([as_text_cell(cell) for cell in row])


def as_text_cell(cell: str) -> str:
    """The cell with an apostrophe before anything that a spreadsheet would run as a formula."""
    safe_inside = _STARTS_FORMULA_INSIDE.sub("'", cell)
    return f"'{safe_inside}" if _STARTS_FORMULA.match(cell) else safe_inside


def public_names_csv(session: Session, campaign_id: uuid.UUID) -> Iterator[str]:
    """Who signed with a public name, as lines of CSV. Ends the session's transaction as `confirmed_rows` does."""
    columns = (Signature.public_name, Signature.language, Signature.confirmed_hour)
    rows = confirmed_rows(session, campaign_id, columns, Signature.public_name.is_not(None))
    return csv_lines(
        ("public_name", "language", "confirmed_hour"),
        ((row.public_name, row.language, written_hour(row.confirmed_hour)) for row in rows),
    )
