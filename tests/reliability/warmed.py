"""`campaign` commands as children of a process that has imported them: one starts in a fraction of a second."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.reliability.children import PYTHON

_ROOT = Path(__file__).parents[2]


class Warmed:
    """The warmed process, for as long as the block runs. Its children go with it. Not for two threads at once."""

    def __enter__(self) -> "Warmed":
        command = [*PYTHON, "-m", "tests.reliability.warm_process"]
        self._process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, arguments: Sequence[str], environ: Mapping[str, str], log: Path) -> "Child":
        """`campaign` with these arguments, in a process group of its own, saying what it says to the end of `log`."""
        return Child(self, self.ask({"arguments": [*arguments], "environ": {**environ}, "log": str(log)}))

    def ask(self, request: dict[str, Any]) -> Any:
        """Send one request. Raises JSONDecodeError if the process is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


class Child:
    """What was started, as `subprocess.Popen` would have it."""

    def __init__(self, warmed: Warmed, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._warmed = warmed

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._warmed.ask({"ended": self.pid, "wait": False})
        return self.returncode

    def wait(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._warmed.ask({"ended": self.pid, "wait": True})
        return self.returncode
