"""The one tree of errors this project raises on purpose.

Raise where the fault is known; entry points (`web/errors.py`, `cli.py`) turn it into a page, a problem answer or one
line on stderr. A message never holds a name, an address, a token or an IP, because messages are logged and shown.
"""


class CampaignError(Exception):
    """Something the project noticed itself, with a sentence for the person who can act on it."""


class ConfigError(CampaignError):
    """A setting is missing, unknown or malformed; the site must not start."""


class NotFound(CampaignError):
    """The thing named does not exist, or must look as if it did not."""


class TakenDown(CampaignError):
    """The thing named was there for everybody once and is hidden; nothing of it may be shown."""


class Refused(CampaignError):
    """What was asked is understood and not allowed now (closed campaign, no key, limit reached)."""


class Invalid(CampaignError):
    """Input breaks a rule. `field` is the form field or file key the sentence is about, if there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class SealingError(CampaignError):
    """A sealed thing cannot be made or opened: no key, wrong phrase, damaged or foreign ciphertext."""
