"""Settings, read once from the environment. Every name here stands in the table of `docs/operating.md`."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from campaign.core.errors import ConfigError
from campaign.core.secret_files import write_once

KNOWN = {
    "CAMPAIGN_BASE_URL",
    "CAMPAIGN_BIND",
    "CAMPAIGN_DATABASE_URL",
    "CAMPAIGN_INSTANCE",
    "CAMPAIGN_MAIL_FROM",
    "CAMPAIGN_METRICS_TOKEN",
    "CAMPAIGN_METRICS_TOKEN_FILE",
    "CAMPAIGN_SECRET_KEY",
    "CAMPAIGN_SECRET_KEY_FILE",
    "CAMPAIGN_SMTP_URL",
    "CAMPAIGN_TRUSTED_PROXIES",
}
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one site. Instances are complete and valid; `from_env` refuses anything else.

    `secret_key` signs organizers' sessions. The keys that make tags and seal waiting mail are separate files in
    `instance` (see `campaign.core.keyring`), so that a backup of the database never holds them. Without a
    `metrics_token` nobody may read `/metrics`.
    """

    instance: Path
    database_url: str
    base_url: str
    bind: str
    smtp_url: str
    mail_from: str
    secret_key: str
    trusted_proxies: int
    metrics_token: str | None = None
    is_demo: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, *, is_demo: bool = False) -> "Config":
        """Read the `CAMPAIGN_*` variables. Raises ConfigError with one line that says which and why."""
        unknown = sorted(name for name in environ if name.startswith("CAMPAIGN_") and name not in KNOWN)
        if unknown:
            raise ConfigError(f"unknown setting {unknown[0]}; known are {', '.join(sorted(KNOWN))}")
        instance = Path(environ.get("CAMPAIGN_INSTANCE") or "instance").absolute()
        bind = _bind(environ.get("CAMPAIGN_BIND") or "127.0.0.1:8000")
        base_url = _base_url(environ.get("CAMPAIGN_BASE_URL") or f"http://{bind}")
        default_mail = "file:" if is_demo else "smtp://localhost:25"
        return cls(
            instance=instance,
            database_url=_database_url(environ.get("CAMPAIGN_DATABASE_URL"), instance),
            base_url=base_url,
            bind=bind,
            smtp_url=_smtp_url(environ.get("CAMPAIGN_SMTP_URL") or default_mail),
            mail_from=_mail_from(environ.get("CAMPAIGN_MAIL_FROM"), base_url),
            secret_key=_secret_key(environ, instance),
            trusted_proxies=_count("CAMPAIGN_TRUSTED_PROXIES", environ.get("CAMPAIGN_TRUSTED_PROXIES") or "0"),
            metrics_token=_metrics_token(environ),
            is_demo=is_demo,
        )

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def _bind(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not _is_number(port) or not 0 < int(port) < 65536:
        raise ConfigError("CAMPAIGN_BIND is host:port, such as 127.0.0.1:8000")
    return value


def _base_url(value: str) -> str:
    parts = _parts(value)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ConfigError("CAMPAIGN_BASE_URL is https://host, without a path")
    if ":" in parts.hostname:
        # Werkzeug compares host names up to the first colon, so it would answer to none.
        raise ConfigError("CAMPAIGN_BASE_URL has a host name or an IPv4 address, not an IPv6 address")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError("CAMPAIGN_BASE_URL holds no user name, password or query")
    return f"{parts.scheme}://{_as_browsers_send(parts)}"


def _database_url(value: str | None, instance: Path) -> str:
    if not value:
        return f"sqlite:///{instance / 'campaign.sqlite3'}"
    if not re.match(r"^(sqlite:///.|postgresql\+psycopg://.)", value):
        raise ConfigError("CAMPAIGN_DATABASE_URL starts with sqlite:/// or postgresql+psycopg://")
    if _parts(value) is None:
        raise ConfigError(
            "CAMPAIGN_DATABASE_URL is no URL; is its port a number, are signs in its password escaped? "
            "Two servers are written …@/name?host=one:5432&host=two:5432"
        )
    return value


def _as_browsers_send(parts: SplitResult) -> str:
    """Host and port as they stand in a Host header: ASCII, small letters, no port that goes without saying."""
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except UnicodeError:
        raise ConfigError("CAMPAIGN_BASE_URL has a host name that cannot be looked up") from None
    is_usual = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
    return host if is_usual else f"{host}:{parts.port}"


def _smtp_url(value: str) -> str:
    if value == "file:":
        return value
    parts = _parts(value)
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0:
        raise ConfigError("CAMPAIGN_SMTP_URL is smtp://user:password@host:port, smtps://… or file:")
    return value


def _mail_from(value: str | None, base_url: str) -> str:
    address = value or f"petition@{_mail_domain(urlsplit(base_url).hostname or 'localhost')}"
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", address) or not address.isprintable():
        raise ConfigError("CAMPAIGN_MAIL_FROM is one plain address, such as petition@example.org")
    return address


def _mail_domain(hostname: str) -> str:
    try:
        ipaddress.ip_address(hostname)
    except ValueError:
        return hostname
    return "localhost"


def _parts(value: str) -> SplitResult | None:
    """The parts of a URL, or None if it is none."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_number(text: str) -> bool:
    # `isdigit` alone would take "²", which `int` does not.
    return text.isascii() and text.isdigit()


def _count(name: str, value: str) -> int:
    if not _is_number(value) or int(value) > 10:
        raise ConfigError(f"{name} is the number of proxies in front of the site, 0 to 10")
    return int(value)


def _secret_key(environ: Mapping[str, str], instance: Path) -> str:
    """From the variable, from the file it names, or made once in the instance folder."""
    if value := environ.get("CAMPAIGN_SECRET_KEY"):
        return _long_enough("CAMPAIGN_SECRET_KEY", value)
    named = environ.get("CAMPAIGN_SECRET_KEY_FILE")
    path = Path(named) if named else instance / "keys" / "session.key"
    try:
        return _long_enough("CAMPAIGN_SECRET_KEY", path.read_text("ascii").strip())
    except FileNotFoundError:
        if named:
            raise ConfigError("CAMPAIGN_SECRET_KEY_FILE names a file that does not exist") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError("the file of the secret key cannot be read as text") from None
    return write_once(path, secrets.token_hex(_SECRET_BYTES))


def _metrics_token(environ: Mapping[str, str]) -> str | None:
    """From the variable, from the file it names, or none."""
    value, named = environ.get("CAMPAIGN_METRICS_TOKEN"), environ.get("CAMPAIGN_METRICS_TOKEN_FILE")
    if not value and named:
        try:
            value = Path(named).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError("CAMPAIGN_METRICS_TOKEN_FILE names a file that cannot be read as text") from None
    if not value and not named:
        return None
    if not re.fullmatch(r"[!-~]*", value or ""):
        raise ConfigError("CAMPAIGN_METRICS_TOKEN has plain letters, digits and signs only")
    return _long_enough("CAMPAIGN_METRICS_TOKEN", value or "")


def _long_enough(name: str, value: str) -> str:
    if len(value) < _SECRET_BYTES:
        raise ConfigError(f"{name} has at least {_SECRET_BYTES} characters")
    return value
