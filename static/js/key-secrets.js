// What a holder has: a phrase, a key file, or the paper copy. As campaign/sealing/phrases.py, key_files.py and
// paper_key.py read and write them; change both or neither.

const FILE_LINE = "campaign-key-file/1";
const FILE_SECRET = /^[a-p]{64}$/;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MISREAD = { 0: "O", 1: "I", 8: "B" };
const PAPER_LINES = 4;
const PART_BYTES = 8;
const CHECK_BYTES = 2;
const LINE_CHARACTERS = 16;

// What was typed or chosen cannot be what it should be. `kind` names the sentence that a page has for it; here it is
// "key-file", "paper-length" or "paper-line" (with the `line`).
export class SecretError extends Error {
  constructor(kind, more = {}) {
    super(kind);
    Object.assign(this, { kind, ...more });
  }
}

// The letters a–z of a phrase, whatever else was typed.
export function normalPhrase(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[^a-z]/g, "");
}

export function keyFileText(secret, fingerprint) {
  return `${FILE_LINE}\nkey ${fingerprint}\n${secret}\n`;
}

// The secret in a key file, which is used as a phrase is.
export function readKeyFile(text) {
  const [first, , secret] = text.split("\n").map((line) => line.trim());
  if (first !== FILE_LINE || !FILE_SECRET.test(secret ?? "")) throw new SecretError("key-file");
  return secret;
}

// {phrase} or {secretKey}, whichever was typed into the one field there is. Throws SecretError.
export function readTyped(sodium, text) {
  return looksLikePaper(text) ? { secretKey: readPaper(sodium, text) } : { phrase: text };
}

// Words of a phrase are longer than four letters now and then; groups on paper never are, and there are sixteen.
export function looksLikePaper(text) {
  const groups = text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const isWhole = groups.length === 1 && groups[0].length === PAPER_LINES * LINE_CHARACTERS && /[0-9]/.test(text);
  return isWhole || (groups.length >= 12 && groups.every((group) => group.length <= 4) && /[A-Z0-9]{4}/i.test(text));
}

// Four lines, each four groups of four with spaces between.
export function paperLines(sodium, secretKey) {
  return Array.from({ length: PAPER_LINES }, (_, number) => {
    const part = secretKey.slice(number * PART_BYTES, (number + 1) * PART_BYTES);
    const written = base32([...part, ...check(sodium, number, part)]);
    return written.match(/.{4}/g).join(" ");
  });
}

export function readPaper(sodium, text) {
  const written = paperCharacters(text);
  if (written.length !== PAPER_LINES * LINE_CHARACTERS) throw new SecretError("paper-length");
  const secretKey = new Uint8Array(PAPER_LINES * PART_BYTES);
  for (let number = 0; number < PAPER_LINES; number += 1) {
    const line = bytesOf(written.slice(number * LINE_CHARACTERS, (number + 1) * LINE_CHARACTERS));
    const part = line.slice(0, PART_BYTES);
    const isRight = sodium.memcmp(line.slice(PART_BYTES), check(sodium, number, part));
    if (!isRight) throw new SecretError("paper-line", { line: number + 1 });
    secretKey.set(part, number * PART_BYTES);
  }
  return secretKey;
}

// The letters and digits of what was typed from paper, as they are written there.
export function paperCharacters(text) {
  return text.toUpperCase().replace(/[018]/g, (misread) => MISREAD[misread]).replace(/[^A-Z2-7]/g, "");
}

function check(sodium, number, part) {
  const said = new Uint8Array([...sodium.from_string("campaign paper key"), number, ...part]);
  return sodium.crypto_hash_sha256(said).slice(0, CHECK_BYTES);
}

function base32(bytes) {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{5}/g).map((five) => BASE32[parseInt(five, 2)]).join("");
}

function bytesOf(characters) {
  const bits = [...characters].map((one) => BASE32.indexOf(one).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g), (eight) => parseInt(eight, 2));
}
