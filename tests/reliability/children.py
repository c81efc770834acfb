"""Processes: a new Python, or a child of a warmed one, which costs milliseconds instead of a second."""

import os
import sys
import traceback
from collections.abc import Callable

# What brings PostgreSQL to the other tests asks for that variable and does without.
PYTHON = (sys.executable, "-W", "ignore:XDG_RUNTIME_DIR is not set")


def fork(do: Callable[[], None]) -> int:
    """Do it in a child; the child's id. The parent must have neither threads nor open connections."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        do()
        code = 0
    except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
        traceback.print_exc()
    finally:
        os._exit(code)


def wait_for(child: int) -> int:
    """Its exit code, 0 if it did what it should; -9 if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
