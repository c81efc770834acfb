"""B12: from nothing to the first answer."""

import subprocess
import time

from benchmarks.bench import Bench
from benchmarks.processes import python
from benchmarks.rounds import Measured, interleaved, ratio

_IMPORTS = "import flask, flask_sqlalchemy, flask_wtf, email_validator"


def start(bench: Bench) -> dict[str, Measured]:
    """`campaign serve` until it answers, in times of a Python that imports what it stands on."""
    site = bench.fresh_site("start")

    def serve() -> float:
        with site.served(processes=1) as server:
            return server.start_seconds

    def imports() -> float:
        begin = time.perf_counter()
        subprocess.run(python("-c", _IMPORTS), check=True)
        return time.perf_counter() - begin

    sides = {"campaign serve (s)": serve, "imports (s)": imports}
    # The first of each fills the disk's cache.
    interleaved(1, sides)
    # Each takes a second only, and one number hangs on each.
    return {"B12": ratio(interleaved(2 * bench.rounds + 1, sides), *sides)}
