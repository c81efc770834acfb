// The page that opens what is sealed of a batch: place, collector, scan, rows that wait.

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { kindOf, openScan } from "./paper-seal.js";
import { bindOpening, fetched, openFields, withKeys } from "./sealed-opening.js";

const FORMAT = "campaign-paper-batch/1";

for (const section of document.querySelectorAll("[data-open-paper]")) bindOpening(section, open);

async function open(section, phrase) {
  const belongs = { campaign: section.dataset.campaign, batch: section.dataset.batch };
  const sealed = await (await fetched(section.dataset.sealedUrl)).json();
  if (sealed.format !== FORMAT || sealed.campaign !== belongs.campaign || sealed.batch !== belongs.batch) {
    throw new Error("of another batch");
  }
  await withKeys(sealed, phrase, async (keys) => {
    if (sealed.details) showDetails(section, openDetails(keys, belongs, sealed.details));
    if (sealed.scan) {
      const box = new Uint8Array(await (await fetched(section.dataset.scanUrl)).arrayBuffer());
      offerScan(section, openScan(sodium, pairOf(keys, sealed.scan), belongs, box));
    }
    if (section.dataset.rowsUrl) await showRows(section, keys, belongs);
  });
}

function pairOf(keys, epoch) {
  const pair = keys.get(epoch);
  // The phrase opened another key of this list.
  if (!pair) throw Object.assign(new Error(), { kind: "wrong-phrase" });
  return pair;
}

function openDetails(keys, { campaign, batch }, { epoch, sealed }) {
  return openFields(pairOf(keys, epoch), { campaign, id: batch }, sealed);
}

async function showRows(section, keys, { campaign }) {
  const part = section.querySelector("[data-rows]");
  const people = [];
  let seen = 0;
  let after = "";
  for (;;) {
    const { rows } = await (await fetched(`${section.dataset.rowsUrl}?after=${after}`)).json();
    if (rows.length === 0) break;
    for (const row of rows) {
      try {
        // What stands beside the box counts, whatever else is in the box.
        const { public_name, updates } = row;
        const fields = openFields(pairOf(keys, row.epoch), { campaign, id: row.id }, row.sealed);
        people.push({ ...fields, public_name, updates });
      } catch {
        // Said below, by their number.
      }
    }
    seen += rows.length;
    after = rows.at(-1).id;
  }
  people.sort((one, other) => String(one.name).localeCompare(String(other.name), document.documentElement.lang));
  const yes = part.dataset.textYes;
  part.querySelector("tbody").replaceChildren(...people.map((person) => lineOf(person, yes)));
  part.querySelector("[data-damaged]").hidden = people.length === seen && seen === Number(section.dataset.lines);
  part.hidden = false;
}

// As text, never as markup: all of it was typed by somebody.
function lineOf({ name, email, signed_on, country, public_name, updates }, yes) {
  const line = document.createElement("tr");
  for (const value of [name, email, signed_on, country, public_name, updates ? yes : ""]) {
    const cell = document.createElement("td");
    const text = document.createElement("bdi");
    text.textContent = value ?? "";
    cell.append(text);
    line.append(cell);
  }
  return line;
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
