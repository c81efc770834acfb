"""CSV that a spreadsheet opens as text: the right encoding, the right line ends, and no cell that runs as a formula.

`static/js/list-csv.js` writes the same bytes in the browser; change both or neither.
"""

import csv
import io
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from campaign.exports.confirmed_rows import confirmed_pages, written_hour
from campaign.signing.models import Signature

# Excel takes a file without it for the machine's old code page, and Persian for rubbish.
BYTE_ORDER_MARK = "\ufeff"
# https://owasp.org/www-community/attacks/CSV_Injection ; the full-width signs are formulas to Japanese Excel.
_STARTS_FORMULA = re.compile("[ \u00a0\u3000]*[=+\\-@＝＋－＠\\t\\r\\0]")
# Where the decimal mark is a comma, Excel splits cells at semicolons and knows no quotes inside them: what follows a
# semicolon, a tab or a line break may become a cell of its own.
_STARTS_FORMULA_INSIDE = re.compile("(?<=[;\\t\\n\\r])(?=[ \u00a0\u3000]*[=+\\-@＝＋－＠])")


# Either of the two, looked for in written lines: after what may stand before a cell's first sign, or inside it. It
# finds too much (a comma may stand in a quoted cell), never too little.
_MAYBE_FORMULA = re.compile('[,;"\\t\\n\\r][ \u00a0\u3000]*[=+\\-@＝＋－＠\\t\\0]')


def csv_block(rows: Sequence[Sequence[str]]) -> str:
    """Lines of a CSV file, each with its CRLF. A file begins with `BYTE_ORDER_MARK` and is encoded as UTF-8.

    Give it a thousand rows rather than one: a single look is enough for a block in which nothing begins a formula.
    """
    block = _written(rows)
    has_only_our_returns = block.count("\r") == len(rows)
    if has_only_our_returns and not _MAYBE_FORMULA.search("\n" + block):
        return block
    return _written([[as_text_cell(cell) for cell in row] for row in rows])


def _written(rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


def as_text_cell(cell: str) -> str:
    """The cell with an apostrophe before anything that a spreadsheet would run as a formula."""
    safe_inside = _STARTS_FORMULA_INSIDE.sub("'", cell)
    return f"'{safe_inside}" if _STARTS_FORMULA.match(cell) else safe_inside


def public_names_csv(session: Session, campaign_id: uuid.UUID) -> Iterator[str]:
    """Who signed with a public name, as blocks of CSV. Ends the session's transaction as `confirmed_pages` does."""
    yield BYTE_ORDER_MARK + csv_block([("public_name", "language", "confirmed_hour")])
    # As the driver gives it: making a date and writing it again would take longer than everything else.
    columns = (Signature.public_name, Signature.language, type_coerce(Signature.confirmed_hour, NullType()))
    for page in confirmed_pages(session, campaign_id, columns, Signature.public_name.is_not(None)):
        yield csv_block([(name, language, _hour_of_driver(hour)) for _, name, language, hour in map(tuple, page)])


@lru_cache(10_000)
def _hour_of_driver(hour: str | datetime) -> str:
    """As `written_hour`, from what SQLite's driver gives (text, in UTC) or PostgreSQL's (a date with its zone)."""
    return written_hour(hour.astimezone(UTC) if isinstance(hour, datetime) else datetime.fromisoformat(hour))
