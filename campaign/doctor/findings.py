"""What an examination finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. A problem has all three: what is so, why that matters, and the next step."""

    what: str
    why: str = ""
    next_step: str = ""

    @property
    def is_well(self) -> bool:
        return not self.next_step
