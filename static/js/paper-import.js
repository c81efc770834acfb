// The page that imports rows typed from sheets: reads the file here, seals each row here, sends sealed rows.
// All of them or none: the site takes a batch only once it has every row of it. Sending was cut off? The same file goes on.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { FileError, rowsOf, textOf } from "./paper-csv.js";
import { base64, fromBase64, sealFields } from "./paper-seal.js";
import { post } from "./paper-send.js";

const MOST_LINES_SHOWN = 20;
// What a request may be, less some room.
const MOST_BODY_CHARACTERS = 56 * 1024;

for (const section of document.querySelectorAll("[data-import]")) bind(section);

function bind(section) {
  const form = section.querySelector("[data-import-form]");
  const button = section.querySelector("[data-go]");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    section.setAttribute("aria-busy", "true");
    const page = partsOf(section);
    page.start();
    try {
      await run(section, form, page);
    } catch (error) {
      page.fail(error);
    }
    section.removeAttribute("aria-busy");
    button.disabled = false;
  });
}

async function run(section, form, page) {
  const file = section.querySelector("[data-file]").files[0];
  if (!file) throw new FileError("none");
  const known = {
    countries: new Set(section.dataset.countries.split(" ")),
    today: section.dataset.today,
    mostRows: Number(section.dataset.mostRows),
  };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { rows, problems } = rowsOf(textOf(bytes), known);
  if (problems.length > 0) {
    page.showLines(problems);
    return;
  }
  await sodium.ready;
  const token = section.dataset.token;
  const fields = ["signed_on", "language", "place", "collector"].map((name) => [name, form.elements[name].value]);
  const digest = sodium.crypto_hash_sha256(bytes);
  const about = { ...Object.fromEntries(fields), lines: String(rows.length), file: sodium.to_hex(digest) };
  const begun = await post(section.dataset.startUrl, about, token);
  // The whole file is there already.
  if (begun.next) {
    location.assign(begun.next);
    return;
  }
  if (begun.error) {
    page.showSentence(begun.message ?? section.dataset.textKey);
    if (begun.field) form.elements[begun.field]?.focus();
    return;
  }
  const idOf = idsFrom(digest, begun.batch);
  for (const part of partsToSend(section, rows, idOf, begun.taken)) {
    const taken = await post(begun.rows, { rows: part.rows }, token);
    if (taken.error === "row") {
      page.showLines([{ line: part.lines[taken.row], kind: taken.why }]);
      return;
    }
    if (taken.error) {
      page.showSentence(taken.message ?? section.dataset.textKey);
      return;
    }
    page.progress(part.done, rows.length);
  }
  const ended = await post(begun.end, {}, token);
  if (ended.message) {
    page.showSentence(ended.message);
    return;
  }
  if (!ended.next) throw new Error("not all arrived");
  location.assign(ended.next);
}

// The id of each row, always the same for this file in this batch, so that a row that is sent twice is taken once.
function idsFrom(digest, batch) {
  const key = sodium.crypto_generichash(32, sodium.from_string(batch), digest);
  return (place) => sodium.to_hex(sodium.crypto_generichash(16, sodium.from_string(String(place)), key));
}

// Sealed rows, as many at once as a request may hold, without the first that the site has already.
function* partsToSend(section, rows, idOf, taken) {
  const publicKey = fromBase64(sodium, section.dataset.publicKey);
  const most = Number(section.dataset.rowsAtOnce);
  let part = { rows: [], lines: [], done: 0 };
  let size = 0;
  for (const [place, row] of rows.entries()) {
    if (place < taken) continue;
    const sealed = sealedRow(section.dataset.campaign, publicKey, idOf(place), row);
    const length = JSON.stringify(sealed).length * 1.1;
    if (part.rows.length === most || size + length > MOST_BODY_CHARACTERS) {
      yield part;
      part = { rows: [], lines: [], done: place };
      size = 0;
    }
    part.rows.push(sealed);
    part.lines.push(row.line);
    part.done = place + 1;
    size += length;
  }
  if (part.rows.length > 0) yield part;
}

function sealedRow(campaign, publicKey, id, { name, email, date, country, public_name, updates }) {
  const fields = { campaign, signature: id, name, email, country, message: "" };
  const sealed = sealFields(sodium, publicKey, date ? { ...fields, signed_on: date } : fields);
  return { id, sealed: base64(sodium, sealed), email, public_name, updates, consent: true };
}

function partsOf(section) {
  const bar = section.querySelector("[data-progress]");
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const texts = section.dataset;
  const sentence = (text) => {
    const part = document.createElement("p");
    part.textContent = text;
    return part;
  };
  const show = (...parts) => {
    bar.hidden = true;
    status.textContent = "";
    alert.replaceChildren(...parts);
  };

  return {
    start() {
      alert.replaceChildren();
      status.textContent = texts.textChecking;
      bar.removeAttribute("value");
      bar.hidden = false;
    },

    progress(done, total) {
      bar.max = total;
      bar.value = done;
      status.textContent = filled(texts.textProgress, { done: number(done), total: number(total) });
    },

    showSentence(text) {
      show(sentence(text));
    },

    showLines(problems) {
      const list = document.createElement("ul");
      for (const { line, kind } of problems.slice(0, MOST_LINES_SHOWN)) {
        const item = document.createElement("li");
        item.textContent = filled(texts.textLine, { line: number(line), why: texts[`text${capital(kind)}`] });
        list.append(item);
      }
      const more = problems.length - MOST_LINES_SHOWN;
      const rest = more > 0 ? [sentence(filled(texts.textMore, { count: number(more) }))] : [];
      show(sentence(texts.textRefused), list, ...rest);
    },

    fail(error) {
      const text = error instanceof FileError ? texts[`text${capital(error.kind)}`] : texts.textNetwork;
      const words = { column: error.column, most: number(Number(texts.mostRows)) };
      show(sentence(filled(text, words)));
    },
  };
}

function capital(kind) {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

function filled(text, words) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => words[key] ?? whole);
}

function number(count) {
  return count.toLocaleString(document.documentElement.lang || undefined);
}
