"""The key files: whether they are there, whole, and those this database was made with."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from campaign.config import Config
from campaign.core.errors import ConfigError
from campaign.core.key_checks import other_keys
from campaign.core.keyring import Keyring
from campaign.doctor.findings import Finding

_NAMES = ("tags", "waiting")
_LOST = {
    "tags": "with another tags.key everybody could sign a second time, and the count would be wrong",
    "waiting": "with another waiting.key mail and community answers that wait cannot be opened, and are lost",
}
_RESTORE = "restore keys/{} from its own backup; only if it is lost for good, run `campaign keys adopt`"


def examine_keys(session: Session, config: Config) -> Iterator[Finding]:
    """The keys, against what the database knows of them. Makes none that is missing."""
    missing = [name for name in _NAMES if not (config.instance / "keys" / f"{name}.key").exists()]
    for name in missing:
        yield Finding(f"keys/{name}.key is missing", _LOST[name], _RESTORE.format(f"{name}.key"))
    if missing:
        return
    try:
        keyring = Keyring.load(config.instance)
    except ConfigError as error:
        yield Finding(str(error), _LOST["tags"], "check its owner and mode; then restore it from its own backup")
        return
    others = other_keys(session, keyring)
    for name in others:
        yield Finding(
            f"keys/{name}.key is not the one this database was made with",
            _LOST[name],
            _RESTORE.format(f"{name}.key"),
        )
    if not others:
        yield Finding("the key files are those of this database")
