// Try what somebody has: open the small box that is sealed to each key, and send what was in it. That proves to the site
// that the key was opened, and tells it nothing else.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { base64, readEpochs } from "./key-locks.js";
import { bindForm, handOverPaper, openersOf, openOne } from "./key-page.js";

for (const form of document.querySelectorAll("[data-try-key]")) bindForm(form, () => tryKey(form));

async function tryKey(form) {
  const { key, holder, content } = form.elements;
  await sodium.ready;
  const epochs = readEpochs(sodium, JSON.parse(form.dataset.keys));
  const opened = await openOne(sodium, epochs, await openersOf(sodium, form));
  const { publicKey, secretKey, epoch } = opened;
  const inside = sodium.crypto_box_seal_open(epoch.testBox, publicKey, secretKey);
  for (const input of form.querySelectorAll("[data-phrase], [data-key-file]")) input.value = "";
  if ("printsPaper" in form.dataset) {
    form.hidden = true;
    await handOverPaper(sodium, document.querySelector("[data-handover]"), opened);
  }
  sodium.memzero(secretKey);
  key.value = epoch.id;
  holder.value = opened.holderId ?? "";
  content.value = base64(sodium, inside);
  form.submit();
}
