// Send something to the desk with the session's token, and read its JSON answer.

// The answer of 200, or of an error that says what it is. Throws for everything else: a session that ended, a lost line.
export async function post(address, body, token) {
  const isBinary = body instanceof Uint8Array;
  const response = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
    headers: { "X-CSRFToken": token, "Content-Type": isBinary ? "application/octet-stream" : "application/json" },
    body: isBinary ? body : JSON.stringify(body),
  });
  const isOurs = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!isOurs) throw new Error("no answer");
  return response.json();
}
