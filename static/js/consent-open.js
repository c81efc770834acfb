// The page that opens a consent record: every version of it, with the phrase of a key holder. The phrase never leaves
// this page, so its field has no `name`.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { forgetKeys, openKeys } from "./list-keys.js";

const FORMAT = "campaign-consent/1";
const SMALLEST_BYTES = 512;

for (const section of document.querySelectorAll("[data-open-consent]")) bind(section);

function bind(section) {
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const phrase = section.querySelector("[data-phrase]");
  const button = section.querySelector("[data-go]");
  button.disabled = false;
  section.querySelector("[data-open-consent-form]").addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    alert.textContent = "";
    status.textContent = section.dataset.textWorking;
    try {
      const opened = await open(section.dataset, phrase.value);
      show(section, opened);
      phrase.value = "";
      status.textContent = opened.length > 0 ? section.dataset.textDone : section.dataset.textNone;
    } catch (error) {
      status.textContent = "";
      const said = { "wrong-phrase": "textWrongPhrase", network: "textNetwork" }[error.kind] ?? "textFormat";
      alert.textContent = section.dataset[said];
      if (error.kind === "wrong-phrase") phrase.focus();
    }
    button.disabled = false;
  });
}

// The versions, newest first, each {number, fields}; no fields where another key is needed.
async function open({ sealedUrl, campaign }, phrase) {
  await sodium.ready;
  const sealed = await fetched(sealedUrl);
  if (sealed.format !== FORMAT || sealed.campaign !== campaign) throw new Error("of another campaign");
  const keys = openKeys(sodium, sealed, phrase);
  try {
    return sealed.records.map(({ id, number, epoch, sealed: box }) => {
      const pair = keys.get(epoch);
      return { number, fields: pair ? openBox(pair, { campaign, id }, box) : null };
    });
  } finally {
    forgetKeys(sodium, keys);
  }
}

async function fetched(address) {
  try {
    const response = await fetch(address, { credentials: "same-origin", cache: "no-store", redirect: "error" });
    if (response.ok) return await response.json();
  } catch {
    // Said below.
  }
  throw Object.assign(new Error(), { kind: "network" });
}

function openBox({ publicKey, secretKey }, { campaign, id }, box) {
  const bytes = sodium.from_base64(box, sodium.base64_variants.ORIGINAL);
  const padded = sodium.crypto_box_seal_open(bytes, publicKey, secretKey);
  if (padded.length < SMALLEST_BYTES) throw new Error("no such box");
  const fields = JSON.parse(sodium.to_string(sodium.unpad(padded, padded.length)));
  if (fields.campaign !== campaign || fields.signature !== id) throw new Error("of another campaign");
  return fields;
}

function show(section, opened) {
  const list = section.querySelector("[data-opened]");
  list.replaceChildren(...opened.flatMap((version) => described(section.dataset, version)));
  list.hidden = opened.length === 0;
}

function described(texts, { number, fields }) {
  const said = fields ? (texts[`basis${capital(fields.basis)}`] ?? fields.basis) : texts.textLocked;
  const head = element("dt", new Intl.NumberFormat(document.documentElement.lang).format(number));
  const body = element("dd", said);
  if (fields?.note) {
    const note = element("p", fields.note);
    note.dir = "auto";
    note.className = "desk-lines";
    body.append(note);
  }
  return [head, body];
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
