"""What may stand in an address. Anything else is no address of ours, and never reaches a view or the database."""

from typing import SupportsInt

from werkzeug.routing import BaseConverter


class LanguageConverter(BaseConverter):
    """`en`, `ckb`; never `api`, below which programs ask."""

    regex = r"(?!api\b)[a-z]{2,3}"


class SlugConverter(BaseConverter):
    """`nasrin-sotoudeh`."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"


class NumberConverter(BaseConverter):
    """`12`: a number that every database takes."""

    regex = "[0-9]{1,6}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: SupportsInt) -> str:
        return str(int(value))
