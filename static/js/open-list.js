// The page that opens a signature list: asks for the phrase, shows how far it is, saves a spreadsheet.
// The phrase and what it opens never leave this page. The phrase field must have no `name`, or a form sent without
// this script would carry it.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { isolated, openersOf } from "./key-page.js";
import { openList } from "./list-sealed.js";

const SAY_EVERY_MILLISECONDS = 1000;
const MOST_IDS_SHOWN = 20;
const PIECE_CHARACTERS = 1024 * 1024;
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
    const { stream, total } = await listStream(section);
    // Let the page show that it works before Argon2id keeps it busy for a moment.
    await page.progress(0, total);
    const sheet = new Sheet();
    const write = (text) => sheet.write(text);
    const progress = (done) => page.progress(done, total);
    const found = await openList(sodium, stream, openers, { write, progress });
    forgetTyped(section);
    page.finish(found, sheet);
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
async function listStream(section) {
  const file = section.querySelector("[data-list-file]")?.files[0];
  if (file) return { stream: file.stream(), total: null };
  // A session that has ended answers with the log-in page: better no list than that read as one.
  const options = { credentials: "same-origin", cache: "no-store", redirect: "error" };
  const response = await fetch(section.dataset.listUrl, options);
  if (!response.ok) throw new Error("no list");
  return { stream: response.body, total: Number(response.headers.get("X-Signature-Count")) || null };
}

// CSV kept as pieces of a Blob, which a browser may hold on disk instead of in memory.
class Sheet {
  #pieces = [];
  #text = "";

  write(text) {
    this.#text += text;
    if (this.#text.length > PIECE_CHARACTERS) this.#cut();
  }

  blob() {
    this.#cut();
    return new Blob(this.#pieces, { type: "text/csv;charset=utf-8" });
  }

  #cut() {
    this.#pieces.push(new Blob([this.#text]));
    this.#text = "";
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

    async progress(done, total) {
      if (total) {
        bar.max = Math.max(total, done);
        bar.value = done;
      }
      // A screen reader speaks every change, so the words change seldom.
      if (done > 0 && performance.now() - saidAt > SAY_EVERY_MILLISECONDS) {
        status.textContent = filled(texts.textProgress, { done: number(done), total: total ? number(total) : "…" });
        saidAt = performance.now();
      }
      await nextTask();
    },

    finish({ rows, problems, locked }, sheet) {
      bar.hidden = true;
      if (locked.length > 0) alert.textContent = filled(texts.textLocked, { keys: locked.map(isolated).join(", ") });
      else if (problems.length > 0) alert.textContent = filled(texts.textDamaged, damagedWords(problems));
      const written = number(rows);
      status.textContent = rows > 0 ? filled(texts.textDone, { count: written, done: written, total: written }) : "";
      if (rows + problems.length === 0) status.textContent = texts.textEmpty;
      if (rows > 0) offer(save, sheet.blob(), texts.fileName);
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

// Unlike setTimeout, messages are not slowed down to one a second when the organizer looks at another tab.
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
