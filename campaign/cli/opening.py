"""How commands are given what opens a key: a phrase typed in, a key file, or the paper copy typed in."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from campaign.sealing.openers import Opener
from campaign.sealing.paper_key import PAPER_LINES

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def opening_options(*, several: bool = False) -> Callable[[Callable[..., None]], click.Command | Callable[..., None]]:
    """Options `--key-file` and `--paper`, and without them a question for the phrase; the command gets `openers`.

    With `several` there may be one for each key of a list from before and after a change of keys.
    """

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def ask(*args: Any, key_file: tuple[Path, ...], paper: bool, phrases: int | None = None, **rest: Any) -> None:
            openers = [Opener.of_file(_text(path)) for path in key_file]
            if paper:
                openers.append(_typed_paper())
            asked = phrases if phrases is not None else int(not openers)
            openers += [Opener(phrase=click.prompt("Phrase", hide_input=True)) for _ in range(asked)]
            if not openers:
                raise click.UsageError("nothing to open it with")
            command(*args, openers=openers if several else openers[:1], **rest)

        wanted = click.option("--key-file", type=_FILE, multiple=True, help="A key file, instead of a phrase.")(ask)
        wanted = click.option("--paper", is_flag=True, help="Type the key from the paper copy instead.")(wanted)
        if several:
            wanted = click.option(
                "--phrases",
                type=click.IntRange(0, 20),
                help="How many phrases to ask for: one for each key that the list is sealed to.",
            )(wanted)
        return wanted

    return with_options


def _typed_paper() -> Opener:
    lines = [click.prompt(f"Line {number} of the paper copy", hide_input=True) for number in range(1, PAPER_LINES + 1)]
    return Opener.of_paper("\n".join(lines))


def _text(path: Path) -> str:
    # Whatever is in it: what is no key file is told as that.
    return path.read_bytes().decode("ascii", "replace")
