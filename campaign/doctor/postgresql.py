"""PostgreSQL: whether it can be reached, takes changes, and keeps what it has acknowledged."""

import re
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.doctor.findings import Finding

# A server without one of these forgets what it has acknowledged when it crashes.
_KEEPING = ("fsync", "full_page_writes", "synchronous_commit")
_AWAY = "nobody can sign, and pages say so"
_READ_ONLY = (
    "PostgreSQL takes no changes",
    "name the primary in CAMPAIGN_DATABASE_URL or promote the standby; see that default_transaction_read_only is off",
)
# The driver has no code for what fails while connecting, so its words are read. They are never shown: they name users
# and hosts. A server that speaks another language than English gets the answer for everything else.
_MEANINGS = (
    (r"session is read-only|hot standby", *_READ_ONLY),
    (
        r"password authentication failed|no password supplied|authentication failed|no pg_hba.conf entry",
        "the database server refuses this user or password",
        "check user and password in CAMPAIGN_DATABASE_URL (signs such as @ or / are written %40, %2F) and pg_hba.conf",
    ),
    (
        r"role .* does not exist",
        "the database server does not know this user",
        "make it (`createuser`), or mend CAMPAIGN_DATABASE_URL",
    ),
    (
        r"database .* does not exist",
        "the database server has no database of this name",
        "make it (`createdb`) and run `campaign migrate`, or mend CAMPAIGN_DATABASE_URL",
    ),
    (
        r"could not translate host name|name or service not known|no address associated|failed to resolve",
        "the host of the database server has no address",
        "check the host name in CAMPAIGN_DATABASE_URL, and this machine's name server",
    ),
    (
        r"too many clients|remaining connection slots",
        "the database server has no connection left",
        "raise max_connections, or run fewer processes and threads",
    ),
    (
        r"connection refused|no such file or directory|is the server running",
        "nobody listens where the database server should be",
        "start PostgreSQL, or mend host and port in CAMPAIGN_DATABASE_URL",
    ),
    (
        r"timeout expired|timed out|no route to host|network is unreachable",
        "the database server cannot be reached in time",
        "check that it runs, and what stands between it and this machine (a firewall?)",
    ),
    (r"starting up|shutting down|recovery mode", "the database server is starting or stopping", "wait a minute"),
    (
        r"ssl|certificate",
        "the database server and this machine do not agree on encryption",
        "check sslmode and sslrootcert in CAMPAIGN_DATABASE_URL",
    ),
)


def examine_postgresql(session: Session) -> Iterator[Finding]:
    """Settings of the server that this site depends on."""
    shown = {name: session.scalar(text(f"SHOW {name}")) for name in (*_KEEPING, "server_version")}
    yield Finding(f"PostgreSQL {shown['server_version']} answers")
    for name in _KEEPING:
        if shown[name] == "off":
            yield Finding(
                f"PostgreSQL has {name} off",
                "a crash can lose signatures that were acknowledged",
                f"set {name} to on in postgresql.conf, and nowhere to off for this user or database",
            )


def why_postgresql_is_away(error: SQLAlchemyError) -> Finding:
    """The error in words, with what to do."""
    said = str(getattr(error, "orig", "") or "")
    for pattern, what, next_step in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return Finding(what, _AWAY, next_step)
    kind = type(getattr(error, "orig", None) or error).__name__
    return Finding(f"the database does not answer ({kind})", _AWAY, "look at the server's own log")
