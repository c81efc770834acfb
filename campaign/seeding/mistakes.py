"""What is wrong in a folder of seeds, said so that whoever wrote it finds the place."""

from dataclasses import dataclass

from campaign.core.errors import Invalid


@dataclass(frozen=True, order=True)
class Mistake:
    """`place` is the file inside the seed folder; `line` counts from 1, 0 where the whole file is meant."""

    place: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.sentence}" if self.line else f"{self.place}: {self.sentence}"


class SeedMistakes(Invalid):
    """All mistakes of a seed folder at once; nothing was written."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
