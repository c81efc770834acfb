// Lock a secret key for a holder and unlock it again, as campaign/sealing/phrases.py does. Knows no page.

import { normalPhrase } from "./key-secrets.js";

const OPSLIMIT = 3;
const MEMLIMIT_BYTES = 64 * 1024 * 1024;
const MOST_OPSLIMIT = 16;
const MOST_MEMLIMIT_BYTES = 512 * 1024 * 1024;
const PHRASE_WORDS = 7;
const FILE_SECRET_BYTES = 32;

// Seven random words with spaces between.
export function newPhrase(sodium, words) {
  return Array.from({ length: PHRASE_WORDS }, () => words[sodium.randombytes_uniform(words.length)]).join(" ");
}

// 256 bits as letters a–p: the secret of a key file.
export function newFileSecret(sodium) {
  const bytes = sodium.randombytes_buf(FILE_SECRET_BYTES);
  return sodium.to_hex(bytes).replace(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 16)));
}

// What a holder's phrase, or the secret of their key file, unlocks; as the server stores it, binary in base64.
export function lock(sodium, secretKey, phrase) {
  const salt = sodium.randombytes_buf(sodium.crypto_pwhash_SALTBYTES);
  const nonce = sodium.randombytes_buf(sodium.crypto_secretbox_NONCEBYTES);
  const password = sodium.from_string(normalPhrase(phrase));
  const key = stretched(sodium, password, salt, OPSLIMIT, MEMLIMIT_BYTES);
  try {
    const ciphertext = sodium.crypto_secretbox_easy(secretKey, nonce, key);
    const [saltText, nonceText, ciphertextText] = [salt, nonce, ciphertext].map((bytes) => base64(sodium, bytes));
    return {
      salt: saltText,
      opslimit: OPSLIMIT,
      memlimit_bytes: MEMLIMIT_BYTES,
      nonce: nonceText,
      ciphertext: ciphertextText,
    };
  } finally {
    sodium.memzero(key);
    sodium.memzero(password);
  }
}

// Epochs as they come in a list's header or on a page, their binary parts read. Throws if one is damaged.
export function readEpochs(sodium, epochs) {
  const binary = (text) => sodium.from_base64(text, sodium.base64_variants.ORIGINAL);
  return epochs.map(({ id, public_key, test_box, holders }) => ({
    id,
    publicKey: binary(public_key),
    testBox: test_box ? binary(test_box) : null,
    holders: holders.map(({ id: holderId, salt, opslimit, memlimit_bytes, nonce, ciphertext }) => ({
      id: holderId,
      salt: binary(salt),
      opslimit,
      memlimitBytes: memlimit_bytes,
      nonce: binary(nonce),
      ciphertext: binary(ciphertext),
    })),
  }));
}

// {publicKey, secretKey, holderId} if `opener` ({phrase} or {secretKey}) opens this epoch, or null.
export function openedBy(sodium, { publicKey, holders }, opener) {
  if (opener.secretKey) {
    return isPair(sodium, opener.secretKey, publicKey) ? { publicKey, secretKey: opener.secretKey.slice() } : null;
  }
  const password = sodium.from_string(normalPhrase(opener.phrase));
  try {
    for (const held of holders) {
      const secretKey = unlocked(sodium, held, password);
      if (secretKey && isPair(sodium, secretKey, publicKey)) return { publicKey, secretKey, holderId: held.id };
    }
    return null;
  } finally {
    sodium.memzero(password);
  }
}

// As campaign/sealing/queries.py writes it: half a SHA-256 in groups of four.
export function fingerprint(sodium, publicKey) {
  return sodium.to_hex(sodium.crypto_hash_sha256(publicKey)).slice(0, 32).match(/.{4}/g).join(" ");
}

export function base64(sodium, bytes) {
  return sodium.to_base64(bytes, sodium.base64_variants.ORIGINAL);
}

function isPair(sodium, secretKey, publicKey) {
  return sodium.memcmp(sodium.crypto_scalarmult_base(secretKey), publicKey);
}

function unlocked(sodium, { salt, opslimit, memlimitBytes, nonce, ciphertext }, password) {
  // These numbers come with the file. A damaged or hostile one must not make the browser stall.
  if (!(opslimit <= MOST_OPSLIMIT && memlimitBytes <= MOST_MEMLIMIT_BYTES)) return null;
  let key = null;
  try {
    key = stretched(sodium, password, salt, opslimit, memlimitBytes);
    return sodium.crypto_secretbox_open_easy(ciphertext, nonce, key);
  } catch {
    return null;
  } finally {
    if (key) sodium.memzero(key);
  }
}

function stretched(sodium, password, salt, opslimit, memlimitBytes) {
  const { crypto_secretbox_KEYBYTES: keyBytes, crypto_pwhash_ALG_ARGON2ID13: argon2id } = sodium;
  return sodium.crypto_pwhash(keyBytes, password, salt, opslimit, memlimitBytes, argon2id);
}
