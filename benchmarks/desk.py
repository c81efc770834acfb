"""The desk as an organizer's browser uses it: log in with the form, then download."""

import http.client
import re
import urllib.parse
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.processes import Server
from benchmarks.rounds import CannotMeasure
from benchmarks.site import LOGIN, PASSWORD, SLUG

PUBLIC_NAMES = f"/organize/campaigns/{SLUG}/public-names.csv"
SEALED_LIST = f"/organize/campaigns/{SLUG}/signatures.sealed"
_PIECE_BYTES = 256 * 1024
_LOGIN = "/organize/login"


@dataclass(frozen=True)
class Desk:
    """Somebody who is logged in."""

    server: Server
    cookie: str

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


def log_in(server: Server) -> Desk:
    """Fill in the form of the desk. Raises CannotMeasure."""
    connection = _connection(server)
    connection.request("GET", _LOGIN)
    answer = connection.getresponse()
    cookie = _cookie(answer)
    page = answer.read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise CannotMeasure("the form of the desk has no token")
    form = urllib.parse.urlencode({"login": LOGIN, "password": PASSWORD, "csrf_token": token[1]})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Referer": server.origin + _LOGIN}
    connection.request("POST", _LOGIN, form, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise CannotMeasure(f"the desk refuses its organizer ({answer.status})")
    connection.close()
    return Desk(server, _cookie(answer))


def _connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.origin).netloc, timeout=600)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]
