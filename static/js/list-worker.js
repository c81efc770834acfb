// Opens a sealed list beside the page, which stays as quick as before. It is handed the list piece by piece and talks to
// nobody but its page: its own content policy allows no connection (campaign/web/headers.py).

import sodium from "../vendor/libsodium/libsodium-wrappers.mjs";
import { openList } from "./list-sealed.js";
import { Sheet } from "./list-sheets.js";

const waiting = [];
let wake = null;

self.addEventListener("message", ({ data }) => {
  if (data.phrase !== undefined) start(data);
  else {
    waiting.push(data.bytes);
    wake?.();
  }
});

async function start({ phrase, form }) {
  try {
    await sodium.ready;
    const sheet = new Sheet(form);
    const progress = async (done) => self.postMessage({ progress: done });
    const found = await openList(sodium, new ReadableStream({ pull }), phrase, { sheet, progress });
    self.postMessage({ found, blob: sheet.blob() });
  } catch (error) {
    const { kind = "network", keys, line } = error;
    self.postMessage({ fault: { kind, keys, line } });
  }
}

// Asks the page for the next piece; null is the end.
async function pull(controller) {
  self.postMessage({ more: true });
  while (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
  const bytes = waiting.shift();
  if (bytes === null) controller.close();
  else controller.enqueue(bytes);
}
