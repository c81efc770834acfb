"""Files that hold a secret: made once, readable by their owner only."""

import os
import secrets
from pathlib import Path

from campaign.core.errors import ConfigError


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for this user alone. Raises OSError."""
    if not path.is_dir():
        # `parents=True` would give the folders in between the usual mode.
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def write_once(path: Path, content: str) -> str:
    """Write a secret to a new file only its owner can read. If another process was first, its content wins.

    The content is complete before the name appears (link, not open-and-write), so no reader sees half a key.
    """
    try:
        draft = _drafted(path, content)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _keep_names(path.parent)
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigError(f"cannot write the key file {path.name}: {error.strerror}") from None


def write_over(path: Path, content: str) -> None:
    """Put this in the file's place at once: whoever reads it meanwhile finds what was there before, or all of this."""
    try:
        os.replace(_drafted(path, content), path)
        _keep_names(path.parent)
    except OSError as error:
        raise ConfigError(f"cannot write the key file {path.name}: {error.strerror}") from None


def _drafted(path: Path, content: str) -> Path:
    private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _keep_names(folder: Path) -> None:
    """Have the disk keep what the folder, and the one above it, list: a key lost with the power would be made anew."""
    for listed in (folder, folder.parent):
        descriptor = os.open(listed, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
