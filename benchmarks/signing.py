"""B1 to B4 and B11: signing and confirming under load."""

import secrets
from statistics import median

from benchmarks.bench import Bench
from benchmarks.load import Load, Request, put_faultless_load, put_load
from benchmarks.processes import Server
from benchmarks.rounds import CannotMeasure, Measured, interleaved, ratio, settled
from benchmarks.signature_rows import Plan, known_token
from benchmarks.site import SIGN, SIGN_BODY, Site

_WRITERS = 64
_CONFIRM_SECONDS = 4.0
_MOST_A_SECOND = 6000
_BARE_SIGN = Request("/sign", "POST", SIGN_BODY, 303)


def against_bare(bench: Bench) -> dict[str, Measured]:
    """B1 and B2: sign, beside a bare Flask application that redirects the same form, and beside one made by hand."""
    site = bench.fresh_site("bare")
    with (
        site.served() as served,
        site.beside("benchmarks.bare") as bare,
        site.beside("benchmarks.by_hand") as by_hand,
    ):
        sides = {
            "sign/s": lambda: sign(site, served, seconds=bench.seconds),
            "bare POST/s": lambda: put_faultless_load(bare.origin, _BARE_SIGN, seconds=bench.seconds),
            "by hand": lambda: put_faultless_load(by_hand.origin, _BARE_SIGN, seconds=bench.seconds),
        }
        interleaved(1, sides)
        loads = interleaved(bench.rounds, sides)
    slowest = [found["sign/s"].p99_ms for found in loads]
    bare_p99 = median(found["bare POST/s"].p99_ms for found in loads)
    return {"B1": ratio(rates(loads), *sides), "B2": Measured(slowest, {"bare p99 ms": bare_p99})}


def with_many(bench: Bench) -> dict[str, Measured]:
    """B3: sign and confirm in a full table and in an empty one."""
    full, empty = bench.full_site, bench.fresh_site("empty")
    with full.served() as full_served, empty.served() as empty_served:
        signs = {
            "sign/s with many": lambda: sign(full, full_served, seconds=bench.seconds),
            "with none": lambda: sign(empty, empty_served, seconds=bench.seconds),
        }
        interleaved(1, signs)
        signed = ratio(rates(interleaved(bench.rounds, signs)), *signs)
    # Enough to confirm for all rounds, however fast; they are no part of what is compared.
    seconds = min(bench.seconds, _CONFIRM_SECONDS)
    pending = Plan(
        int((bench.rounds + 1) * seconds * _MOST_A_SECOND), states={"pending": 1}, series=secrets.token_hex(8)
    )
    for site in (full, empty):
        bench.seed(site, pending)
    with full.served() as full_served, empty.served() as empty_served:
        confirms = {
            "confirm/s with many": Confirming(full, full_served, pending, seconds),
            "with none": Confirming(empty, empty_served, pending, seconds),
        }
        interleaved(1, confirms)
        confirmed = ratio(rates(interleaved(bench.rounds, confirms)), *confirms)
    for site in (full, empty):
        # Adds up what was confirmed, which no worker did, and says whether the sums were right before.
        if "off by 0" not in (said := site.run("reconcile")):
            raise CannotMeasure(f"after all confirmations: {said.strip()}")
    return {"B3": signed, "B3-confirm": confirmed}


def on_postgresql(bench: Bench) -> dict[str, Measured]:
    """B4: sign on either database."""
    sqlite, postgresql = bench.fresh_site("sqlite"), bench.fresh_postgresql_site("postgresql")
    with sqlite.served() as on_sqlite, postgresql.served() as on_postgresql:
        sides = {
            "sign/s PostgreSQL": lambda: sign(postgresql, on_postgresql, seconds=bench.seconds),
            "SQLite": lambda: sign(sqlite, on_sqlite, seconds=bench.seconds),
        }
        interleaved(1, sides)
        return {"B4": ratio(rates(interleaved(bench.rounds, sides)), *sides)}


def crowd(bench: Bench) -> dict[str, Measured]:
    """B11: as many writers at once as threads to serve them; how many were not served."""
    site = bench.fresh_site("crowd")
    with site.served(threads=_WRITERS // 2) as served:
        loads = [put_load(served.origin, SIGN, seconds=bench.seconds, clients=_WRITERS) for _ in range(bench.rounds)]
    if not any(load.requests for load in loads):
        raise CannotMeasure("nobody was answered at all")
    answered = {"sign/s": median(load.rate for load in loads), "slowest ms": max(load.max_ms for load in loads)}
    return {"B11": Measured([float(load.failed) for load in loads], answered)}


def sign(site: Site, server: Server, *, seconds: float) -> Load:
    """Sign as fast as it goes, and see that each answer stands for a signature and a mail that are really there."""
    before = _stored(site)
    load = put_faultless_load(server.origin, SIGN, seconds=seconds)
    for table, number in _stored(site).items():
        # Those under way when wrk stopped are stored too, though it does not count them.
        if not load.requests <= number - before[table] <= load.requests + load.clients:
            raise CannotMeasure(f"{load.requests} signed, but {table} has {number - before[table]} rows more")
    return load


class Confirming:
    """Presses the button of the pending signatures of a plan, other ones with every call."""

    def __init__(self, site: Site, server: Server, pending: Plan, seconds: float) -> None:
        self._site, self._server, self._seconds = site, server, seconds
        tokens = site.folder / "tokens"
        tokens.write_text("".join(f"{known_token(pending.series, number)}\n" for number in range(pending.count)))
        self._request = Request("/en/confirm/{n}", "POST", "community=workers", 303, lines=tokens)
        self._asked = 0

    def __call__(self) -> Load:
        """Raises CannotMeasure unless each answer stands for a signature that is really confirmed."""
        before = self._confirmed()
        load = put_faultless_load(self._server.origin, self._request, seconds=self._seconds, first=self._asked)
        self._asked += load.requests + load.clients
        confirmed = self._confirmed() - before
        if not load.requests <= confirmed <= load.requests + load.clients:
            raise CannotMeasure(f"{load.requests} pressed the button, but {confirmed} are confirmed")
        return load

    def _confirmed(self) -> int:
        return settled(lambda: self._site.count("signature", "state = 'confirmed'"))


def rates(rounds: list[dict[str, Load]]) -> list[dict[str, float]]:
    return [{name: load.rate for name, load in found.items()} for found in rounds]


def _stored(site: Site) -> dict[str, int]:
    return settled(
        lambda: {"signature": site.count("signature", "state = 'pending'"), "outbox_mail": site.count("outbox_mail")}
    )
