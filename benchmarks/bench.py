"""One run: how long and how often to measure, and the sites it measures on, each made when it is first needed."""

import hashlib
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.machine import need_disk
from benchmarks.postgresql import PostgreSQL
from benchmarks.processes import ROOT
from benchmarks.seeder import BYTES_A_ROW, seed_signatures
from benchmarks.signature_rows import Plan
from benchmarks.site import SLUG, Site, copy_site, kept_site, make_site
from campaign.core.clock import utc_now

_STAMP = "version"
_CHUNK_BYTES = 1 << 20


@dataclass
class Bench:
    """`run` holds what this run makes, `kept` what the next one may use again; `stack` ends with the run.

    `many` is how many signatures a full table has, `some` how many a list has that is made again and again.
    """

    run: Path
    kept: Path
    rounds: int
    seconds: float
    many: int
    some: int
    stack: ExitStack

    def fresh_site(self, name: str, plan: Plan | None = None) -> Site:
        """A site on SQLite that nobody has signed, or those of a plan."""
        site = copy_site(self._template, _emptied(self.run / name))
        return self.seed(site, plan) if plan else site

    def fresh_postgresql_site(self, name: str, plan: Plan | None = None) -> Site:
        """The same on PostgreSQL."""
        site = make_site(_emptied(self.run / name), self._postgresql.new_database())
        return self.seed(site, plan) if plan else site

    @cached_property
    def full_site(self) -> Site:
        """The site with `many` signatures on SQLite. Taken from `kept` if this version made it there."""
        folder, version = self.kept / f"full-{self.many}", _version()
        stamp = folder / _STAMP
        if not stamp.exists() or stamp.read_text() != version:
            self.seed(copy_site(self._template, _emptied(folder)), Plan(self.many))
            stamp.write_text(version)
        site = kept_site(folder)
        _read_through(site)
        return site

    def seed(self, site: Site, plan: Plan) -> Site:
        """Add the signatures of a plan to a site that is not served; the site."""
        need_disk(site.folder, plan.count * BYTES_A_ROW)
        stamp = site.folder / _STAMP
        version = stamp.read_text() if stamp.exists() else None
        # Whoever is stopped half-way leaves a file that nobody may measure on.
        stamp.unlink(missing_ok=True)
        seed_signatures(site.database_url, SLUG, plan, now=utc_now())
        if version:
            stamp.write_text(version)
        return site

    @cached_property
    def _template(self) -> Site:
        return make_site(_emptied(self.run / "template"))

    @cached_property
    def _postgresql(self) -> PostgreSQL:
        return PostgreSQL(self.stack)


def _read_through(site: Site) -> None:
    """Bring the table into the machine's memory, so far as it has room: there a table is that was made just now or that
    has been signed for days, and not one that an earlier run has left."""
    with (site.folder / "campaign.sqlite3").open("rb", buffering=0) as file:
        while file.read(_CHUNK_BYTES):
            pass


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _version() -> str:
    """Changes with everything that decides what is in a seeded table."""
    migrations = sorted((ROOT / "campaign" / "migrations" / "versions").glob("*.py"))
    seeders = [Path(__file__).with_name(name) for name in ("seeder.py", "signature_rows.py", "site.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*migrations, *seeders))).hexdigest()
