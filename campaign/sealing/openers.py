"""What somebody has that opens keys: a phrase, a key file's secret (used as a phrase is), or the paper copy."""

from collections.abc import Iterable
from dataclasses import dataclass

from campaign.core.errors import SealingError
from campaign.sealing.boxes import KeyPair
from campaign.sealing.key_files import read_key_file
from campaign.sealing.paper_key import read_paper
from campaign.sealing.phrases import Wrapped, unwrap


@dataclass(frozen=True, slots=True, repr=False)
class Opener:
    """A phrase, or the pair that a paper copy is of. It has no repr, for it opens everything."""

    phrase: str | None = None
    pair: KeyPair | None = None

    @classmethod
    def of_file(cls, text: str) -> "Opener":
        """What a key file holds. Raises SealingError if it is none."""
        return cls(phrase=read_key_file(text))

    @classmethod
    def of_paper(cls, text: str) -> "Opener":
        """What was typed from a paper copy. Raises SealingError, which names the line that is not right."""
        return cls(pair=KeyPair.of_secret(read_paper(text)))

    def pair_of(self, public_key: bytes, locked: Iterable[Wrapped]) -> KeyPair | None:
        """The whole pair, if this opens that key. Each of `locked` takes a tenth of a second."""
        if self.pair is not None:
            return self.pair if self.pair.public_key == public_key else None
        return next((pair for one in locked if (pair := self._unlocked(one)) and pair.public_key == public_key), None)

    def _unlocked(self, wrapped: Wrapped) -> KeyPair | None:
        try:
            return KeyPair.of_secret(unwrap(wrapped, self.phrase or ""))
        except SealingError:
            return None
