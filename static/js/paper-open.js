// The page that opens what is sealed of a batch: place, collector, scan. The phrase never leaves it, so its field has
// no `name`.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { forgetKeys, openKeys } from "./list-keys.js";
import { fromBase64, kindOf, openScan } from "./paper-seal.js";

const FORMAT = "campaign-paper-batch/1";

for (const section of document.querySelectorAll("[data-open-paper]")) bind(section);

function bind(section) {
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const phrase = section.querySelector("[data-phrase]");
  const button = section.querySelector("[data-go]");
  button.disabled = false;
  section.querySelector("[data-open-paper-form]").addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    alert.textContent = "";
    status.textContent = section.dataset.textWorking;
    try {
      await open(section, phrase.value);
      phrase.value = "";
      status.textContent = section.dataset.textDone;
    } catch (error) {
      status.textContent = "";
      const said = { "wrong-phrase": "textWrongPhrase", network: "textNetwork" }[error.kind] ?? "textFormat";
      alert.textContent = section.dataset[said];
      if (error.kind === "wrong-phrase") phrase.focus();
    }
    button.disabled = false;
  });
}

async function open(section, phrase) {
  const belongs = { campaign: section.dataset.campaign, batch: section.dataset.batch };
  await sodium.ready;
  const sealed = await (await fetched(section.dataset.sealedUrl)).json();
  if (sealed.format !== FORMAT || sealed.campaign !== belongs.campaign || sealed.batch !== belongs.batch) {
    throw new Error("of another batch");
  }
  const keys = openKeys(sodium, sealed, phrase);
  try {
    if (sealed.details) showDetails(section, openDetails(keys, belongs, sealed.details));
    if (sealed.scan) {
      const box = new Uint8Array(await (await fetched(section.dataset.scanUrl)).arrayBuffer());
      offerScan(section, openScan(sodium, pairOf(keys, sealed.scan), belongs, box));
    }
  } finally {
    forgetKeys(sodium, keys);
  }
}

async function fetched(address) {
  const failed = () => Object.assign(new Error(), { kind: "network" });
  const options = { credentials: "same-origin", cache: "no-store", redirect: "error" };
  const response = await fetch(address, options).catch(() => {
    throw failed();
  });
  if (!response.ok) throw failed();
  return response;
}

function pairOf(keys, epoch) {
  const pair = keys.get(epoch);
  // The phrase opened another key of this list.
  if (!pair) throw Object.assign(new Error(), { kind: "wrong-phrase" });
  return pair;
}

function openDetails(keys, { campaign, batch }, { epoch, sealed }) {
  const { publicKey, secretKey } = pairOf(keys, epoch);
  const padded = sodium.crypto_box_seal_open(fromBase64(sodium, sealed), publicKey, secretKey);
  const fields = JSON.parse(sodium.to_string(sodium.unpad(padded, padded.length)));
  if (fields.campaign !== campaign || fields.signature !== batch) throw new Error("of another batch");
  return fields;
}

function showDetails(section, { place, collector }) {
  section.querySelector("[data-place]").textContent = place || "–";
  section.querySelector("[data-collector]").textContent = collector || "–";
  section.querySelector("[data-opened]").hidden = false;
}

// Saved, not shown: what is in it comes from somebody else's machine. What it is called goes by what it is.
function offerScan(section, bytes) {
  const kind = kindOf(bytes);
  if (!kind) throw new Error("no scan");
  const link = section.querySelector("[data-save]");
  if (link.href) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([bytes], { type: kind.type }));
  link.download = `${section.dataset.fileName}.${kind.ending}`;
  link.hidden = false;
  link.click();
}
