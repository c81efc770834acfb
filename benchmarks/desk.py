"""The desk as an organizer's browser uses it: log in with the form, then download."""

import http.client
import re
import time
import urllib.parse
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyotp

from benchmarks.processes import Server
from benchmarks.rounds import CannotMeasure
from benchmarks.site import LOGIN, PASSWORD, SLUG, Site

# The page that asks for the list, and the form it comes in.
PUBLIC_NAMES = (f"/organize/campaigns/{SLUG}/lists", "csv")
SEALED_LIST = (f"/organize/campaigns/{SLUG}/open-list", "sealed")
_PIECE_BYTES = 256 * 1024
_LOGIN, _APP = "/organize/login", "/organize/account/app"


@dataclass(frozen=True)
class Watched:
    """A download: when its first byte came and when its last, after it was asked for, and how long it is."""

    first_byte_seconds: float
    seconds: float
    size_bytes: int


@dataclass(frozen=True)
class Peak:
    """A download, and the most memory that a new server and its children had until its end."""

    watched: Watched
    peak_bytes: int


@dataclass(frozen=True)
class Desk:
    """Somebody who is logged in."""

    server: Server
    cookie: str

    def ask(self, listed: tuple[str, str]) -> str:
        """Say what the list is for; the address it can be had at for an hour. Raises CannotMeasure."""
        page, form = listed
        return _send(self.server, page, self.cookie, {"form": form, "purpose": "Measuring"})[2]

    def download(self, path: str, keep: "list[bytes] | None" = None) -> int:
        """Take a list as fast as it comes; how many lines it has. Its bytes go into `keep`. Raises CannotMeasure."""
        connection = _connection(self.server)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        if answer.status != 200:
            raise CannotMeasure(f"{path} answers {answer.status}")
        lines = 0
        while piece := answer.read1(_PIECE_BYTES):
            lines += piece.count(b"\n")
            if keep is not None:
                keep.append(piece)
        connection.close()
        return lines

    def watch(self, path: str) -> Watched:
        """Take a list and keep nothing of it. Raises CannotMeasure."""
        connection, start = _connection(self.server), time.perf_counter()
        connection.request("GET", path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        if answer.status != 200:
            raise CannotMeasure(f"{path} answers {answer.status}")
        size = len(answer.read1(1))
        first_byte = time.perf_counter() - start
        while piece := answer.read1(_PIECE_BYTES):
            size += len(piece)
        connection.close()
        return Watched(first_byte, time.perf_counter() - start, size)


def log_in(site: Site, server: Server) -> Desk:
    """Fill in the form of the desk, then that of an authenticator app. Raises CannotMeasure."""
    # As after every measurement before: an app that was set up earlier is nobody's any more.
    site.run("organizer", "reset-factors", LOGIN)
    _, cookie, _ = _send(server, _LOGIN, "", {"login": LOGIN, "password": PASSWORD})
    page, _ = _get(server, _APP, cookie)
    secret = _hidden(page, "secret")
    _send(server, _APP, cookie, {"secret": secret, "code": pyotp.TOTP(secret).now()}, status=200)
    return Desk(server, cookie)


def cookie_of(site: Site) -> str:
    """Log in, and leave that to a server of its own: checking a password takes 64 MB, and who measures memory after
    that sees nothing that takes less."""
    with site.served() as served:
        return log_in(site, served).cookie


def watched_peak(site: Site, cookie: str, listed: tuple[str, str]) -> Peak:
    """Start a server, take one list, and end the server."""
    with site.served() as served:
        desk = Desk(served, cookie)
        watched = desk.watch(desk.ask(listed))
        return Peak(watched, served.peak_bytes())


def _send(server: Server, path: str, cookie: str, values: dict[str, str], *, status: int = 303) -> tuple[str, str, str]:
    page, own_cookie = _get(server, path, cookie)
    sent = urllib.parse.urlencode({**values, "csrf_token": _hidden(page, "csrf_token")})
    headers = {
        "Cookie": own_cookie or cookie,
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": server.origin + path,
    }
    connection = _connection(server)
    connection.request("POST", path, sent, headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    if answer.status != status:
        raise CannotMeasure(f"the desk refuses its organizer at {path} ({answer.status})")
    return page, _cookie(answer), answer.getheader("Location") or ""


def _get(server: Server, path: str, cookie: str) -> tuple[str, str]:
    connection = _connection(server)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return page, _cookie(answer)


def _hidden(page: str, name: str) -> str:
    found = re.findall(rf'name="{name}"[^>]*value="([^"]+)"', page)
    if not found:
        raise CannotMeasure(f"a form of the desk has no {name}")
    return str(found[-1])


def _connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.origin).netloc, timeout=600)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]
