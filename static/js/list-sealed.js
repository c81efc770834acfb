// Open a sealed list (campaign-sealed-list/1) and hand its rows to a sheet, as `campaign decrypt` does offline.
// Knows no page: it is given libsodium, a stream of bytes and a phrase, and tells what it found.

import { ListError } from "./list-errors.js";
import { forgetKeys, lockedKeys, openKeys } from "./list-keys.js";
import { linesOf } from "./list-lines.js";

const FORMAT = "campaign-sealed-list/1";
const COLUMNS = "name,email,country,public_name,message,updates,language,confirmed_hour,source,signature".split(",");
const SMALLEST_BYTES = 512;
const SLICE_MILLISECONDS = 40;
const ROW_START = /^\{"id":"([0-9a-f]{32})"/;
const HALF_CHARACTER = /\p{Surrogate}/u;
const TEXT = ["epoch", "sealed", "language", "confirmed_hour", "source"];
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Calls `sheet.head(columns, isRtl)`, `sheet.row(cells)` for each row and, now and then, `await progress(done)`, which should
// let the page breathe. `phrase` may be several openers (see list-keys.js).
// Gives {rows, problems, locked}: how many rows were written, the ids of those that did not open, and the fingerprints of
// keys in the list that nothing given here opens; their rows are problems too.
// Throws ListError if the phrase opens nothing or the list is not whole; what was written is then worth nothing.
export async function openList(sodium, stream, phrase, { sheet, progress }) {
  const lines = linesOf(stream);
  let keys = new Map();
  try {
    const header = readHeader((await lines.next()).value);
    keys = openKeys(sodium, header, phrase);
    const locked = lockedKeys(sodium, header, keys);
    // Lists of earlier versions say nothing of their direction.
    sheet.head(COLUMNS, header.direction === "rtl");
    const problems = [];
    const done = await eachRow(lines, progress, (line, value) => {
      const start = ROW_START.exec(latin(line.subarray(0, 40)));
      if (!start) throw new ListError("format");
      const cells = value && rowCells(sodium, keys, header.campaign, start[1], value);
      if (cells) sheet.row(cells);
      else problems.push(start[1]);
    });
    return { rows: done - problems.length, problems, locked };
  } finally {
    forgetKeys(sodium, keys);
    await lines.return();
  }
}

async function eachRow(lines, progress, open) {
  let seen = 0;
  let pausedAt = performance.now();
  for await (const line of lines) {
    const value = jsonObject(line);
    if (value && "end" in value) {
      const isWhole = value.rows === seen && (await lines.next()).done;
      if (!isWhole) throw new ListError("truncated");
      return seen;
    }
    open(line, value);
    seen += 1;
    if (performance.now() - pausedAt > SLICE_MILLISECONDS) {
      await progress(seen);
      pausedAt = performance.now();
    }
  }
  throw new ListError("truncated");
}

function readHeader(line) {
  const header = line && jsonObject(line);
  if (header?.format !== FORMAT || !isText(header.campaign) || !Array.isArray(header.epochs)) {
    throw new ListError("format");
  }
  return header;
}

// As a UUID is written: a spreadsheet would take some rows of digits for numbers, and round them.
function withDashes(id) {
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
}

// The cells of one row, or null if it is damaged, belongs elsewhere, or is sealed to a key not opened.
function rowCells(sodium, keys, campaign, id, row) {
  const name = row.public_name ?? "";
  const isRow = TEXT.every((key) => isText(row[key])) && isText(name) && typeof row.updates === "boolean";
  const pair = isRow && keys.get(row.epoch);
  const fields = pair && openBox(sodium, pair, row.sealed);
  if (!fields || fields.campaign !== campaign || fields.signature !== id) return null;
  const { name: signatory = "", email = "", country = "", message = "" } = fields;
  const updates = row.updates ? "yes" : "no";
  return [signatory, email, country, name, message, updates, row.language, row.confirmed_hour, row.source, withDashes(id)];
}

function openBox(sodium, { publicKey, secretKey }, sealed) {
  try {
    const box = Uint8Array.from(atob(sealed), (char) => char.charCodeAt(0));
    const padded = sodium.crypto_box_seal_open(box, publicKey, secretKey);
    if (padded.length < SMALLEST_BYTES) return null;
    const fields = jsonObject(sodium.unpad(padded, padded.length));
    return fields && Object.values(fields).every(isText) ? fields : null;
  } catch {
    return null;
  }
}

function jsonObject(bytes) {
  try {
    const value = JSON.parse(utf8.decode(bytes));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function isText(value) {
  // JSON can spell half a character ("\ud800"), which no file can hold.
  return typeof value === "string" && !HALF_CHARACTER.test(value);
}

function latin(bytes) {
  return String.fromCharCode(...bytes);
}
