// From a phrase to the keys it opens, as campaign/sealing/phrases.py locks them.

import { ListError } from "./list-errors.js";

const MOST_OPSLIMIT = 16;
const MOST_MEMLIMIT_BYTES = 512 * 1024 * 1024;

// The letters a–z of a phrase, whatever else was typed.
export function normalPhrase(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[^a-z]/g, "");
}

// A Map of epoch id to {publicKey, secretKey}. Throws ListError if there are epochs and the phrase opens none.
export function openKeys(sodium, header, phrase) {
  const epochs = readEpochs(sodium, header.epochs);
  const password = sodium.from_string(normalPhrase(phrase));
  const keys = new Map();
  try {
    for (const epoch of epochs) {
      const pair = openedBy(sodium, epoch, password);
      if (pair) keys.set(epoch.id, pair);
    }
  } finally {
    sodium.memzero(password);
  }
  if (epochs.length > 0 && keys.size === 0) throw new ListError("wrong-phrase");
  return keys;
}

export function forgetKeys(sodium, keys) {
  for (const { secretKey } of keys.values()) sodium.memzero(secretKey);
  keys.clear();
}

function readEpochs(sodium, epochs) {
  const binary = (text) => sodium.from_base64(text, sodium.base64_variants.ORIGINAL);
  try {
    return epochs.map(({ id, public_key, holders }) => ({
      id,
      publicKey: binary(public_key),
      holders: holders.map(({ salt, opslimit, memlimit_bytes, nonce, ciphertext }) => ({
        salt: binary(salt),
        opslimit,
        memlimitBytes: memlimit_bytes,
        nonce: binary(nonce),
        ciphertext: binary(ciphertext),
      })),
    }));
  } catch {
    throw new ListError("format");
  }
}

function openedBy(sodium, { publicKey, holders }, password) {
  for (const held of holders) {
    const secretKey = unwrapped(sodium, held, password);
    const isItsKey = secretKey && sodium.memcmp(sodium.crypto_scalarmult_base(secretKey), publicKey);
    if (isItsKey) return { publicKey, secretKey };
  }
  return null;
}

function unwrapped(sodium, { salt, opslimit, memlimitBytes, nonce, ciphertext }, password) {
  // These numbers come with the file. A damaged or hostile one must not make the browser stall.
  if (!(opslimit <= MOST_OPSLIMIT && memlimitBytes <= MOST_MEMLIMIT_BYTES)) return null;
  let key = null;
  try {
    const { crypto_secretbox_KEYBYTES: keyBytes, crypto_pwhash_ALG_ARGON2ID13: argon2id } = sodium;
    key = sodium.crypto_pwhash(keyBytes, password, salt, opslimit, memlimitBytes, argon2id);
    return sodium.crypto_secretbox_open_easy(ciphertext, nonce, key);
  } catch {
    return null;
  } finally {
    if (key) sodium.memzero(key);
  }
}
