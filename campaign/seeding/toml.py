"""Writes TOML as seed files have it: single values first, then texts by language, then lists of tables.

Python reads TOML and does not write it; this writes what seeds need: strings, whole numbers, true, lists, tables.
"""

import re
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def toml(content: dict[str, Any]) -> str:
    """The text of a file. What is None, empty or False is left out: that is what leaving it out says."""
    said = {name: value for name, value in content.items() if value not in (None, [], {}, False)}
    blocks = [_lines({name: value for name, value in said.items() if not _is_table(value)})]
    for name, value in said.items():
        if isinstance(value, dict):
            blocks.append(f"[{_key(name)}]\n{_lines(value)}")
        elif _is_table(value):
            blocks += [f"[[{_key(name)}]]\n{_lines(part)}" for part in value]
    return "\n".join(block for block in blocks if block)


def _lines(table: dict[str, Any]) -> str:
    lines = ""
    for name, value in table.items():
        if value in (None, [], {}, False):
            continue
        if isinstance(value, dict):
            lines += "".join(f"{_key(name)}.{_key(part)} = {_value(text)}\n" for part, text in value.items())
        else:
            lines += f"{_key(name)} = {_value(value)}\n"
    return lines


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(part) for part in value)}]"
    if isinstance(value, bool):
        return "true"
    if isinstance(value, int):
        return str(value)
    return _paragraphs(value) if "\n" in value else _one_line(value)


def _paragraphs(text: str) -> str:
    """Letters and news have several lines, and whoever edits them wants to see these."""
    lines = [_one_line(line)[1:-1] for line in text.split("\n")]
    # In a text's file a line of +++ ends what is TOML. The line break after the first quotation marks is none.
    return '"""\n' + "\n".join(re.sub(r"^\+", r"\\u002B", line) for line in lines) + '"""'


def _one_line(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04X}" if ord(char) < 0x20 or ord(char) == 0x7F else char


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _one_line(name)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value))
