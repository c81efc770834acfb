"""CSV that a spreadsheet opens as text: the right encoding, the right line ends, and no cell that runs as a formula.

`static/js/list-csv.js` writes the same bytes in the browser; change both or neither.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from campaign.exports.confirmed_rows import CELL_END, ROW_END

# Excel takes a file without it for the machine's old code page, and Persian for rubbish.
BYTE_ORDER_MARK = "\ufeff"
# https://owasp.org/www-community/attacks/CSV_Injection ; the full-width signs are formulas to Japanese Excel.
_STARTS_FORMULA = re.compile("[ \u00a0\u3000]*[=+\\-@＝＋－＠\\t\\r\\0]")
# Where the decimal mark is a comma, Excel splits cells at semicolons and knows no quotes inside them: what follows a
# semicolon, a tab or a line break may become a cell of its own.
_STARTS_FORMULA_INSIDE = re.compile("(?<=[;\\t\\n\\r])(?=[ \u00a0\u3000]*[=+\\-@＝＋－＠])")
# Either of the two, or what is written in quotes, looked for in rows that are joined. It finds too much (a comma needs
# no apostrophe), never too little; no sign inside a word, date or address, for these are in every row.
_MAYBE_SPECIAL = re.compile(f'[,;"\t\n\r\0=+@＝＋－＠\\-](?<![^{CELL_END}{ROW_END} \u00a0\u3000][=+@＝＋－＠\\-])')


def csv_block(rows: Sequence[Sequence[str]]) -> str:
    """Lines of a CSV file, each with its CRLF. A file begins with `BYTE_ORDER_MARK` and is encoded as UTF-8.

    Give it a thousand rows rather than one: where nothing begins a formula or needs a quote, one look is enough.
    """
    joined = ROW_END.join(map(CELL_END.join, rows))
    ends = (len(rows) - 1, sum(map(len, rows)) - len(rows))
    if (joined.count(ROW_END), joined.count(CELL_END)) == ends and min(map(len, rows)) > 1:
        return csv_of_joined(joined)
    # A cell holds what joins cells, or there is only one in a row, which needs quotes when it is empty.
    return _written(rows)


def csv_of_joined(joined: str) -> str:
    """As `csv_block`, of rows of two or more cells that come joined (see `confirmed_texts`).

    Only a row that may need a quote or an apostrophe is taken apart.
    """
    rows, written, done = ROW_END + joined, list[str](), 0
    while found := _MAYBE_SPECIAL.search(rows, done):
        start = rows.rfind(ROW_END, done, found.start() + 1)
        end = rows.find(ROW_END, start + 1)
        end = len(rows) if end < 0 else end
        written += _plain(rows[done:start]), _written([rows[start + 1 : end].split(CELL_END)])
        done = end
    return "".join([*written, _plain(rows[done:])])


def _plain(rows: str) -> str:
    """Rows that begin with `ROW_END`, in which there is nothing special."""
    return rows[1:].replace(ROW_END, "\r\n").replace(CELL_END, ",") + "\r\n" if rows else ""


def _written(rows: Iterable[Sequence[str]]) -> str:
    """Any rows, the slow way."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([as_text_cell(cell) for cell in row] for row in rows)
    return file.getvalue()


def as_text_cell(cell: str) -> str:
    """The cell with an apostrophe before anything that a spreadsheet would run as a formula."""
    safe_inside = _STARTS_FORMULA_INSIDE.sub("'", cell)
    return f"'{safe_inside}" if _STARTS_FORMULA.match(cell) else safe_inside
