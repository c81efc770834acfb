// A workbook (XLSX) with the parts that campaign/exports/workbook.py writes, letter by letter; change both or neither.
// It says there why each rule is as it is.

import { Zip, ZipDeflate } from "../vendor/fflate/fflate.mjs";

const MOST_ROWS = 1_048_576;
const MOST_BYTES_A_SHEET = 2_000_000_000;
const MOST_CHARACTERS = 32_767;
const PIECE_CHARACTERS = 256 * 1024;
const LEVEL = 1;
// The year in which ZIP begins; in the time of this machine, because that is how ZIP keeps it.
const NO_TIME = new Date(1980, 0, 1);
const SPECIAL = /[&<>\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/g;
// What joins cells and rows in Python.
const JOINS = /[\x1e\x1f]/g;
const HALF_AT_END = /\p{Surrogate}$/u;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const STYLES =
  `<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
  '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill ' +
  'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border>' +
  '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>' +
  '<cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" ' +
  'applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>';

const utf8 = new TextEncoder();

// Gives `write` the file, piece by piece; no more than a piece of it is kept. First `head`, then rows, then `end`.
export class Workbook {
  type = `${KIND}.sheet`;
  #zip;
  #head = "";
  #sheets = 0;
  #part = null;
  #text = "";
  #rows = 0;
  #bytes = 0;

  constructor(write) {
    this.#zip = new Zip((error, bytes) => {
      if (error) throw error;
      write(bytes);
    });
  }

  head(columns, isRtl) {
    this.#head = sheetHead(columns, isRtl);
    this.#beginSheet();
  }

  row(cells) {
    if (this.#rows >= MOST_ROWS || this.#bytes >= MOST_BYTES_A_SHEET) {
      this.#endSheet();
      this.#beginSheet();
    }
    this.#rows += 1;
    this.#text += `<row>${cells.map((cell, place) => textCell(place, this.#rows, cell)).join("")}</row>`;
    if (this.#text.length > PIECE_CHARACTERS) this.#send(false);
  }

  end() {
    this.#endSheet();
    for (const [name, text] of frame(this.#sheets)) {
      this.#begin(name);
      this.#text = XML + text;
      this.#send(true);
    }
    this.#zip.end();
  }

  #beginSheet() {
    this.#sheets += 1;
    this.#begin(`xl/worksheets/sheet${this.#sheets}.xml`);
    this.#text = this.#head;
    [this.#rows, this.#bytes] = [1, 0];
  }

  #endSheet() {
    this.#text += "</sheetData></worksheet>";
    this.#send(true);
  }

  #begin(name) {
    this.#part = new ZipDeflate(name, { level: LEVEL });
    this.#part.mtime = NO_TIME;
    this.#zip.add(this.#part);
  }

  #send(isLast) {
    const piece = utf8.encode(this.#text);
    this.#part.push(piece, isLast);
    this.#bytes += piece.length;
    this.#text = "";
  }
}

function textCell(place, row, cell) {
  return `<c r="${letter(place)}${row}" s="1" t="inlineStr"><is><t xml:space="preserve">${safe(holdable(cell))}</t></is></c>`;
}

function holdable(cell) {
  const kept = cell.replace(JOINS, "");
  return kept.length > MOST_CHARACTERS ? kept.slice(0, MOST_CHARACTERS).replace(HALF_AT_END, "") : kept;
}

function safe(text) {
  return text.replace(SPECIAL, (found) => ENTITIES[found] ?? `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`);
}

function letter(place) {
  return String.fromCharCode(65 + place);
}

function sheetHead(columns, isRtl) {
  const head = columns.map((name, place) => `<c r="${letter(place)}1" s="2" t="inlineStr"><is><t>${safe(name)}</t></is></c>`);
  return (
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView${isRtl ? ' rightToLeft="1"' : ""} workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
    `<cols><col min="1" max="${columns.length}" width="24" customWidth="1"/></cols><sheetData><row>${head.join("")}</row>`
  );
}

// The parts that name the sheets.
function frame(sheets) {
  const numbers = Array.from({ length: sheets }, (_, place) => place + 1);
  const each = (write) => numbers.map(write).join("");
  const named = each((number) => `<sheet name="${number}" sheetId="${number}" r:id="rId${number}"/>`);
  const related = each((number) => relation(number, "worksheet", `worksheets/sheet${number}.xml`));
  const parts = each((number) => override(`xl/worksheets/sheet${number}.xml`, "worksheet"));
  return [
    ["xl/workbook.xml", `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${named}</sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", relationships(related + relation(sheets + 1, "styles", "styles.xml"))],
    ["xl/styles.xml", STYLES],
    ["_rels/.rels", relationships(relation(1, "officeDocument", "xl/workbook.xml"))],
    [
      "[Content_Types].xml",
      `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/` +
        'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>' +
        `${override("xl/workbook.xml", "sheet.main")}${parts}${override("xl/styles.xml", "styles")}</Types>`,
    ],
  ];
}

function relation(number, what, target) {
  return `<Relationship Id="rId${number}" Type="${RELATIONS}/${what}" Target="${target}"/>`;
}

function relationships(inside) {
  return `<Relationships xmlns="${PACKAGE}/relationships">${inside}</Relationships>`;
}

function override(name, what) {
  return `<Override PartName="/${name}" ContentType="${KIND}.${what}+xml"/>`;
}
