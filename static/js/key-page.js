// What the pages about keys share: reading what somebody has, saying what is wrong, making what a new holder gets.

import { fingerprint, lock, newFileSecret, newPhrase, openedBy } from "./key-locks.js";
import { handOver } from "./key-handover.js";
import { keyFileText, paperLines, readKeyFile, readTyped, SecretError } from "./key-secrets.js";

// Let a press of the button run `work` once at a time. Until now the button would have sent the form without a script.
export function bindForm(form, work) {
  const button = form.querySelector("[data-start]");
  const error = form.querySelector("[data-error]");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    form.setAttribute("aria-busy", "true");
    error.textContent = "";
    try {
      await work();
    } catch (fault) {
      if (!fault.kind) throw fault;
      const line = fault.line?.toLocaleString(document.documentElement.lang);
      error.textContent = filled(form.dataset[`text${camel(fault.kind)}`] ?? form.dataset.textWrong, { ...fault, line });
      form.querySelector(fault.field ?? "[data-phrase]")?.focus();
    } finally {
      button.disabled = false;
      form.removeAttribute("aria-busy");
    }
  });
}

// Everything that was typed or chosen in this part of the page, as openers ({phrase} or {secretKey}). Throws SecretError.
export async function openersOf(sodium, part) {
  const typed = [...part.querySelectorAll("[data-phrase]")].map((input) => input.value).filter((text) => text.trim());
  const files = [...part.querySelectorAll("[data-key-file]")].flatMap((input) => [...input.files]);
  const openers = typed.map((text) => readTyped(sodium, text));
  for (const file of files) openers.push({ phrase: readKeyFile(await file.text()) });
  return openers;
}

// The first of these keys that one of the openers opens, with its id, as openedBy gives it. Throws SecretError, of
// kind "wrong", or "other-key" for a paper copy of the `key` with that fingerprint.
export async function openOne(sodium, epochs, openers) {
  // Let the page show that it works before Argon2id keeps it busy for a moment.
  await nextTask();
  for (const epoch of epochs) {
    for (const opener of openers) {
      const pair = openedBy(sodium, epoch, opener);
      if (pair) return { ...pair, epoch, isPaper: Boolean(opener.secretKey) };
    }
  }
  const isOtherPaper = openers.length > 0 && openers.every((opener) => opener.secretKey);
  throw isOtherPaper ? new SecretError("other-key", { key: isolated(paperKey(sodium, openers[0])) }) : new SecretError("wrong");
}

// What a holder of this name gets, once it was handed over: {holder, kind, and what it unlocks}.
export async function newShare(sodium, section, { secretKey, publicKey, holder, kind, words }) {
  const key = fingerprint(sodium, publicKey);
  const secret = kind === "file" ? newFileSecret(sodium) : newPhrase(sodium, words);
  const title = filled(kind === "file" ? section.dataset.titleFile : section.dataset.titlePhrase, { holder });
  const file = { text: keyFileText(secret, key), fileName: `key-${key.slice(0, 4)}.txt` };
  await handOver(section, { kind, title, shown: secret.split(" "), ...(kind === "file" ? file : {}) });
  return { holder, kind, ...lock(sodium, secretKey, secret) };
}

export async function handOverPaper(sodium, section, { secretKey, publicKey }) {
  for (const place of section.querySelectorAll("[data-fingerprint]")) {
    place.textContent = fingerprint(sodium, publicKey);
  }
  const shown = paperLines(sodium, secretKey);
  await handOver(section, { kind: "paper", title: section.dataset.titlePaper, shown, code: shown.join("").replaceAll(" ", "") });
}

function paperKey(sodium, { secretKey }) {
  return fingerprint(sodium, sodium.crypto_scalarmult_base(secretKey));
}

// Groups of digits and letters must not change places in a sentence that runs from right to left.
export function isolated(fingerprint) {
  return `\u2066${fingerprint}\u2069`;
}

function filled(text, words) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole);
}

function camel(kind) {
  return kind.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase());
}

function nextTask() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
