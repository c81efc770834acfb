// From what an organizer has to the keys of a list that it opens.

import { fingerprint, openedBy, readEpochs } from "./key-locks.js";
import { ListError } from "./list-errors.js";

// A Map of epoch id to {publicKey, secretKey}. `typed` is a phrase, or several openers ({phrase} or {secretKey}): a list
// from before and after a change of keys needs one for each.
// Throws ListError if there are epochs and none opens; it names the keys that the list is sealed to.
export function openKeys(sodium, header, typed) {
  const openers = typeof typed === "string" ? [{ phrase: typed }] : typed;
  const epochs = epochsOf(sodium, header);
  const keys = new Map();
  for (const epoch of epochs) {
    for (const opener of openers) {
      const pair = keys.has(epoch.id) ? null : openedBy(sodium, epoch, opener);
      if (pair) keys.set(epoch.id, pair);
    }
  }
  if (epochs.length > 0 && keys.size === 0) {
    const kind = openers.every((opener) => opener.secretKey) ? "other-key" : "wrong-phrase";
    throw new ListError(kind, epochs.map((epoch) => fingerprint(sodium, epoch.publicKey)));
  }
  return keys;
}

// The fingerprints of keys in the list that none of these opens.
export function lockedKeys(sodium, header, keys) {
  const locked = epochsOf(sodium, header).filter((epoch) => !keys.has(epoch.id));
  return locked.map((epoch) => fingerprint(sodium, epoch.publicKey));
}

export function forgetKeys(sodium, keys) {
  for (const { secretKey } of keys.values()) sodium.memzero(secretKey);
  keys.clear();
}

function epochsOf(sodium, header) {
  try {
    return readEpochs(sodium, header.epochs);
  } catch {
    throw new ListError("format");
  }
}
