// The page that opens a signature list: asks for the phrase, shows how far it is, saves a spreadsheet.
// The phrase and what it opens never leave this page. The phrase field must have no `name`, or a form sent without
// this script would carry it.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { isolated, openersOf } from "./key-page.js";
import { ListError } from "./list-errors.js";
import { piecesOf } from "./list-source.js";

const SAY_EVERY_MILLISECONDS = 1000;
const MOST_IDS_SHOWN = 20;
const FILE_PIECE_BYTES = 256 * 1024;
// What is wrong with the list, and not with what was typed.
const IN_THE_LIST = new Set(["format", "truncated"]);

for (const section of document.querySelectorAll("[data-open-list]")) bind(section);

function bind(section) {
  const form = section.querySelector("[data-open-list-form]");
  let isBusy = false;
  // Until now a press would have sent the form as if there were no script.
  section.querySelector("[data-open]").disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    section.setAttribute("aria-busy", "true");
    await openAndSave(section);
    section.removeAttribute("aria-busy");
    isBusy = false;
  });
}

async function openAndSave(section) {
  const phrase = section.querySelector("[data-phrase]");
  const page = partsOf(section);
  page.start();
  try {
    await sodium.ready;
    const openers = await openersOf(sodium, section);
    const total = { count: null };
    const form = section.querySelector("[data-save-as]").value;
    const pieces = listPieces(section, total, page);
    const opened = await inWorker(pieces, { phrase: openers, form }, (done) => page.progress(done, total.count));
    forgetTyped(section);
    page.finish(opened.found, opened.blob, form);
  } catch (error) {
    page.fail(error);
    if (!error.kind || IN_THE_LIST.has(error.kind)) forgetTyped(section);
    else phrase.focus();
  }
}

function forgetTyped(section) {
  for (const input of section.querySelectorAll("[data-phrase], [data-key-file]")) input.value = "";
}

// Where the list comes from: a file downloaded earlier if one is chosen, or else the site.
function listPieces(section, total, page) {
  const file = section.querySelector("[data-list-file]")?.files[0];
  if (file) return filePieces(file);
  const setTotal = (count) => {
    total.count = count;
  };
  return piecesOf(section.dataset.listUrl, setTotal, () => page.again());
}

async function* filePieces(file) {
  for (let start = 0; start < file.size; start += FILE_PIECE_BYTES) {
    yield new Uint8Array(await file.slice(start, start + FILE_PIECE_BYTES).arrayBuffer());
  }
}

// Hand the pieces to a worker as it asks for them; {found, blob} in the end. The keys end with the worker.
async function inWorker(pieces, how, onProgress) {
  const worker = new Worker(new URL("./list-worker.js", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      const next = async () => {
        const { done, value } = await pieces.next();
        worker.postMessage({ bytes: done ? null : value }, done ? [] : [value.buffer]);
      };
      worker.onerror = () => reject(new Error("no worker"));
      worker.onmessage = ({ data }) => {
        if (data.more) next().catch(reject);
        else if (data.found) resolve(data);
        else if (data.fault) reject(Object.assign(new ListError(data.fault.kind), data.fault));
        else onProgress(data.progress);
      };
      worker.postMessage(how);
    });
  } finally {
    worker.terminate();
    await pieces.return();
  }
}

function partsOf(section) {
  const bar = section.querySelector("[data-progress]");
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const save = section.querySelector("[data-save]");
  const texts = section.dataset;
  let saidAt = 0;

  return {
    start() {
      alert.textContent = "";
      status.textContent = texts.textWorking;
      bar.removeAttribute("value");
      bar.hidden = false;
      save.hidden = true;
      if (save.href) URL.revokeObjectURL(save.href);
      save.removeAttribute("href");
    },

    again() {
      status.textContent = texts.textAgain;
    },

    progress(done, total) {
      if (total) {
        bar.max = Math.max(total, done);
        bar.value = done;
      }
      // A screen reader speaks every change, so the words change seldom.
      if (done > 0 && performance.now() - saidAt > SAY_EVERY_MILLISECONDS) {
        status.textContent = filled(texts.textProgress, { done: number(done), total: total ? number(total) : "…" });
        saidAt = performance.now();
      }
    },

    finish({ rows, problems, locked }, blob, form) {
      bar.hidden = true;
      if (locked.length > 0) alert.textContent = filled(texts.textLocked, { keys: locked.map(isolated).join(", ") });
      else if (problems.length > 0) alert.textContent = filled(texts.textDamaged, damagedWords(problems));
      const written = number(rows);
      status.textContent = rows > 0 ? filled(texts.textDone, { count: written, done: written, total: written }) : "";
      if (rows + problems.length === 0) status.textContent = texts.textEmpty;
      if (rows > 0) offer(save, blob, `${texts.fileName}.${form}`);
    },

    fail({ kind = "network", keys = [], line }) {
      bar.hidden = true;
      status.textContent = "";
      const said = {
        "wrong-phrase": texts.textWrongPhrase,
        "other-key": texts.textOtherKey,
        "key-file": texts.textKeyFile,
        "paper-length": texts.textPaperLength,
        "paper-line": texts.textPaperLine,
        network: texts.textNetwork,
        format: texts.textFormat,
      };
      alert.textContent = filled(said[kind] ?? texts.textTruncated, { keys: keys.map(isolated).join(", "), line: line && number(line) });
    },
  };
}

function offer(link, blob, name) {
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.hidden = false;
  link.click();
}

function damagedWords(ids) {
  const shown = ids.slice(0, MOST_IDS_SHOWN).join(", ");
  return { count: number(ids.length), ids: ids.length > MOST_IDS_SHOWN ? `${shown} …` : shown };
}

function filled(text, words) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => words[key] ?? whole);
}

function number(count) {
  return count.toLocaleString(document.documentElement.lang || undefined);
}
