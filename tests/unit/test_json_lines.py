"""Lines of JSON take no more memory than they are long."""

import subprocess
import sys
from pathlib import Path

from campaign.exports.json_lines import json_lines

MEASURE = """
import resource
from campaign.exports.json_lines import json_lines

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

json_lines([{"public_name": "Alice"}])
before = peak()
text = json_lines({"public_name": f"Alice {number}"} for number in range(5000))
print(peak() - before, len(text) // 1024)
"""


def test_each_row_is_a_line() -> None:
    assert json_lines([{"a": "زهرا\n"}, {"a": True}]).decode() == '{"a":"زهرا\\n"}\n{"a":true}\n'
    assert json_lines([]) == b""


def test_some_thousand_lines_take_little_more_memory_than_they_are_long() -> None:
    """Joined at the end, they took 20 MB; in a process of its own, for a peak is never forgotten."""
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    growth_kib, length_kib = map(int, ran.stdout.split())
    assert growth_kib < 10 * length_kib + 1000
