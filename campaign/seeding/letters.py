"""A model letter as a seed file, `letters/<key>.toml`: its shape, its row, and the row as what the file says."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from campaign.cases.statuses import CaseStatus
from campaign.letters.models import ModelLetter
from campaign.seeding.files import Language, Line, LocalLine, LongProse, Prose, SeedModel, SourceKey
from campaign.seeding.objections import KEY, KEY_SENTENCE, MOST_SOURCES, Objection
from campaign.seeding.rows import Content, Sources, stored_source

MOST_ADDRESS_LINES = 8
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$*+/=^_{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _mailbox(written: str) -> str:
    if not _MAILBOX.fullmatch(written) or len(written) > 254:
        raise PydanticCustomError("mailbox", "write one e-mail address and nothing else")
    return written


def _of_an_envelope(written: str) -> str:
    if written.count("\n") >= MOST_ADDRESS_LINES:
        raise PydanticCustomError("address_long", "an address has at most 8 lines")
    return written


class LetterWords(SeedModel):
    """The letter in one language. `body` is plain text: it goes into mails and onto paper."""

    subject: Line
    body: LongProse


class LetterFile(SeedModel):
    """`address` is what stands on the envelope. `reads` are the languages the office reads, the best first.

    `texts` may be in languages that the site does not have: an office is written to in its own. `sources` say where
    the office's address is published, so that nobody's private one is asked for.
    """

    any_language: ClassVar[frozenset[str]] = frozenset({"texts"})

    office: LocalLine
    address: Annotated[Prose, AfterValidator(_of_an_envelope)]
    email: Annotated[str, AfterValidator(_mailbox)] | None = None
    reads: list[Language] = Field(min_length=1, max_length=5)
    valid_while: list[CaseStatus] = Field(default_factory=list)
    texts: dict[Language, LetterWords] = Field(min_length=1)
    sources: list[SourceKey] = Field(min_length=1, max_length=MOST_SOURCES)

    @model_validator(mode="after")
    def _has_what_the_office_reads(self) -> "LetterFile":
        if missing := [language for language in self.reads if language not in self.texts]:
            raise PydanticCustomError(
                "reads_without_text",
                "the office reads '{language}', so there is a text in it",
                {"language": missing[0]},
            )
        return self


def statuses_objection(letter: LetterFile, kind: str) -> Objection | None:
    """Why a letter on a campaign of that kind does not say rightly when it may be sent."""
    if kind == "solidarity" and not letter.valid_while:
        sentence = "a letter about a person says under which statuses it may be sent"
        return Objection(("valid_while",), "statuses_missing", sentence)
    if kind != "solidarity" and letter.valid_while:
        return Objection(("valid_while",), "statuses_of_nobody", "a petition has no status; leave this out")
    return None


def letter_objections(letters: Mapping[str, LetterFile], kind: str) -> Iterator[tuple[str, Objection]]:
    """What is wrong with the letters of a campaign that their shape does not say, each with its file."""
    for key, letter in letters.items():
        path = f"letters/{key}.toml"
        if not KEY.fullmatch(key):
            yield path, Objection((), "key", f"is named by {KEY_SENTENCE}")
        if objection := statuses_objection(letter, kind):
            yield path, objection


def letter_values(letter: LetterFile, sources: Sources) -> Content:
    return {
        **letter.model_dump(include={"office", "address", "email", "reads", "valid_while", "texts"}),
        "sources": [stored_source(sources[key]) for key in letter.sources],
    }


def letter_content(row: ModelLetter) -> Content:
    """What `letters/<key>.toml` says."""
    names = ("office", "address", "email", "reads", "valid_while", "texts", "sources")
    return {name: getattr(row, name) for name in names}
