// The forms in which the browser saves an opened list. Each is given rows of text and ends as a Blob, cut into pieces
// that a browser may hold on disk instead of in memory. campaign/exports/list_files.py writes the same: CSV and JSON
// Lines byte for byte, of a workbook what is in it.

import { asTextCell, BYTE_ORDER_MARK, csvLine } from "./list-csv.js";
import { Workbook } from "./list-workbook.js";

const PIECE_LENGTH = 1024 * 1024;

class Csv {
  type = "text/csv;charset=utf-8";
  #write;

  constructor(write) {
    this.#write = write;
  }

  head(columns) {
    this.#write(BYTE_ORDER_MARK + csvLine(columns));
  }

  row(cells) {
    this.#write(csvLine(cells.map(asTextCell)));
  }

  end() {}
}

class JsonLines {
  type = "application/jsonl";
  #write;
  #columns = [];

  constructor(write) {
    this.#write = write;
  }

  head(columns) {
    this.#columns = columns;
  }

  row(cells) {
    const fields = this.#columns.map((name, place) => [name, valueOf(name, cells[place])]);
    this.#write(`${JSON.stringify(Object.fromEntries(fields))}\n`);
  }

  end() {}
}

// Whether somebody wants news is yes or no, and everything else is text.
function valueOf(name, cell) {
  return name === "updates" ? cell === "yes" : cell;
}

const FORMS = { csv: Csv, jsonl: JsonLines, xlsx: Workbook };

export class Sheet {
  #form;
  #pieces = [];
  #parts = [];
  #length = 0;

  // `form` is "csv", "xlsx" or "jsonl".
  constructor(form) {
    this.#form = new FORMS[form]((part) => this.#take(part));
  }

  // `isRtl`: whether a sheet runs from the right.
  head(columns, isRtl) {
    this.#form.head(columns, isRtl);
  }

  row(cells) {
    this.#form.row(cells);
  }

  blob() {
    this.#form.end();
    this.#cut();
    return new Blob(this.#pieces, { type: this.#form.type });
  }

  #take(part) {
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length > PIECE_LENGTH) this.#cut();
  }

  #cut() {
    this.#pieces.push(new Blob(this.#parts));
    [this.#parts, this.#length] = [[], 0];
  }
}
