// Hand over what opens lists: a phrase, a key file or a paper copy is shown once, and given back before anything depends
// on it. What was shown is taken off the page again.

import { qrPicture } from "./key-qr.js";
import { normalPhrase, paperCharacters } from "./key-secrets.js";

// Resolves once it was given back. `given`: {kind: "phrase" | "file" | "paper", title, shown: [lines], and for a file
// `text` and `fileName`, for paper `code`, which a QR code holds}. `section` holds a part for each kind; its fields have no name, so that no form carries them.
export function handOver(section, given) {
  const part = section.querySelector(`[data-kind="${given.kind}"]`);
  const show = part.querySelector("[data-show]");
  const back = part.querySelector("[data-back]");
  const error = part.querySelector("[data-error]");
  const heading = section.querySelector("[data-title]");
  const handed = new AbortController();
  const { signal } = handed;

  const turn = (isBack) => {
    show.hidden = isBack;
    back.hidden = !isBack;
    error.textContent = "";
    (isBack ? back.querySelector("input") : heading).focus();
  };
  for (const other of section.querySelectorAll("[data-kind]")) other.hidden = other !== part;
  heading.textContent = given.title;
  const forget = present(part, given);
  section.hidden = false;
  turn(false);

  return new Promise((resolve) => {
    part.querySelector("[data-next]").addEventListener("click", () => turn(true), { signal });
    part.querySelector("[data-again]").addEventListener("click", () => turn(false), { signal });
    part.querySelector("[data-print]")?.addEventListener("click", () => window.print(), { signal });
    const onSubmit = async (event) => {
      event.preventDefault();
      const input = back.querySelector("input");
      if (!(await isGivenBack(input, given))) {
        error.textContent = error.dataset.text;
        input.focus();
        return;
      }
      handed.abort();
      forget();
      back.reset();
      section.hidden = true;
      resolve();
    };
    back.addEventListener("submit", onSubmit, { signal });
  });
}

function present(part, given) {
  const place = part.querySelector("[data-shown]");
  if (given.kind === "file") {
    place.href = URL.createObjectURL(new Blob([given.text], { type: "text/plain" }));
    place.download = given.fileName;
    return () => {
      URL.revokeObjectURL(place.href);
      place.removeAttribute("href");
    };
  }
  const code = part.querySelector("[data-code]");
  code?.replaceChildren(qrPicture(given.code, code.dataset.label));
  place.replaceChildren(
    ...given.shown.map((text) => {
      const line = document.createElement(place.matches("ol") ? "li" : "span");
      line.textContent = text;
      return line;
    }),
  );
  return () => {
    place.replaceChildren();
    code?.replaceChildren();
  };
}

async function isGivenBack(input, { kind, shown, text }) {
  if (kind === "file") return (await input.files[0]?.text()) === text;
  if (kind === "paper") return paperCharacters(input.value) === paperCharacters(shown.at(-1));
  return normalPhrase(input.value) === normalPhrase(shown.join(" "));
}
