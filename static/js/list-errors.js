// What can be wrong with a whole list. `kind` is "wrong-phrase", "truncated" or "format"; the page has the sentences.
export class ListError extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}
