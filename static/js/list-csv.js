// CSV as campaign/exports/spreadsheet.py writes it, byte for byte; change both or neither.
// It says there why each rule is as it is.

export const BYTE_ORDER_MARK = "\ufeff";

const STARTS_FORMULA = /^(?=[ \u00a0\u3000]*[=+\-@＝＋－＠\t\r\0])/;
const STARTS_FORMULA_INSIDE = /([;\t\n\r])(?=[ \u00a0\u3000]*[=+\-@＝＋－＠])/g;
const NEEDS_QUOTES = /[",\r\n]/;

// The cell with an apostrophe before anything that a spreadsheet would run as a formula.
export function asTextCell(cell) {
  return cell.replace(STARTS_FORMULA_INSIDE, "$1'").replace(STARTS_FORMULA, "'");
}

// One line with its CRLF; `cells` are strings.
export function csvLine(cells) {
  return `${cells.map(quoted).join(",")}\r\n`;
}

function quoted(cell) {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
