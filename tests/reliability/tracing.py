"""What a process asked its kernel to do with files, recorded by strace and read back as calls in their order."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.promise import NotRun

CALLS = (
    "openat,open,creat,pwrite64,write,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,fallocate,"
    "ftruncate,truncate,fsync,fdatasync,msync,sync_file_range,mmap,"
    "unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,rmdir"
)
_LONGEST_STRING = 1_000_000_000
_LINE = re.compile(r"(\d+) +(.*)")
_WHOLE = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(.*)")
_BEGUN = re.compile(r"(\w+)\((.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)\) += (-?\d+|\?)(.*)")
_HEX = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that returned. `began` and `returned` are lines of the trace: what lies between may have overlapped."""

    name: str
    arguments: tuple[str, ...]
    result: int
    result_path: str
    began: int
    returned: int

    def path(self, position: int = 0) -> str:
        """The file a descriptor or a name in that place stands for; relative names are made whole by the one before."""
        argument = self.arguments[position]
        if argument.startswith('"'):
            name = _text(argument.strip('"'))
            if name.startswith("/") or position == 0:
                return name
            return f"{self.path(position - 1)}/{name}"
        return _path_of(argument)

    def bytes(self, position: int) -> bytes:
        return bytes.fromhex(self.arguments[position].strip('"').replace("\\x", ""))

    def number(self, position: int) -> int:
        return int(self.arguments[position], 0)


def record(command: list[str], trace: Path) -> str:
    """Run a command to its end under strace; what it wrote to stdout. Raises NotRun without strace or ptrace."""
    if shutil.which("strace") is None:
        raise NotRun("strace is missing; on Debian: apt install strace")
    tracer = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", str(_LONGEST_STRING), "-e", f"trace={CALLS}"]
    probe = subprocess.run([*tracer, "-o", str(trace), "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        raise NotRun(f"strace may not trace here: {probe.stderr.strip().splitlines()[-1]}")
    done = subprocess.run([*tracer, "-o", str(trace), *command], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def read(trace: Path) -> Iterator[Call]:
    """The calls that returned, in the order in which they did."""
    begun: dict[str, tuple[int, str, str]] = {}
    with trace.open("r", encoding="ascii") as lines:
        for number, line in enumerate(lines):
            process, what = _matched(_LINE, line.rstrip("\n")).groups()
            if match := _BEGUN.fullmatch(what):
                begun[process] = (number, *match.group(1, 2))
            elif match := _RESUMED.fullmatch(what):
                began, name, arguments = begun.pop(process)
                rest, result, more = match.groups()
                yield _call(name, arguments + rest, result, more, began, number)
            elif match := _WHOLE.fullmatch(what):
                yield _call(*match.groups(), number, number)
            elif not what.startswith(("+++", "---")):
                raise ValueError(f"line {number + 1} of the trace is not understood: {what[:200]}")


def _call(name: str, arguments: str, result: str, more: str, began: int, returned: int) -> Call:
    value = -1 if result == "?" else int(result)
    return Call(name, tuple(arguments.split(", ")), value, _path_of(more), began, returned)


def _path_of(descriptor: str) -> str:
    """`/a/b` of `7</a/b>`; nothing of a file that has no name any more."""
    _, _, rest = descriptor.partition("<")
    path, _, after = rest.rpartition(">")
    return "" if after.startswith("(deleted)") else _text(path)


def _text(escaped: str) -> str:
    return _HEX.sub(lambda found: chr(int(found.group(1), 16)), escaped)


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"not understood in the trace: {text[:200]}")
    return match
