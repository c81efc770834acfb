// The forms in which the browser saves an opened list. Each is given rows of text and ends as a Blob, cut into pieces
// that a browser may hold on disk instead of in memory. campaign/exports/list_files.py writes the same bytes.

import { asTextCell, BYTE_ORDER_MARK, csvLine } from "./list-csv.js";

const PIECE_CHARACTERS = 1024 * 1024;

export const SHEETS = {
  csv: {
    type: "text/csv;charset=utf-8",
    head: (columns) => BYTE_ORDER_MARK + csvLine(columns),
    row: (columns, cells) => csvLine(cells.map(asTextCell)),
  },
  jsonl: {
    type: "application/jsonl",
    head: () => "",
    row: (columns, cells) => `${JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, valueOf(name, cells[at])])))}\n`,
  },
};

// Whether somebody wants news is yes or no, and everything else is text.
function valueOf(name, cell) {
  return name === "updates" ? cell === "yes" : cell;
}

export class Sheet {
  #pieces = [];
  #text = "";
  #form;
  #columns = [];

  constructor(form) {
    this.#form = SHEETS[form];
  }

  head(columns) {
    this.#columns = columns;
    this.#text = this.#form.head(columns);
  }

  row(cells) {
    this.#text += this.#form.row(this.#columns, cells);
    if (this.#text.length > PIECE_CHARACTERS) this.#cut();
  }

  blob() {
    this.#cut();
    return new Blob(this.#pieces, { type: this.#form.type });
  }

  #cut() {
    this.#pieces.push(new Blob([this.#text]));
    this.#text = "";
  }
}
