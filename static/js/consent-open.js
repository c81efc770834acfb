// The page that opens a consent record: every version of it, with the phrase of a key holder.

import { bindOpening, fetched, openFields, withKeys } from "./sealed-opening.js";

const FORMAT = "campaign-consent/1";

for (const section of document.querySelectorAll("[data-open-consent]")) bindOpening(section, open);

async function open(section, phrase) {
  const { campaign, sealedUrl, textNone } = section.dataset;
  const sealed = await (await fetched(sealedUrl)).json();
  if (sealed.format !== FORMAT || sealed.campaign !== campaign) throw new Error("of another campaign");
  // The versions, newest first; no fields where another key is needed.
  const opened = await withKeys(sealed, phrase, (keys) =>
    sealed.records.map(({ id, number, epoch, sealed: box }) => {
      const pair = keys.get(epoch);
      return { number, fields: pair ? openFields(pair, { campaign, id }, box) : null };
    }),
  );
  show(section, opened);
  return opened.length > 0 ? undefined : textNone;
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
