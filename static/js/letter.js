// A supporter makes a model letter their own: what they write goes into the mail link, the clipboard and the printed page,
// and nowhere else. Nothing is sent and nothing is kept; the page's policy lets it talk to nobody.

const COPIED_MILLISECONDS = 4000;

for (const letter of document.querySelectorAll("[data-letter]")) bind(letter);

function bind(letter) {
  const find = (name) => letter.querySelector(`[data-${name}]`);
  const [subject, body] = find("edit").querySelectorAll("input, textarea");
  const open = find("open");
  const follow = () => {
    // What is printed: a text field would print only as much as it shows.
    find("subject").textContent = subject.value;
    find("body").textContent = body.value;
    if (!open) return;
    const { link, isWhole } = mailLink(letter.dataset.email, subject.value, body.value, Number(letter.dataset.longest));
    open.href = link;
    find("too-long").hidden = isWhole;
  };
  for (const field of [subject, body]) field.addEventListener("input", follow);
  find("copy").addEventListener("click", () => copy(letter, body));
  find("print").addEventListener("click", () => window.print());
  for (const name of ["edit", "copy", "print"]) find(name).hidden = false;
  find("without-script").hidden = true;
  letter.dataset.edits = "";
  // A browser may have put back what was written before the page was loaded anew.
  follow();
}

// As campaign/letters/mail_links.py makes it (RFC 6068): too long a body is left to be copied.
function mailLink(email, subject, body, longest) {
  const start = `mailto:${encode(email).replaceAll("%40", "@")}?subject=${encode(subject)}`;
  const whole = `${start}&body=${encode(body.replaceAll(/\r?\n/g, "\r\n"))}`;
  return whole.length <= longest ? { link: whole, isWhole: true } : { link: start, isWhole: false };
}

// Half of a character outside the first 65,536 cannot be encoded; a browser may hand one over while somebody types.
function encode(text) {
  return encodeURIComponent(text.toWellFormed?.() ?? text.replaceAll(/[\ud800-\udfff]/gu, "\ufffd"));
}

async function copy(letter, body) {
  const [copied, selected] = ["copied", "selected"].map((name) => letter.querySelector(`[data-${name}]`));
  copied.hidden = selected.hidden = true;
  try {
    await navigator.clipboard.writeText(body.value);
    copied.hidden = false;
    setTimeout(() => (copied.hidden = true), COPIED_MILLISECONDS);
  } catch {
    // No clipboard for pages without HTTPS, or not allowed.
    body.focus();
    body.select();
    selected.hidden = false;
  }
}
