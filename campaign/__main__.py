"""The `campaign` command, also as `python -m campaign`."""

import gc
from importlib import import_module


def main() -> None:
    """Run a command. Nothing that is loaded on the way is garbage, and looking for some takes a sixth of a start."""
    gc.disable()
    # It goes on looking when the command is there (see cli/__init__.py).
    import_module("campaign.cli").main(prog_name="campaign")


if __name__ == "__main__":
    main()
