// Let one more person open lists: unlock the key with what its holder has, lock it again for the new one. Only what was
// locked is sent.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { words } from "../vendor/eff/words.mjs";
import { readEpochs } from "./key-locks.js";
import { bindForm, newShare, openersOf, openOne } from "./key-page.js";
import { SecretError } from "./key-secrets.js";

for (const form of document.querySelectorAll("[data-add-holder]")) bindForm(form, () => add(form));

async function add(form) {
  const { holder, holder_kind, share } = form.elements;
  const name = holder.value.trim();
  if (!name) throw new SecretError("name", { field: "#holder" });
  await sodium.ready;
  const epochs = readEpochs(sodium, JSON.parse(form.dataset.keys));
  const { publicKey, secretKey } = await openOne(sodium, epochs, await openersOf(sodium, form));
  for (const input of form.querySelectorAll("[data-phrase], [data-key-file]")) input.value = "";
  form.hidden = true;
  const section = document.querySelector("[data-handover]");
  const made = await newShare(sodium, section, { secretKey, publicKey, holder: name, kind: holder_kind.value, words });
  sodium.memzero(secretKey);
  share.value = JSON.stringify(made);
  form.submit();
}
