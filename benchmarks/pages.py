"""B5 to B7: the page of a campaign, kept in the cache and made anew."""

import urllib.request

from benchmarks.bench import Bench
from benchmarks.load import Load, Request, put_faultless_load
from benchmarks.nginx import nginx_before, nginx_with
from benchmarks.processes import Server, free_port
from benchmarks.rounds import CannotMeasure, Measured, interleaved, ratio
from benchmarks.signing import rates
from benchmarks.site import PAGE

WARM = Request(PAGE)
# How a page is asked for that no cache can have. The one place that knows it.
COLD = Request(PAGE + "?n={n}", status=200)
_HELLO = Request("/", status=200)
_UNTIL_IT_STAYS = 10


def warm(bench: Bench) -> dict[str, Measured]:
    """B5: beside nginx with the same bytes in a file. wrk has two threads, or it would be what limits nginx.

    The site stands behind its own nginx, as it is deployed; how fast it is without, is shown beside.
    """
    site, port = bench.fresh_site("warm"), free_port()
    with site.served() as alone, site.served(behind=port) as served, nginx_before(served.origin, port) as front:
        page, page_alone = _page(served, host=front.origin.partition("//")[2]), _page(alone)
        with nginx_with(page) as nginx:
            sides = {
                "page/s": lambda: _whole(page, get(front, WARM, bench, threads=2)),
                "nginx/s": lambda: _whole(page, get(nginx, Request("/page"), bench, threads=2)),
                "page/s without nginx": lambda: _whole(page_alone, get(alone, WARM, bench, threads=2)),
            }
            interleaved(1, sides)
            return {"B5": ratio(rates(interleaved(bench.rounds, sides)), *sides)}


def cold(bench: Bench) -> dict[str, Measured]:
    """B6: beside a bare Flask application that says hello."""
    site = bench.fresh_site("cold")
    with site.served() as served, site.beside("benchmarks.bare") as bare:
        sides = {"page/s": lambda: get(served, COLD, bench), "hello/s": lambda: get(bare, _HELLO, bench)}
        interleaved(1, sides)
        measured = ratio(rates(interleaved(bench.rounds, sides)), *sides)
        if get(served, WARM, bench).rate < 2 * measured.sides["page/s"]:
            raise CannotMeasure("what should be a page made anew comes as fast as one from the cache")
        return {"B6": measured}


def cold_with_many(bench: Bench) -> dict[str, Measured]:
    """B7: the page of a campaign that many have signed, and of one that nobody has."""
    full, empty = bench.full_site, bench.fresh_site("empty")
    with full.served() as full_served, empty.served() as empty_served:
        sides = {
            "page/s with many": lambda: get(full_served, COLD, bench),
            "with none": lambda: get(empty_served, COLD, bench),
        }
        interleaved(1, sides)
        return {"B7": ratio(rates(interleaved(bench.rounds, sides)), *sides)}


def get(server: Server, request: Request, bench: Bench, *, threads: int = 1) -> Load:
    return put_faultless_load(server.origin, request, seconds=bench.seconds / 2, threads=threads)


def _page(server: Server, *, host: str = "") -> bytes:
    """The page as it is sent to browsers who ask for it as `host`, compressed. Raises CannotMeasure."""
    # The first who asks a process gets one that is compressed quickly; this is about what the others get.
    return min((_compressed(server, host) for _ in range(_UNTIL_IT_STAYS)), key=len)


def _compressed(server: Server, host: str) -> bytes:
    headers = {"Accept-Encoding": "gzip", **({"Host": host} if host else {})}
    asked = urllib.request.Request(server.origin + PAGE, headers=headers)
    with urllib.request.urlopen(asked) as answer:
        if answer.headers.get("Content-Encoding") != "gzip":
            raise CannotMeasure("the page was not compressed")
        page: bytes = answer.read()
        return page


def _whole(page: bytes, load: Load) -> Load:
    if load.bytes_each < len(page):
        raise CannotMeasure(f"an answer had {load.bytes_each:.0f} bytes, the page has {len(page)}")
    return load
