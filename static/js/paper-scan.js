// The page that takes a scan of sheets: looks what the file is, seals it here, sends it sealed.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { fromBase64, kindOf, sealScan } from "./paper-seal.js";
import { post } from "./paper-send.js";

// The line that says where a scan belongs is part of what is sealed.
const LINE_BYTES = 256;

for (const section of document.querySelectorAll("[data-scan]")) bind(section);

function bind(section) {
  const status = section.querySelector("[data-status]");
  const alert = section.querySelector("[data-error]");
  const button = section.querySelector("[data-go]");
  button.disabled = false;
  section.querySelector("[data-scan-form]").addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    alert.textContent = "";
    status.textContent = section.dataset.textWorking;
    try {
      const answer = await sealAndSend(section);
      if (!answer.next) throw new Error("not taken");
      location.assign(answer.next);
    } catch (error) {
      alert.textContent = section.dataset[error.said ?? "textNetwork"];
    }
    status.textContent = "";
    button.disabled = false;
  });
}

async function sealAndSend(section) {
  const { campaign, batch, publicKey, mostBytes, blockBytes, sendUrl, token } = section.dataset;
  const file = section.querySelector("[data-file]").files[0];
  if (!file) throw Object.assign(new Error(), { said: "textNone" });
  if (file.size > Number(mostBytes) - LINE_BYTES) throw Object.assign(new Error(), { said: "textLarge" });
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!kindOf(bytes)) throw Object.assign(new Error(), { said: "textKind" });
  await sodium.ready;
  const key = fromBase64(sodium, publicKey);
  return post(sendUrl, sealScan(sodium, key, { campaign, batch }, bytes, Number(blockBytes)), token);
}
