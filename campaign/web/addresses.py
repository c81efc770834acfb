"""What may stand in an address. Anything else is no address of ours, and never reaches a view or the database."""

from collections.abc import Callable
from functools import cache
from typing import Any, SupportsInt

from werkzeug.routing import BaseConverter, Rule


class LateRule(Rule):
    """A rule that is compiled for `url_for` when that first asks for it.

    Werkzeug compiles two functions for each rule, half a millisecond in all, before a server can answer anything; a
    process needs few of them.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_builder = super()._compile_builder

        @cache
        def compiled() -> Callable[..., tuple[str, str]]:
            return compile_builder(append_unknown)

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return compiled()(rule, **values)

        return build


class LanguageConverter(BaseConverter):
    """`en`, `ckb`; never `api`, below which programs ask."""

    regex = r"(?!api\b)[a-z]{2,3}"


class SlugConverter(BaseConverter):
    """`nasrin-sotoudeh`."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"


class PartConverter(BaseConverter):
    """`text:fa`, `case`, `event:2019-06-arrest`: a part of a campaign's content."""

    regex = "[a-z]+(?::[a-z0-9]+(?:-[a-z0-9]+)*)?"


class NumberConverter(BaseConverter):
    """`12`: a number that every database takes."""

    regex = "[0-9]{1,6}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: SupportsInt) -> str:
        return str(int(value))
