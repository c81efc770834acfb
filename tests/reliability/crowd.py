"""People at their browsers: they sign, wait for the mail, confirm, and send again whatever got no answer.

Each thread is one person after the other. What was answered with 303 is written down as acknowledged; everything that
should never be answered is, too.
"""

import http.client
import random
import re
import threading
import urllib.parse
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from http import HTTPStatus

from tests.factories import COMMUNITIES, SLUG
from tests.reliability.stack import wait_until
from tests.smtp import Relay

_TOKEN = re.compile(r"/en/confirm/([\w-]{64})")
_TIMEOUT_SECONDS = 30
LOOKS_AT_ONCE = 5
GIVING_UP = 0.3
# Between two forms; as fast as they can, people would outrun the one worker.
THINKING_SECONDS = 0.05


@dataclass
class Answers:
    """What people were told, and what came into their mailboxes. Shared by all threads; `lock` guards it."""

    relay: Relay
    lock: threading.Lock = field(default_factory=threading.Lock)
    tried: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    never: list[str] = field(default_factory=list)
    tokens: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    deliveries: Counter[str] = field(default_factory=Counter)
    _read: int = 0

    def read_mail(self) -> None:
        """Take what has come in since the last time. Call with the lock held."""
        new = self.relay.messages[self._read :]
        self._read += len(new)
        for message in new:
            self.deliveries[str(message["Message-ID"])] += 1
            if found := _TOKEN.search(_text_of(message)):
                self.tokens[str(message["To"])].append(found.group(1))

    def tokens_of(self, address: str) -> list[str]:
        with self.lock:
            self.read_mail()
            return list(self.tokens[address])

    def wait_for_more(self, number: int, of: Callable[[], int], what: str) -> None:
        """Wait until so many more have come. Raises AssertionError if they do not, or somebody got a wrong answer."""
        before = of()
        wait_until(lambda: bool(self.never) or of() >= before + number, f"{number} more {what}")
        if self.never:
            raise AssertionError(f"people were told {', '.join(self.never)}")

    @property
    def duplicates(self) -> int:
        return sum(number - 1 for number in self.deliveries.values())


@dataclass
class Crowd:
    """`people` threads that act while the gate is open.

    With `may_refuse` 503 is an answer one may get: some try again, some never do, and must not be in.
    """

    port: int
    answers: Answers
    name: str
    seed: str
    people: int = 6
    may_refuse: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def connect(self) -> http.client.HTTPConnection:
        """A browser's connection to the site."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)

    def __enter__(self) -> "Crowd":
        for number in range(self.people):
            person = _Person(self, f"{self.name}.{number}", random.Random(f"{self.seed}/{number}"))
            self._threads.append(threading.Thread(target=person.live, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.gate.set()
        for thread in self._threads:
            thread.join()


class _Person:
    def __init__(self, crowd: Crowd, name: str, chance: random.Random) -> None:
        self._crowd, self._answers = crowd, crowd.answers
        self._name, self._chance = name, chance
        self._connection: http.client.HTTPConnection | None = None
        # Those who have signed and have not confirmed; the first has not looked for mail for longest.
        self._waiting: deque[str] = deque()
        self._used: set[str] = set()

    def live(self) -> None:
        number = 0
        while not self._crowd.over.is_set():
            self._crowd.over.wait(self._chance.uniform(0, 2 * THINKING_SECONDS))
            if not self._confirm_one():
                number += 1
                self._sign(f"{self._name}.{number}@example.org")

    def _sign(self, address: str) -> None:
        form = {"name": "Alice Appleton", "email": address, "country": "DE"}
        with self._answers.lock:
            self._answers.tried.add(address)
        if self._send_until_answered(f"/en/{SLUG}/sign", form, address) == HTTPStatus.SEE_OTHER:
            with self._answers.lock:
                self._answers.signed.add(address)
            self._waiting.append(address)

    def _confirm_one(self) -> bool:
        """Confirm for one whose mail has come, if there is one."""
        for address in tuple(self._waiting)[:LOOKS_AT_ONCE]:
            tokens = [token for token in self._answers.tokens_of(address) if token not in self._used]
            if tokens:
                self._confirm(address, tokens[-1])
                return True
        self._waiting.rotate(-LOOKS_AT_ONCE)
        return False

    def _confirm(self, address: str, token: str) -> None:
        form = {"community": self._chance.choice(COMMUNITIES)}
        status = self._send_until_answered(f"/en/confirm/{token}", form, address)
        if status is None:
            return
        self._used.add(token)
        if status == HTTPStatus.SEE_OTHER:
            self._waiting.remove(address)
            with self._answers.lock:
                self._answers.confirmed.add(address)

    def _send_until_answered(self, path: str, form: dict[str, str], address: str) -> int | None:
        """Send it until there is an answer; None if the run ends before, or somebody gives up who was refused."""
        while True:
            self._crowd.gate.wait()
            if self._crowd.over.is_set():
                return None
            try:
                status = self._send(path, form)
            except (OSError, http.client.HTTPException) as error:
                self._count(f"no answer ({type(error).__name__})")
                self._hang_up()
                continue
            self._count(str(status))
            if status == HTTPStatus.SERVICE_UNAVAILABLE and self._crowd.may_refuse:
                if path.endswith("/sign") and self._chance.random() < GIVING_UP:
                    with self._answers.lock:
                        self._answers.refused.add(address)
                    return None
                continue
            self._expect(path, status)
            return status

    def _expect(self, path: str, status: int) -> None:
        # A link is replaced by the one of a later mail: somebody whose first try got no answer has two.
        is_old_link = path.startswith("/en/confirm/") and status == HTTPStatus.NOT_FOUND
        if status != HTTPStatus.SEE_OTHER and not is_old_link:
            with self._answers.lock:
                self._answers.never.append(f"{path.split('/')[-1] if 'sign' in path else 'confirm'}: {status}")

    def _send(self, path: str, form: dict[str, str]) -> int:
        if self._connection is None:
            self._connection = self._crowd.connect()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, urllib.parse.urlencode(form), headers)
        response = self._connection.getresponse()
        response.read()
        return response.status

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _count(self, answer: str) -> None:
        with self._answers.lock:
            self._answers.answers[answer] += 1


def _text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return body.get_content() if body else ""
