// Cut a stream of bytes into lines. Lines stay bytes: one that is not UTF-8 must not cost the others.

const LINE_BREAK = 10;

export async function* linesOf(stream) {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const bytes = joined(rest, part.value);
      let start = 0;
      // What was left over holds no line break; looking at it again would make long lines slow.
      for (let end = bytes.indexOf(LINE_BREAK, rest.length); end >= 0; end = bytes.indexOf(LINE_BREAK, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
    if (rest.length > 0) yield rest;
  } finally {
    // Whoever stops reading early (a wrong phrase) wants no more of the download either.
    await reader.cancel().catch(() => {});
  }
}

function joined(first, second) {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
