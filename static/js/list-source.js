// Where the page takes a sealed list from: a file, or the site. A connection that breaks off is taken up again after
// the last whole line, so that what arrives is one list.

const LINE_BREAK = 10;
const TRIES = 5;
const WAIT_MILLISECONDS = 2000;
const ROW_START = /^\{"id":"([0-9a-f]{32})"/;

// Pieces of the list; `onAgain` is called when a connection is taken up again. Throws when there is none to be had.
export async function* piecesOf(url, onTotal, onAgain) {
  const seen = new Seen();
  for (let left = TRIES; ; left -= 1) {
    try {
      const response = await ask(seen.address(url));
      if (!seen.last) onTotal(Number(response.headers.get("X-Signature-Count")) || null);
      const reader = response.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const whole = seen.whole(part.value);
        if (whole.length > 0) yield whole;
        left = TRIES;
      }
      if (seen.isDone) return;
      // A proxy that loses its connection can end the answer as if it were whole.
      throw new Error("cut");
    } catch (error) {
      if (left <= 1 || error.isFinal || !seen.last) throw error;
      seen.drop();
      onAgain();
      await new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS));
    }
  }
}

async function ask(address) {
  // A session that has ended answers with the log-in page: better no list than that read as one.
  const response = await fetch(address, { credentials: "same-origin", cache: "no-store", redirect: "manual" });
  if (response.ok) return response;
  const error = new Error("no list");
  error.isFinal = response.status < 500;
  throw error;
}

// What has come so far: only whole lines are passed on, and the last of them says where to go on.
class Seen {
  last = null;
  isDone = false;
  #rows = 0;
  #lines = 0;
  #rest = new Uint8Array(0);

  whole(bytes) {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const end = all.lastIndexOf(LINE_BREAK) + 1;
    this.#rest = all.slice(end);
    const lines = all.slice(0, end);
    if (end > 0) this.#note(lines);
    return lines;
  }

  drop() {
    this.#rest = new Uint8Array(0);
  }

  address(url) {
    return this.last ? `${url}?after=${this.last}&rows=${this.#rows}` : url;
  }

  #note(lines) {
    for (let at = lines.indexOf(LINE_BREAK); at >= 0; at = lines.indexOf(LINE_BREAK, at + 1)) this.#lines += 1;
    const start = lines.lastIndexOf(LINE_BREAK, lines.length - 2) + 1;
    const text = new TextDecoder().decode(lines.subarray(start, start + 40));
    const row = ROW_START.exec(text);
    if (row) [this.last, this.#rows] = [row[1], this.#lines - 1];
    else this.isDone = text.startsWith('{"end"');
  }
}
