// What every page has that opens something sealed with a phrase: the form and what it says, and how a box is opened.
// The phrase never leaves the page, so its field has no `name`.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { forgetKeys, openKeys } from "./list-keys.js";
import { fromBase64 } from "./paper-seal.js";

const SMALLEST_BYTES = 512;

// Calls `open(section, phrase)`, which may answer what to say when it is done, whenever the form is sent.
export function bindOpening(section, open) {
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const phrase = section.querySelector("[data-phrase]");
  const button = section.querySelector("[data-go]");
  button.disabled = false;
  section.querySelector("[data-open-form]").addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    alert.textContent = "";
    status.textContent = section.dataset.textWorking;
    try {
      await sodium.ready;
      const said = await open(section, phrase.value);
      phrase.value = "";
      status.textContent = said ?? section.dataset.textDone;
    } catch (error) {
      status.textContent = "";
      const said = { "wrong-phrase": "textWrongPhrase", network: "textNetwork" }[error.kind] ?? "textFormat";
      alert.textContent = section.dataset[said];
      if (error.kind === "wrong-phrase") phrase.focus();
    }
    button.disabled = false;
  });
}

// What `use(keys)` answers; the keys that the phrase opens are forgotten then.
export async function withKeys(sealed, phrase, use) {
  const keys = openKeys(sodium, sealed, phrase);
  try {
    return await use(keys);
  } finally {
    forgetKeys(sodium, keys);
  }
}

export async function fetched(address) {
  const failed = () => Object.assign(new Error(), { kind: "network" });
  const options = { credentials: "same-origin", cache: "no-store", redirect: "error" };
  const response = await fetch(address, options).catch(() => {
    throw failed();
  });
  if (!response.ok) throw failed();
  return response;
}

// What is in a box of base64. Throws if it does not open, or belongs elsewhere.
export function openFields({ publicKey, secretKey }, { campaign, id }, box) {
  const padded = sodium.crypto_box_seal_open(fromBase64(sodium, box), publicKey, secretKey);
  if (padded.length < SMALLEST_BYTES) throw new Error("no such box");
  const fields = JSON.parse(sodium.to_string(sodium.unpad(padded, padded.length)));
  if (fields.campaign !== campaign || fields.signature !== id) throw new Error("belongs elsewhere");
  return fields;
}
