"""A workbook (XLSX) written as it is sent: every cell is text, no more than a page of rows is in memory.

Written here and not with XlsxWriter, which keeps the rows in a file of the machine, in plain, and sends nothing before
the last one (docs/decisions/014-workbooks-as-they-are-sent.md). The format is ECMA-376; sheets come first and what
names them last, for how many there are shows at the end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from campaign.exports.confirmed_rows import CELL_END, ROW_END

# All that a sheet of Excel and LibreOffice can hold, its head included.
MOST_ROWS = 1_048_576
# zipfile says in 31 bits how many bytes a sheet has, and Excel takes no longer way of saying it.
_MOST_BYTES_A_SHEET = 2_000_000_000
_MOST_CHARACTERS = 32_767
_LEVEL = 1
# What XML cannot hold, and what would be read as one of these; ECMA-376 part 1, 22.9.2.19.
_UNWRITABLE = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Number format 49 is text: a cell stays text also when somebody edits it. Style 1 is a cell, style 2 a head.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border>'
    '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" '
    'applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>'
)


def workbook(columns: Sequence[str], blocks: Iterable[str], *, is_rtl: bool) -> Iterator[bytes]:
    """The file, piece by piece. `blocks` are rows joined as `confirmed_texts` joins them; see `joined_rows`."""
    sink, rows, number = _Sink(), _Rows(blocks), 0
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        while number == 0 or not rows.is_done:
            number += 1
            with archive.open(_part(f"xl/worksheets/sheet{number}.xml"), "w") as sheet:
                for piece in _sheet(columns, rows, is_rtl):
                    sheet.write(piece)
                    yield from sink.taken()
            yield from sink.taken()
        for name, text in _frame(number):
            archive.writestr(_part(name), _XML + text)
    yield from sink.taken()


def joined_rows(rows: Iterable[Sequence[str]]) -> str:
    """Rows as one block. A cell that holds what joins cells loses it, and one too long for a sheet its end."""
    return ROW_END.join(CELL_END.join(map(_holdable, row)) for row in rows)


def _holdable(cell: str) -> str:
    kept = cell.replace(CELL_END, "").replace(ROW_END, "")
    # A sheet counts in UTF-16: most emoji are two there, and one of the two may be left over.
    fits = 2 * len(kept) <= _MOST_CHARACTERS
    return kept if fits else kept.encode("utf-16-le")[: 2 * _MOST_CHARACTERS].decode("utf-16-le", "ignore")


class _Sink(RawIOBase):
    """Where the archive is written to: it can only be written on, and is emptied as it is sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return [b"".join(pieces)] if pieces else []


class _Rows:
    """Rows of cells still joined, safe as XML, that one sheet after the other takes from."""

    def __init__(self, blocks: Iterable[str]) -> None:
        self._rows = (row for block in blocks for row in _escaped(block).split(ROW_END))
        self._next = next(self._rows, None)

    @property
    def is_done(self) -> bool:
        return self._next is None

    def take(self, most: int) -> Iterator[str]:
        while most and self._next is not None:
            row, self._next, most = self._next, next(self._rows, None), most - 1
            yield row


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _placed(number: int, row: str) -> Iterator[str | int]:
    for cell in row.split(CELL_END):
        yield number
        # `\r` alone would come back as `\n`.
        yield _UNWRITABLE.sub(_code, cell)


def _code(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _row_template(cells: int) -> str:
    cell = '<c r="{}%d" s="1" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
    return "<row>" + "".join(cell.format(chr(ord("A") + place)) for place in range(cells)) + "</row>"


def _sheet(columns: Sequence[str], rows: _Rows, is_rtl: bool) -> Iterator[bytes]:
    """A sheet with as many of the rows as it can hold, some thousand at a time."""
    yield _head(columns, is_rtl).encode()
    template, number, size = _row_template(len(columns)), 1, 0
    while not rows.is_done and number < MOST_ROWS and size < _MOST_BYTES_A_SHEET:
        taken = list(rows.take(min(1000, MOST_ROWS - number)))
        text = "".join(template % tuple(_placed(number + place, row)) for place, row in enumerate(taken, 1))
        written = text.encode()
        number, size = number + len(taken), size + len(written)
        yield written
    yield b"</sheetData></worksheet>"


def _head(columns: Sequence[str], is_rtl: bool) -> str:
    head = "".join(
        f'<c r="{chr(ord("A") + place)}1" s="2" t="inlineStr"><is><t>{_escaped(name)}</t></is></c>'
        for place, name in enumerate(columns)
    )
    direction = ' rightToLeft="1"' if is_rtl else ""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{direction} workbookViewId="0"><pane ySplit="1" '
        'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="{len(columns)}" width="24" customWidth="1"/></cols><sheetData><row>{head}</row>'
    )


def _frame(sheets: int) -> Iterator[tuple[str, str]]:
    """The parts that name the sheets."""
    numbers = range(1, sheets + 1)
    listed = "".join(f'<sheet name="{number}" sheetId="{number}" r:id="rId{number}"/>' for number in numbers)
    yield "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", _relationships(related + styles)
    yield "xl/styles.xml", _STYLES
    office = f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", _relationships(office)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
            'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{parts}'
            f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>'
        ),
    )


def _relationships(inside: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _part(name: str) -> ZipInfo:
    # A fixed time: a file says nothing of when it was made that its name does not.
    part = ZipInfo(name)
    part.compress_type = ZIP_DEFLATED
    return part
