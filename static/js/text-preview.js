// Show what the page would show while somebody types. Without this script the button "Preview" does the same.
const WAIT_MS = 400;
const form = document.querySelector("form[data-preview]");
const section = form.querySelector("[data-shown]");
const page = section.querySelector("[data-page]");
let timer = 0;
let asking = new AbortController();

async function show() {
  asking.abort();
  asking = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: asking.signal });
    if (!answer.ok) return;
    // Parsed apart from the page: nothing in it is run or fetched.
    const parsed = new DOMParser().parseFromString((await answer.json()).html, "text/html");
    page.replaceChildren(...parsed.body.children);
    section.hidden = false;
  } catch {
    // Typed on, or offline: what is shown stays until the next letter.
  }
}

form.addEventListener("input", (event) => {
  if (event.target.name === "reason") return;
  clearTimeout(timer);
  timer = setTimeout(show, WAIT_MS);
});
