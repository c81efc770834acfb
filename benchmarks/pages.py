"""B5 to B7: the page of a campaign, kept in the cache and made anew."""

import urllib.request

from benchmarks.bench import Bench
from benchmarks.load import Load, Request, put_faultless_load
from benchmarks.nginx import nginx_with
from benchmarks.processes import Server
from benchmarks.rounds import CannotMeasure, Measured, interleaved, ratio
from benchmarks.signing import rates
from benchmarks.site import PAGE

WARM = Request(PAGE)
# How a page is asked for that no cache can have. The one place that knows it.
COLD = Request(PAGE + "?n={n}", status=200)
_HELLO = Request("/", status=200)
_UNTIL_IT_STAYS = 10


def warm(bench: Bench) -> dict[str, Measured]:
    """B5: beside nginx with the same bytes in a file. wrk has two threads, or it would be what limits nginx."""
    site = bench.fresh_site("warm")
    with site.served() as served:
        page = _page(served)
        with nginx_with(page) as nginx:
            sides = {
                "page/s": lambda: _whole(page, get(served, WARM, bench, threads=2)),
                "nginx/s": lambda: _whole(page, get(nginx, Request("/page"), bench, threads=2)),
            }
            interleaved(1, sides)
            return {"B5": ratio(rates(interleaved(bench.rounds, sides)), *sides)}


def cold(bench: Bench) -> dict[str, Measured]:
    """B6: beside a bare Flask application that says hello."""
    site = bench.fresh_site("cold")
    with site.served() as served, site.bare() as bare:
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


def _page(server: Server) -> bytes:
    """The page as it is sent to browsers, compressed. Raises CannotMeasure."""
    # The first who asks a process gets one that is compressed quickly; this is about what the others get.
    return min((_compressed(server) for _ in range(_UNTIL_IT_STAYS)), key=len)


def _compressed(server: Server) -> bytes:
    asked = urllib.request.Request(server.origin + PAGE, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        if answer.headers.get("Content-Encoding") != "gzip":
            raise CannotMeasure("the page was not compressed")
        page: bytes = answer.read()
        return page


def _whole(page: bytes, load: Load) -> Load:
    if load.bytes_each < len(page):
        raise CannotMeasure(f"an answer had {load.bytes_each:.0f} bytes, the page has {len(page)}")
    return load
