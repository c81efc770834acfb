"""Text that holds nothing invisible: neither control characters nor marks that reorder what stands around them."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from campaign.core.text_rules import BadText, check_message


def _checked(text: str) -> str:
    for line in text.split("\n"):
        try:
            check_message(line)
        except BadText as error:
            raise PydanticCustomError(f"text_{error.rule}", "{said}", {"said": str(error)}) from None
    return text


PlainLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\n]*$"),
    AfterValidator(_checked),
]
"""One line of up to 200 characters."""


def plain_text(most: int) -> StringConstraints:
    """Several lines of up to `most` characters; use it in `Annotated[str, plain_text(…), VISIBLE]`."""
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


VISIBLE = AfterValidator(_checked)
