"""B8 to B10: downloading lists, and opening one."""

import csv
import io
import json
import os
import resource
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from nacl.public import PrivateKey, SealedBox

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC_NAMES, SEALED_LIST, cookie_of, log_in, watched_peak
from benchmarks.rounds import CannotMeasure, Measured, interleaved, rate, ratio
from benchmarks.signature_rows import Plan
from benchmarks.site import Site
from campaign.sealing.phrases import Wrapped, unwrap

# What an export may take is compared with one of so few.
FEW = 10_000


def on_sqlite(bench: Bench) -> dict[str, Measured]:
    """B8: public names from SQLite, beside Python's csv."""
    return {"B8": _beside_csv(bench, bench.fresh_site("list", Plan(bench.some)))}


def on_postgresql(bench: Bench) -> dict[str, Measured]:
    """B8: public names from PostgreSQL, beside Python's csv."""
    return {"B8-postgresql": _beside_csv(bench, bench.fresh_postgresql_site("list", Plan(bench.some)))}


def _beside_csv(bench: Bench, site: Site) -> Measured:
    with site.served() as served:
        desk, pieces = log_in(site, served), list[bytes]()
        address = desk.ask(PUBLIC_NAMES)
        desk.download(address, keep=pieces)
        texts = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))[1:]
        if len(texts) != site.count("signature", "state = 'confirmed' AND public_name IS NOT NULL"):
            raise CannotMeasure("the list does not hold all public names")
        # As a database hands them over: the hour is an instant, and csv makes it text.
        rows = [(name, language, datetime.fromisoformat(hour), row_id) for name, language, hour, row_id in texts]
        sides: dict[str, Callable[[], float]] = {
            "HTTP rows/s": lambda: rate(lambda: desk.download(address) - 1, seconds=bench.seconds / 2),
            "csv rows/s": lambda: rate(lambda: _written(rows), seconds=bench.seconds / 2),
            "csv of texts only": lambda: rate(lambda: _written(texts), seconds=bench.seconds / 2),
        }
        found = interleaved(bench.rounds, sides)
        return ratio(found, "HTTP rows/s", "csv rows/s", "csv of texts only")


def _written(rows: Sequence[Sequence[object]]) -> int:
    """Rows in memory to CSV in memory."""
    target = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    csv.writer(target).writerows(rows)
    target.flush()
    return len(rows)


def memory(bench: Bench) -> dict[str, Measured]:
    """B9: the most memory a new server ever has for a full export, less what one of few rows takes."""
    full, few = bench.full_site, bench.fresh_site("few", Plan(FEW))
    cookies = {site: cookie_of(site) for site in (full, few)}

    def peak(site: Site, listed: tuple[str, str]) -> float:
        return watched_peak(site, cookies[site], listed).peak_bytes / 1e6

    def growth(listed: tuple[str, str], rounds: int) -> Measured:
        sides = {"full MB": lambda: peak(full, listed), "small MB": lambda: peak(few, listed)}
        found = interleaved(rounds, sides)
        middle = {name: median(peaks[name] for peaks in found) for name in sides}
        return Measured([peaks["full MB"] - peaks["small MB"] for peaks in found], middle)

    # The sealed list of ten million takes minutes, so it has one round.
    return {"B9": growth(PUBLIC_NAMES, bench.rounds), "B9-sealed": growth(SEALED_LIST, 1)}


def decryption(bench: Bench) -> dict[str, Measured]:
    """B10: rows that `campaign decrypt` opens in a second of processor time, beside PyNaCl on the same boxes.

    What the command takes for a list of one row, most of it starting and unlocking the key, is taken off.
    """
    site = bench.fresh_site("sealed", Plan(bench.some // 3, are_openable=True))
    with site.served() as served:
        pieces = list[bytes]()
        desk = log_in(site, served)
        desk.download(desk.ask(SEALED_LIST), keep=pieces)
    lines = b"".join(pieces).splitlines(keepends=True)
    whole, short = bench.run / "whole.sealed", bench.run / "short.sealed"
    whole.write_bytes(b"".join(lines))
    short.write_bytes(b"".join([*lines[:2], json.dumps({"end": True, "rows": 1}).encode()]))
    key = _secret_key(json.loads(lines[0]), site.phrase)
    boxes = [b64decode(json.loads(line)["sealed"]) for line in lines[1:-1]]
    sides = {
        "decrypt rows/s": lambda: len(boxes) / (_decrypting(site, whole) - _decrypting(site, short)),
        "PyNaCl rows/s": lambda: _opened_a_second(bytes(key), boxes),
    }
    return {"B10": ratio(interleaved(bench.rounds, sides), *sides)}


def _secret_key(header: dict[str, Any], phrase: str) -> PrivateKey:
    """The key of the list's one epoch, as docs/lists.md says how to open it."""
    held = header["epochs"][0]["holders"][0]
    binary = {name: b64decode(held[name]) for name in ("salt", "nonce", "ciphertext")}
    return PrivateKey(
        unwrap(Wrapped(opslimit=held["opslimit"], memlimit_bytes=held["memlimit_bytes"], **binary), phrase)
    )


def _decrypting(site: Site, listed: Path) -> float:
    """The processor time in seconds that the command takes, all its processes together."""
    out = listed.with_suffix(".csv")
    out.unlink(missing_ok=True)
    before = _time_of_children()
    site.run("decrypt", str(listed), "--out", str(out), answer=site.phrase + "\n")
    return _time_of_children() - before


def _time_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _opened_a_second(key: bytes, boxes: list[bytes]) -> float:
    """With every core at work, as the command has them: they share caches, and slow each other down."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as processes:
        return len(boxes) / median(processes.map(_opening_seconds, [key] * cores, [boxes] * cores))


def _opening_seconds(key: bytes, boxes: list[bytes]) -> float:
    box, start = SealedBox(PrivateKey(key)), time.process_time()
    for sealed in boxes:
        box.decrypt(sealed)
    return time.process_time() - start
