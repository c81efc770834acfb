// A form that came back with a task because too many come at once: solves it with ALTCHA's worker, in threads of its own,
// and sends the form. Without this script the form can be sent again as it is; its mail then waits.

const MOST_THREADS = 4;
const LONGEST_MILLISECONDS = 90_000;

for (const question of document.querySelectorAll("[data-task]")) answer(question);

async function answer(question) {
  const working = question.querySelector("[data-working]");
  working.hidden = false;
  try {
    const { parameters, signature } = JSON.parse(question.dataset.task);
    const solution = await solve({ parameters, signature });
    const payload = JSON.stringify({ challenge: { parameters, signature }, solution });
    const field = question.querySelector("[data-solution]");
    field.value = btoa(payload);
    field.form.submit();
  } catch {
    working.hidden = true;
    question.querySelector("[data-failed]").hidden = false;
  }
}

// Each thread tries every n-th number; the first to find the one is taken. Rejects if none can.
async function solve(challenge) {
  const threads = Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS);
  const workers = Array.from({ length: threads }, () => new Worker(new URL("../vendor/altcha/pbkdf2.js", import.meta.url)));
  try {
    return await Promise.any(workers.map((worker, first) => solveWith(worker, challenge, first, threads)));
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

function solveWith(worker, challenge, counterStart, counterStep) {
  return new Promise((resolve, reject) => {
    worker.onerror = reject;
    // A solution, or nothing after too long, or what went wrong.
    worker.onmessage = ({ data }) => (data && !data.error ? resolve(data) : reject(data));
    worker.postMessage({ type: "work", challenge, counterStart, counterStep, timeout: LONGEST_MILLISECONDS });
  });
}
