"""Build hook: compiles translations, so that neither a checkout nor an installed wheel needs a tool for it."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Writes each `messages.mo` beside its `messages.po`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        for source in Path(self.root, "campaign", "translations").glob("*/LC_MESSAGES/messages.po"):
            with source.open("rb") as written, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(written, locale=source.parts[-3]))
