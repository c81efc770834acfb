"""The browser's modules about keys and Python's say the same: locks, paper, key files, words."""

import hashlib
import json
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
import segno

from campaign.sealing.boxes import new_key_pair
from campaign.sealing.checks import check_wrapped
from campaign.sealing.key_files import key_file_text, new_file_secret, read_key_file
from campaign.sealing.paper_key import paper_lines
from campaign.sealing.phrases import Wrapped, new_phrase, unwrap, word_list
from campaign.sealing.queries import fingerprint

STATIC = Path(__file__).parents[2] / "static"
NODE = shutil.which("node")
NOTHING = {"phrase": "a phrase", "fileSecret": "a" * 64, "typed": [], "files": [], "code": "A"}
RUN = """
import { readFileSync } from "node:fs";
import sodium from "./vendor/libsodium/libsodium-wrappers.mjs";
import { words } from "./vendor/eff/words.mjs";
import * as locks from "./js/key-locks.js";
import * as secrets from "./js/key-secrets.js";
import { qrModules } from "./js/key-qr.js";

await sodium.ready;
const given = JSON.parse(readFileSync(0, "utf-8"));
const bytes = (text) => sodium.from_base64(text, sodium.base64_variants.ORIGINAL);
const said = (call) => {
  try {
    return call();
  } catch (error) {
    if (!error.kind) throw error;
    return { kind: error.kind, line: error.line };
  }
};
const secretKey = bytes(given.secret);
console.log(JSON.stringify({
  words,
  paper: secrets.paperLines(sodium, secretKey),
  code: qrModules(given.code),
  fingerprint: locks.fingerprint(sodium, sodium.crypto_scalarmult_base(secretKey)),
  locked: locks.lock(sodium, secretKey, given.phrase),
  phrase: locks.newPhrase(sodium, words),
  fileSecret: locks.newFileSecret(sodium),
  fileText: secrets.keyFileText(given.fileSecret, "abcd"),
  read: given.typed.map((text) => said(() => {
    const { phrase, secretKey: typed } = secrets.readTyped(sodium, text);
    return typed ? sodium.to_base64(typed, sodium.base64_variants.ORIGINAL) : { phrase };
  })),
  files: given.files.map((text) => said(() => secrets.readKeyFile(text))),
}));
"""


def run(folder: Path, **given: Any) -> dict[str, Any]:
    if NODE is None:
        pytest.skip("node is not installed")
    for name in ("libsodium", "eff", "uqr"):
        shutil.copytree(STATIC / "vendor" / name, folder / "vendor" / name)
    (folder / "js").mkdir()
    for module in STATIC.glob("js/key-*.js"):
        shutil.copy(module, folder / "js")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.mjs").write_text(RUN)
    answer = subprocess.run(
        [NODE, str(folder / "run.mjs")],
        input=json.dumps(
            {"phrase": "a phrase", "fileSecret": "a" * 64, "typed": [], "files": [], "code": "A", **given}
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def base64_of(binary: bytes) -> str:
    return b64encode(binary).decode()


def test_what_the_browser_locks_python_unlocks(tmp_path: Path) -> None:
    pair, phrase = new_key_pair(), new_phrase()
    found = run(tmp_path, secret=base64_of(pair.secret_key), phrase=phrase.upper())
    locked = found["locked"]
    wrapped = Wrapped(
        b64decode(locked["salt"]),
        locked["opslimit"],
        locked["memlimit_bytes"],
        b64decode(locked["nonce"]),
        b64decode(locked["ciphertext"]),
    )
    assert unwrap(check_wrapped(wrapped), phrase) == pair.secret_key
    assert found["fingerprint"] == fingerprint(pair.public_key)


def test_paper_files_and_words_are_the_same(tmp_path: Path) -> None:
    pair, secret = new_key_pair(), new_file_secret()
    lines = paper_lines(pair.secret_key)
    phrases = [new_phrase() for _ in range(300)]
    numbered = [" ".join(f"{n}. {word}" for n, word in enumerate(phrase.split(), 1)) for phrase in phrases]
    slip = ("B" if lines[1][0] == "A" else "A") + lines[1][1:]
    typed = [
        "\n".join(lines),
        " ".join(lines).lower().replace("o", "0"),
        "\n".join([lines[0], slip, *lines[2:]]),
        "\n".join(lines)[:-1],
        *phrases,
        *numbered,
    ]
    files = [key_file_text(secret, fingerprint="abcd"), "something else", "campaign-key-file/1\nkey\nshort"]
    found = run(tmp_path, secret=base64_of(pair.secret_key), fileSecret=secret, typed=typed, files=files)

    assert tuple(found["words"]) == word_list()
    assert found["paper"] == lines
    assert found["read"][:4] == [
        *[base64_of(pair.secret_key)] * 2,
        {"kind": "paper-line", "line": 2},
        {"kind": "paper-length"},
    ]
    # However it is typed, a phrase is not taken for paper.
    assert found["read"][4:] == [{"phrase": text} for text in typed[4:]]
    assert found["files"] == [secret, {"kind": "key-file"}, {"kind": "key-file"}]
    assert read_key_file(found["fileText"]) == secret
    assert read_key_file(key_file_text(found["fileSecret"], fingerprint="x")) == found["fileSecret"]
    assert {*found["phrase"].split()} <= {*word_list()}
    assert len(found["phrase"].split()) == 7


def drawn_by_segno(text: str, size: int) -> list[list[list[bool]]]:
    """The code in its eight masks, of which a drawer may choose any; as large as that, with the white around."""
    version = (size - 2 * 4 - 17) // 4
    codes = (segno.make(text, version=version, error="q", mask=mask, boost_error=False) for mask in range(8))
    return [[[bool(module) for module in row] for row in code.matrix_iter(border=4)] for code in codes]


def test_the_qr_code_of_the_paper_copy_holds_its_letters(tmp_path: Path) -> None:
    pair = new_key_pair()
    text = "".join(paper_lines(pair.secret_key)).replace(" ", "")
    code = run(tmp_path, secret=base64_of(pair.secret_key), code=text)["code"]
    assert {len(row) for row in code} == {len(code)}
    assert code in drawn_by_segno(text, len(code))
    slip = ("B" if text[0] == "A" else "A") + text[1:]
    assert code not in drawn_by_segno(slip, len(code))


@pytest.mark.parametrize(("folder", "names"), [("eff", {"words.mjs", "LICENSE"}), ("uqr", {"uqr.mjs", "LICENSE"})])
def test_the_vendored_files_are_those_the_readme_says(folder: str, names: set[str]) -> None:
    place = STATIC / "vendor" / folder
    sums = dict(
        re.findall(r"^\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|$", (place / "README.md").read_text("utf-8"), re.M)
    )
    assert {*sums, "README.md"} == {path.name for path in place.iterdir()}
    assert sums.keys() == names
    for name, digest in sums.items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
