"""Requests written byte for byte to a socket, and what came back."""

import re
import socket

from tests.serving import Running

PATIENCE_SECONDS = 15
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


def head(server: Running, *lines: str, method: str = "GET", path: str = "/en/") -> bytes:
    """The head of a request to this server."""
    parts = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines, "", ""]
    return "\r\n".join(parts).encode("latin-1")


def send(server: Running, *parts: bytes, and_stop: bool = False, patience: float = PATIENCE_SECONDS) -> bytes:
    """All that comes back until the server hangs up, or is silent for `patience` seconds.

    `and_stop` tells it that nothing more will be sent.
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as connection:
        received = b""
        try:
            for part in parts:
                connection.sendall(part)
            if and_stop:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:
            # Hanging up on such a request is an answer too.
            pass
        return received


def codes(answer: bytes) -> list[int]:
    """The status codes of all answers on one connection. 100 announces an answer and is none."""
    return [code for found in _STATUS.findall(answer) if (code := int(found)) != 100]


def answers(server: Running) -> bool:
    """Whether somebody honest is answered."""
    return codes(send(server, head(server, "Connection: close"))) == [200]
