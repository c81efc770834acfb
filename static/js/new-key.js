// Make the site's key, or change it, in the organizer's browser. The secret half and the phrases never leave this page:
// what is sent is the public half, and the secret half locked for each holder.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { words } from "../vendor/eff/words.mjs";
import { base64 } from "./key-locks.js";
import { bindForm, handOverPaper, newShare } from "./key-page.js";
import { SecretError } from "./key-secrets.js";

for (const form of document.querySelectorAll("[data-new-key]")) {
  const { second_kind: choice } = form.elements;
  const follow = () => {
    form.querySelector("[data-second]").hidden = choice.value === "paper";
  };
  choice.addEventListener("change", follow);
  follow();
  bindForm(form, () => make(form));
}

async function make(form) {
  const section = document.querySelector("[data-handover]");
  const { holder, holder_kind, second, second_kind, public_key, shares, has_paper } = form.elements;
  const wantsPaper = second_kind.value === "paper";
  const people = [{ holder: holder.value.trim(), kind: holder_kind.value, field: "#holder" }];
  if (!wantsPaper) people.push({ holder: second.value.trim(), kind: second_kind.value, field: "#second" });
  for (const { holder: name, field } of people) if (!name) throw new SecretError("name", { field });
  if (people[1]?.holder.toLowerCase() === people[0].holder.toLowerCase()) throw new SecretError("same", { field: "#second" });

  await sodium.ready;
  const { publicKey, privateKey: secretKey } = sodium.crypto_box_keypair();
  form.hidden = true;
  const made = [];
  for (const { holder: name, kind } of people) {
    made.push(await newShare(sodium, section, { secretKey, publicKey, holder: name, kind, words }));
  }
  if (wantsPaper) await handOverPaper(sodium, section, { secretKey, publicKey });
  sodium.memzero(secretKey);
  public_key.value = base64(sodium, publicKey);
  shares.value = JSON.stringify(made);
  has_paper.value = wantsPaper ? "y" : "";
  form.submit();
}
