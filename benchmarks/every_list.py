"""Every form of both lists, watched while it is downloaded: first byte, duration, memory.

`python -m benchmarks.every_list [ROWS] [--forms csv,sealed] [--postgresql] [--work FOLDER]`. Each download has a server
of its own, and its memory is compared with that of a list of 10 thousand signatures. A folder keeps full tables for the
next run.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC_NAMES, SEALED_LIST, cookie_of, watched_peak
from benchmarks.lists import FEW
from benchmarks.signature_rows import Plan
from benchmarks.site import Site

_FORMS = ("csv", "xlsx", "jsonl", "sealed")


def lines(few: Site, full: Site, forms: list[str]) -> Iterator[str]:
    """A table as Markdown has it, line by line."""
    cookies = {site: cookie_of(site) for site in (few, full)}
    yield "| form | first byte ms | seconds | MB | memory MB | more than with 10 thousand |"
    yield "|---|---|---|---|---|---|"
    for form in forms:
        listed = (SEALED_LIST if form == "sealed" else PUBLIC_NAMES)[0], form
        small, large = (watched_peak(site, cookies[site], listed) for site in (few, full))
        seen, growth = large.watched, large.peak_bytes - small.peak_bytes
        yield (
            f"| {form} | {seen.first_byte_seconds * 1000:.0f} | {seen.seconds:.1f} | {seen.size_bytes / 1e6:.0f} | "
            f"{large.peak_bytes / 1e6:.0f} | {growth / 1e6:.1f} |"
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.every_list")
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--forms", default=",".join(_FORMS), help="some of csv, xlsx, jsonl, sealed")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep full tables there for the next run")
    chosen = parser.parse_args(arguments)
    with ExitStack() as stack:
        if chosen.work:
            chosen.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lists-", dir=chosen.work))).resolve()
        kept = chosen.work.resolve() if chosen.work else run
        bench = Bench(run, kept, rounds=1, seconds=0, many=chosen.rows, some=chosen.rows, stack=stack)
        if chosen.postgresql:
            few, full = (bench.fresh_postgresql_site(f"pg-{rows}", Plan(rows)) for rows in (FEW, chosen.rows))
        else:
            few, full = bench.fresh_site("few", Plan(FEW)), bench.full_site
        for line in lines(few, full, chosen.forms.split(",")):
            print(line, flush=True)


if __name__ == "__main__":
    main()
