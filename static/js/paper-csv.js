// Rows typed from sheets, as a spreadsheet saves them: read and checked line by line. Knows no page and no key.
// What is wrong comes as {kind, column} for the file, or as [{line, kind}] for lines; the page has the sentences.

const MOST_BYTES = 5 * 1024 * 1024;
const MOST_CELL = 1000;
const NEEDED = ["name", "email", "consent"];
const KNOWN = new Set([...NEEDED, "date", "country", "public_name", "updates"]);
const YES = new Set(["yes", "y", "true", "1", "x", "✓", "✔", "بله", "بلی", "آری", "نعم", "بەڵێ"]);
const NO = new Set(["", "no", "n", "false", "0", "-", "نه", "خیر", "لا", "نەخێر"]);
const MOST_NAME = 100;
const MOST_ADDRESS = 254;
// The server checks addresses by the book; this is for what is plainly none.
const ADDRESS = /^[^\s@,;<>"()[\]\\]+@[^\s@,;<>"()[\]\\]+\.[^\s@,;<>"()[\]\\]+$/u;
const STARTS_FORMULA = /^[ \u00a0\u3000]*[=+\-@＝＋－＠\t\r]/u;
const CANNOT_BE_SHOWN = /[\p{Cc}\p{Co}\p{Cs}\p{Zl}\p{Zp}\ufffd\u202a-\u202e\u2066-\u2069]/u;

export class FileError extends Error {
  constructor(kind, column) {
    super(kind);
    this.kind = kind;
    this.column = column;
  }
}

// The text of a file. Throws FileError if it is too large or not UTF-8.
export function textOf(bytes) {
  if (bytes.length > MOST_BYTES) throw new FileError("large");
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw new FileError("encoding");
  if (bytes.includes(0)) throw new FileError("binary");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileError("encoding");
  }
}

// {rows, problems}: rows as objects by column with their `line`, checked; problems as [{line, kind}].
// Throws FileError for what is wrong with the whole file.
export function rowsOf(text, { countries, today, mostRows }) {
  const { records, unclosed } = recordsOf(text, separatorOf(text));
  if (unclosed !== null) return { rows: [], problems: [{ line: unclosed, kind: "quote" }] };
  const header = records.shift()?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  if (!NEEDED.every((name) => header.includes(name)) || new Set(header).size !== header.length) {
    throw new FileError("header");
  }
  const stranger = header.find((name) => !KNOWN.has(name));
  if (stranger !== undefined) throw new FileError("column", stranger.slice(0, 40));
  if (records.length === 0) throw new FileError("empty");
  if (records.length > mostRows) throw new FileError("large");
  const rows = [];
  const problems = [];
  for (const { cells, line } of records) {
    const found = rowOf(header, cells, { countries, today });
    if (typeof found === "string") problems.push({ line, kind: found });
    else rows.push({ ...found, line });
  }
  return { rows, problems };
}

// The row, or the kind of what is wrong with it.
function rowOf(header, cells, { countries, today }) {
  if (cells.length !== header.length) return "cells";
  if (cells.some((cell) => cell.length > MOST_CELL)) return "long";
  const said = Object.fromEntries(header.map((name, place) => [name, cells[place].trim()]));
  const { name, email, date = "", country = "", public_name = "" } = said;
  if ([name, public_name].some((cell) => STARTS_FORMULA.test(cell))) return "formula";
  if (!YES.has(said.consent.toLowerCase())) return "consent";
  if (!isName(name)) return "name";
  if (email.length > MOST_ADDRESS || !ADDRESS.test(email) || CANNOT_BE_SHOWN.test(email)) return "email";
  if (date && !isPastDay(date, today)) return "date";
  if (country && !countries.has(country.toUpperCase())) return "country";
  if (public_name && !isName(public_name)) return "public_name";
  const updates = (said.updates ?? "").toLowerCase();
  if (!YES.has(updates) && !NO.has(updates)) return "updates";
  return { name, email, date, country: country.toUpperCase(), public_name, updates: YES.has(updates) };
}

function isName(text) {
  return text.length > 0 && text.length <= MOST_NAME && /[\p{L}\p{N}]/u.test(text) && !CANNOT_BE_SHOWN.test(text);
}

function isPastDay(text, today) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text > today) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

// Where the decimal mark is a comma, spreadsheets part cells by semicolons.
function separatorOf(text) {
  const end = text.search(/[\r\n]/);
  const first = end < 0 ? text : text.slice(0, end);
  return [",", ";", "\t"].reduce((best, sign) => (count(first, sign) > count(first, best) ? sign : best));
}

function count(text, sign) {
  return text.split(sign).length;
}

// RFC 4180: {cells, line} for each record that is not empty; `line` is where it begins, counted from 1.
function recordsOf(text, separator) {
  const records = [];
  let cells = [];
  let cell = "";
  let line = 1;
  let begun = 1;
  let quotedSince = null;
  const endCell = () => {
    cells.push(cell);
    cell = "";
  };
  const endRecord = () => {
    endCell();
    if (cells.some((each) => each.trim() !== "")) records.push({ cells, line: begun });
    cells = [];
    begun = line;
  };
  for (let place = 0; place < text.length; place += 1) {
    const sign = text[place];
    if (quotedSince !== null) {
      if (sign === "\n") line += 1;
      if (sign !== '"') cell += sign;
      else if (text[place + 1] === '"') cell += text[++place];
      else quotedSince = null;
    } else if (sign === '"' && cell === "") quotedSince = line;
    else if (sign === separator) endCell();
    else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[place + 1] === "\n") place += 1;
      line += 1;
      endRecord();
    } else cell += sign;
  }
  if (cell !== "" || cells.length > 0) endRecord();
  return { records, unclosed: quotedSince };
}
