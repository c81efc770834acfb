"""The least that a signature's promises take on this stack: what B1 could be if nothing of ours were in between.

The same form, read by WTForms and email-validator; the same sealed box, tag, tokens and sealed mail; one commit, which
reaches the disk, for all who came meanwhile. No limits, languages, checks of origin or other pages; SQL by hand, in
tables with fewer indexes than ours. `python -m benchmarks.by_hand HOST:PORT PROCESSES THREADS`, with the settings of a
site in the environment.
"""

import fcntl
import hmac
import json
import secrets
import sys
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from time import time

from email_validator import validate_email
from flask import Flask, redirect, request
from flask_wtf import FlaskForm
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt, crypto_box_seal
from nacl.public import PrivateKey
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from campaign.config import Config
from campaign.core.sqlite import sqlite3
from campaign.server import serve

_TABLES = """
CREATE TABLE IF NOT EXISTS signature (
    id BLOB PRIMARY KEY, campaign INTEGER, tag BLOB UNIQUE, state TEXT, language TEXT, sealed BLOB, confirm_digest BLOB,
    manage_digest BLOB, until INTEGER, source TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending ON signature (campaign, until) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS mail (id BLOB PRIMARY KEY, due INTEGER, tries INTEGER, sealed BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due ON mail (due);
"""
_PRAGMAS = ("busy_timeout = 15000", "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000")
_SEALED_TO, _TAGS, _MAILS = bytes(PrivateKey.generate().public_key), secrets.token_bytes(32), secrets.token_bytes(32)


class _Form(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    class Meta:
        csrf = False

    name = StringField(validators=[InputRequired(), Length(max=100)])
    email = StringField(validators=[InputRequired(), Length(max=254)])
    public_name = StringField(validators=[Length(max=100)])
    country = StringField(validators=[Length(max=2)])
    message = StringField(validators=[Length(max=1000)])
    source = StringField(validators=[Length(max=100)])


@dataclass(eq=False)
class _Job:
    """Two rows to be written. Whoever handed them in waits for `asleep`, until they are or until it leads."""

    signature: tuple[object, ...]
    mail: tuple[object, ...]
    asleep: threading.Lock = field(default_factory=threading.Lock)
    is_done: bool = False

    def __post_init__(self) -> None:
        self.asleep.acquire()


class _Group:
    """Group commit, as in `campaign/core/group_commit.py` and without what may go wrong."""

    def __init__(self, database: Path) -> None:
        self._database, self._local = database, threading.local()
        self._mutex, self._turn = threading.Lock(), threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._is_led = False
        self._connection().executescript(_TABLES)

    def write(self, job: _Job) -> None:
        with self._mutex:
            self._waiting.append(job)
            has_leader, self._is_led = self._is_led, True
        if has_leader:
            job.asleep.acquire()
        if not job.is_done:
            self._lead(job)

    def _lead(self, own: _Job) -> None:
        connection = self._connection()
        with self._turn, self._database.with_suffix(".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._mutex:
                jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO signature VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [job.signature for job in jobs],
            )
            connection.executemany("INSERT INTO mail VALUES (?, ?, ?, ?)", [job.mail for job in jobs])
            connection.execute("COMMIT")
        with self._mutex:
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
        if heir is not None:
            heir.asleep.release()
        for job in jobs:
            job.is_done = True
            if job is not own:
                job.asleep.release()

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = sqlite3.connect(self._database, isolation_level=None)
            for pragma in _PRAGMAS:
                self._local.connection.execute(f"PRAGMA {pragma}")
        connection: sqlite3.Connection = self._local.connection
        return connection


def by_hand(database: Path) -> Flask:
    """A page to see that it is there, and the form."""
    app, group = Flask("by hand"), _Group(database)

    @app.get("/")
    def hello() -> str:
        return "hello"

    @app.post("/sign")
    def sign() -> Response:
        form = _Form(request.form)
        if not form.validate():
            raise ValueError
        group.write(_sealed(form))
        return redirect("/thanks", 303)

    return app


def _sealed(form: _Form) -> _Job:
    email = validate_email(form.email.data or "", check_deliverability=False).normalized
    tag = hmac.digest(_TAGS, email.lower().encode(), "sha256")
    tokens, now = [secrets.token_bytes(32), secrets.token_bytes(32)], int(time())
    box = crypto_box_seal(json.dumps({name: form[name].data for name in form._fields}).encode().ljust(512), _SEALED_TO)
    letter = json.dumps({"to": email, "kind": "confirm", "tokens": [token.hex() for token in tokens]})
    nonce = secrets.token_bytes(24)
    mail = nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(letter.encode().ljust(512), b"", nonce, _MAILS)
    digests = [sha256(token).digest() for token in tokens]
    return _Job(
        (uuid.uuid4().bytes, 1, tag, "pending", "en", box, *digests, now, "web"), (uuid.uuid4().bytes, now, 0, mail)
    )


if __name__ == "__main__":
    config = Config.from_env()
    made = by_hand(config.instance / "by-hand.sqlite3")
    serve(made, replace(config, bind=sys.argv[1]), processes=int(sys.argv[2]), threads=int(sys.argv[3]))
