"""Files of a sealed list, whole or damaged, written line by line."""

import base64
import json

from campaign.sealing.boxes import KeyPair, new_key_pair, seal
from campaign.sealing.phrases import Wrapped

PHRASE = "yo-yo abacus t-shirt drop-down felt-tip zoom mummified"
OURS, THEIRS = new_key_pair(), new_key_pair()


def base64_of(binary: bytes) -> str:
    return base64.b64encode(binary).decode()


def epoch(epoch_id: str, pair: KeyPair, locked: list[Wrapped]) -> dict[str, object]:
    holders = [
        {
            "holder": "A",
            "salt": base64_of(one.salt),
            "opslimit": one.opslimit,
            "memlimit_bytes": one.memlimit_bytes,
            "nonce": base64_of(one.nonce),
            "ciphertext": base64_of(one.ciphertext),
        }
        for one in locked
    ]
    return {"id": epoch_id, "public_key": base64_of(pair.public_key), "holders": holders}


def row_id(number: int) -> str:
    return f"{number:032x}"


def row(number: int, *, fields: dict[str, str] | None = None, **changes: object) -> bytes:
    inside = {"campaign": "c", "signature": row_id(number), "name": f"Name {number}", "email": "a@example.org"}
    value = {
        "id": row_id(number),
        "epoch": "aa" * 16,
        "sealed": base64_of(seal(OURS.public_key, inside | (fields or {}))),
        "language": "fa",
        "confirmed_hour": "2026-11-22T18:00Z",
        "source": "site",
        "updates": number % 2 == 0,
        "public_name": None,
    }
    return json.dumps(value | changes, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def end(rows: int) -> bytes:
    return json.dumps({"end": True, "rows": rows}).encode() + b"\n"
