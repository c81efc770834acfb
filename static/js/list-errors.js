// What can be wrong with a whole list. `kind` is "wrong-phrase", "other-key", "truncated" or "format"; the page has the
// sentences. `keys`: the fingerprints of the keys that the list is sealed to, for the first two.
export class ListError extends Error {
  constructor(kind, keys = []) {
    super(kind);
    this.kind = kind;
    this.keys = keys;
  }
}
