"""What `warmed.py` starts: a process that has imported the commands, and becomes one of them whenever it is asked to.

What runs is the command as it is, from its arguments on; only Python's own start and the imports are done already.
Requests and answers are a line of JSON each.
"""

import gc
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from campaign.cli import main as campaign
from campaign.cli import running
from tests.reliability.children import fork

__all__ = ["running"]


def main() -> None:
    # Whoever interrupts a run reaches all of its processes; this one ends when nobody asks any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        answer = _look_after(request, alive) if "ended" in request else _start(request, alive)
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer to whoever started this
    for pid in alive:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _look_after(request: dict[str, Any], alive: set[int]) -> int | None:
    """The exit code of a child, once it has ended or if it has."""
    pid, status = os.waitpid(request["ended"], 0 if request["wait"] else os.WNOHANG)
    alive.discard(pid)
    return os.waitstatus_to_exitcode(status) if pid else None


def _start(request: dict[str, Any], alive: set[int]) -> int:
    child = fork(lambda: _become(request))
    alive.add(child)
    # Here and in the child, whichever comes first: it must be a group when somebody kills it.
    with suppress(OSError):
        os.setpgid(child, child)
    return child


def _become(request: dict[str, Any]) -> None:
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for here, there in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.environ.clear()
    os.environ.update(request["environ"])
    campaign(request["arguments"], prog_name="campaign")


if __name__ == "__main__":
    main()
