"""A real SMTP server in a thread, that answers as a test tells it to, or does not answer at all."""

import asyncio
import email
import email.policy
import socket
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# What `misbehave` may return instead of an answer.
HANG, DROP = "hang", "drop"


class Relay:
    """Takes mail on loopback.

    `answer_recipient`, when set, is its answer to every RCPT TO. `misbehave` is asked at each stage (`CONNECT`, `EHLO`,
    `MAIL`, `RCPT`, and `DATA` once the whole message is there) and returns what to answer instead of yes; `HANG` to
    answer nothing; at `DATA` also `DROP`, to take the message and end the connection before saying so. `messages` are
    those it has taken.

    `unheard` is its record of clients that left without a word after their message was taken, as one does that has
    stopped waiting for an answer: for each, the seconds from the answer to its recipient until it was gone. One that
    has its 250 says what it wants next, if only QUIT. `talking` counts conversations that have not ended.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer_recipient: str | None = None
        self.answer_quit: str | None = None
        self.misbehave: Callable[[str], str | None] = lambda _stage: None
        self.connections = 0
        self.unheard: list[float] = []
        self.talking = 0
        # aiosmtpd cannot be asked for "any free port".
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self._port}"
        self._controller: _Controller | None = None

    def __enter__(self) -> "Relay":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Take connections."""
        if self._controller is None:
            self._controller = _Controller(self, hostname="127.0.0.1", port=self._port, enable_SMTPUTF8=True)
            self._controller.start()

    def close(self) -> None:
        """Refuse connections, as if nothing ran on that machine."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_EHLO(  # noqa: N802 - the names are aiosmtpd's
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname  # type: ignore[assignment]
        return [answer] if (answer := await self._answer("EHLO")) else responses

    async def handle_HELO(self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str) -> str:  # noqa: N802
        session.host_name = hostname  # type: ignore[assignment]
        return await self._answer("EHLO") or "250 localhost"

    async def handle_MAIL(  # noqa: N802
        self, server: "_Conversation", _session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        server.is_taken = False
        if answer := await self._answer("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: "_Conversation", _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        if answer := self.answer_recipient or await self._answer("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        server.answered_at = time.monotonic()
        return "250 OK"

    async def handle_QUIT(self, server: "_Conversation", _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        server.is_taken = False
        return self.answer_quit or "221 Bye"

    async def handle_DATA(self, server: "_Conversation", _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer("DATA")
        if answer and answer != DROP:
            return answer
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        server.is_taken = answer != DROP
        if answer:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "250 OK"

    async def _answer(self, stage: str) -> str | None:
        answer = self.misbehave(stage)
        if answer == HANG:
            # Ends with the connection, which whoever waits gives up.
            await asyncio.Event().wait()
        return answer


class _Controller(Controller):
    def factory(self) -> asyncio.Protocol:  # type: ignore[override]
        relay: Relay = self.handler
        relay.connections += 1
        answer = relay.misbehave("CONNECT")
        return _Rude(answer) if answer else _Conversation(relay, **self.SMTP_kwargs)


class _Conversation(SMTP):
    """One client's connection. `is_taken` from when its message is taken until it says something more."""

    is_taken = False
    answered_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.talking += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.is_taken:
            self.event_handler.unheard.append(time.monotonic() - self.answered_at)
        self.event_handler.talking -= 1
        super().connection_lost(error)


class _Rude(asyncio.Protocol):
    """Says one thing to whoever connects, or nothing."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._answer != HANG:
            transport.write(f"{self._answer}\r\n".encode("ascii"))
            transport.close()
