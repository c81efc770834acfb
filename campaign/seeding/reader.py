"""Reads a folder of seed files whole, or says everything that is wrong with it.

Nothing here touches the database: `read_seeds` either returns a complete, consistent `SeedSite` or raises
`SeedMistakes` with every mistake found, each with its file, its line where one can be told, and what to do.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from campaign.core.partial_date import PartialDate
from campaign.seeding.case_rules import (
    case_objections,
    event_objections,
    links_to_nowhere,
    repeated,
    source_objections,
)
from campaign.seeding.files import CampaignFile, CaseFile, EventFile, SiteFile, SourceEntry, TextFile
from campaign.seeding.languages import wrong_languages
from campaign.seeding.letters import LetterFile, letter_objections
from campaign.seeding.mistakes import Mistake, SeedMistakes
from campaign.seeding.objections import Objection
from campaign.seeding.places import Location, line_of
from campaign.seeding.slugs import RESERVED_SLUGS, SLUG
from campaign.seeding.updates import UpdateFile, update_objections

M = TypeVar("M", bound=BaseModel)
K = TypeVar("K", LetterFile, UpdateFile)
LARGEST_FILE_BYTES = 1_000_000
_FRONT_MATTER = re.compile(r"\A\+\+\+\n(.*?)^\+\+\+\n(.*)\Z", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class SeedCampaign:
    """One folder of `seeds/campaigns/`, checked. `texts` by language; others by key, which is the name of the file
    (unless that of an event says another)."""

    slug: str
    about: CampaignFile
    texts: dict[str, TextFile]
    sources: dict[str, SourceEntry]
    events: dict[str, EventFile]
    case: CaseFile | None
    letters: dict[str, LetterFile] = field(default_factory=dict)
    updates: dict[str, UpdateFile] = field(default_factory=dict)


@dataclass(frozen=True)
class SeedSite:
    site: SiteFile
    campaigns: tuple[SeedCampaign, ...]


def read_seeds(folder: Path, *, today: date) -> SeedSite:
    """Read and check every file below `folder`. Raises SeedMistakes; events dated after `today` are mistakes."""
    reader = _Reader(folder, today)
    site = reader.site()
    campaigns = tuple(reader.campaigns(site)) if site else ()
    if reader.mistakes or site is None:
        raise SeedMistakes(reader.mistakes)
    return SeedSite(site, campaigns)


@dataclass
class _Reader:
    root: Path
    today: date
    mistakes: list[Mistake] = field(default_factory=list)

    def site(self) -> SiteFile | None:
        if not self.root.is_dir():
            self._wrong(self.root, 0, "there is no such folder")
            return None
        return self._toml(self.root / "site.toml", SiteFile)

    def campaigns(self, site: SiteFile) -> list[SeedCampaign]:
        home = self.root / "campaigns"
        folders = sorted(path for path in home.glob("*") if path.is_dir())
        if not folders and home.exists():
            self._wrong(home, 0, "holds no campaign; make a folder named by its slug")
        found = [each for folder in folders if (each := self._campaign(folder, site)) is not None]
        for each in found:
            if each.case:
                slugs = {folder.name for folder in folders}
                self._object(home / each.slug / "case.toml", links_to_nowhere(each.case, own=each.slug, slugs=slugs))
        return found

    def _campaign(self, folder: Path, site: SiteFile) -> SeedCampaign | None:
        if not SLUG.fullmatch(folder.name):
            self._wrong(folder, 0, "a slug has small latin letters, digits and single hyphens")
        if folder.name in RESERVED_SLUGS:
            self._wrong(folder, 0, "this slug is the address of another page")
        about = self._toml(folder / "campaign.toml", CampaignFile)
        sources = self._sources(folder / "sources.toml")
        texts = self._texts(folder, site)
        case = self._case(folder / "case.toml", about)
        events = self._events(folder / "events", case.born if case else None)
        if about is None:
            return None
        self._check_references(folder, about, case, events, sources)
        for path, model in self._localized(folder, about, case, events):
            self._check_languages(path, model, site)
        by_key = {event.key or name: event for name, event in events.items()}
        letters = self._keyed(folder / "letters", LetterFile, site, sources)
        updates = self._keyed(folder / "updates", UpdateFile, site, sources)
        for file, objection in (*letter_objections(letters, about.kind), *update_objections(updates, self.today)):
            self._wrong(folder / file, line_of(self._lines(folder / file), objection.place), objection.sentence)
        return SeedCampaign(folder.name, about, texts, sources, by_key, case, letters, updates)

    def _keyed(self, folder: Path, model: type[K], site: SiteFile, sources: dict[str, SourceEntry]) -> dict[str, K]:
        """The files of a folder, each in every language and with sources that exist."""
        found = {}
        for path in sorted(folder.glob("*.toml")):
            if (read := self._toml(path, model)) is None:
                continue
            self._check_languages(path, read, site)
            for place, key in enumerate(read.sources):
                if key not in sources:
                    line = line_of(self._lines(path), ("sources", place))
                    self._wrong(path, line, f"source {key} is not in sources.toml")
            found[path.stem] = read
        return found

    def _sources(self, path: Path) -> dict[str, SourceEntry]:
        data, text = self._load(path)
        sources = {
            key: source
            for key, value in (data or {}).items()
            if (source := self._model(path, text, SourceEntry, value, (key,)))
        }
        for key, source in sources.items():
            self._object(path, source_objections(source, today=self.today), (key,))
        return sources

    def _texts(self, folder: Path, site: SiteFile) -> dict[str, TextFile]:
        texts = {
            path.stem: text for path in sorted(folder.glob("*.md")) if (text := self._text(path, site)) is not None
        }
        default = folder / f"{site.languages[0]}.md"
        if not default.exists():
            self._wrong(default, 0, "is missing: every campaign has a text in the site's first language")
        return texts

    def _text(self, path: Path, site: SiteFile) -> TextFile | None:
        if path.stem not in site.languages:
            self._wrong(path, 0, f"'{path.stem}' is not among the languages of site.toml")
            return None
        match = _FRONT_MATTER.match(self._lines(path))
        if match is None:
            self._wrong(path, 1, "starts with TOML between two lines of +++, then the body")
            return None
        data = self._parse(path, match[1], lines_before=1)
        if data is None:
            return None
        # A key of the front matter called `body` would otherwise be overwritten unseen.
        if "body" in data:
            self._wrong(path, 1, "'body' is the text after the second +++, not a key")
        return self._model(path, "\n" + match[1], TextFile, {**data, "body": match[2]})

    def _events(self, folder: Path, born: PartialDate | None) -> dict[str, EventFile]:
        events: dict[str, EventFile] = {}
        for path in sorted(folder.glob("*.toml")):
            event = self._toml(path, EventFile)
            if event is None:
                continue
            if not path.stem.startswith(f"{event.date}-"):
                self._wrong(path, 0, f"is named for another date than its own, {event.date}")
            key = event.key or path.stem
            if key in {known.key or name for name, known in events.items()}:
                self._object(path, [Objection(("key",), "given_twice", f"the key {key} is given twice")])
            self._object(path, event_objections(event, today=self.today, born=born))
            events[path.stem] = event
        return events

    def _case(self, path: Path, about: CampaignFile | None) -> CaseFile | None:
        wanted = about is not None and about.kind == "solidarity"
        if not path.exists():
            if wanted:
                self._wrong(path, 0, "is missing: a solidarity campaign has a case")
            return None
        if about is not None and not wanted:
            self._wrong(path, 0, 'a petition has no case; use kind = "solidarity" or remove this file')
        case = self._toml(path, CaseFile)
        if case:
            self._object(path, case_objections(case, today=self.today))
        return case

    def _check_references(
        self,
        folder: Path,
        about: CampaignFile,
        case: CaseFile | None,
        events: dict[str, EventFile],
        sources: dict[str, SourceEntry],
    ) -> None:
        """Every source named exists, and no key of communities, demands or related people is given twice."""
        named: list[tuple[Path, str]] = [(folder / "campaign.toml", key) for key in [about.original] if key]
        if case:
            lists = [case.status_sources, *(part.sources for part in case.demands)]
            lists += [part.sources for part in case.related]
            lists += [part.sources for part in case.particulars] + [part.sources for part in case.targets]
            keys = [key for part in lists for key in part]
            named += [(folder / "case.toml", key) for key in keys]
        for name, event in events.items():
            keys = [*event.sources, *(key for account in event.accounts for key in account.sources)]
            named += [(folder / "events" / f"{name}.toml", key) for key in keys]
        for path, key in named:
            if key not in sources:
                line = next((n for n, text in enumerate(self._lines(path).splitlines(), 1) if f'"{key}"' in text), 0)
                self._wrong(path, line, f"source {key} is not in sources.toml")
        self._object(folder / "campaign.toml", repeated("communities", [part.key for part in about.communities]))

    @staticmethod
    def _localized(
        folder: Path, about: CampaignFile, case: CaseFile | None, events: dict[str, EventFile]
    ) -> list[tuple[Path, BaseModel]]:
        found: list[tuple[Path, BaseModel]] = [(folder / "campaign.toml", about)]
        found += [(folder / "case.toml", case)] if case else []
        return found + [(folder / "events" / f"{name}.toml", event) for name, event in events.items()]

    def _check_languages(self, path: Path, model: BaseModel, site: SiteFile) -> None:
        """Each text by language is there in the first language and in no language the site does not have."""
        text = self._lines(path)
        for where, language, is_missing in wrong_languages(model, site.languages):
            sentence = (
                f"{_written(where)}: '{language}' is missing"
                if is_missing
                else f"the site has no language '{language}'"
            )
            self._wrong(path, line_of(text, where), sentence)

    def _toml(self, path: Path, model: type[M]) -> M | None:
        data, text = self._load(path)
        return None if data is None else self._model(path, text, model, data)

    def _load(self, path: Path) -> tuple[dict[str, object] | None, str]:
        """The data and the text of a file; no data if something is wrong with it, which has then been said."""
        text = self._read(path)
        return (None if text is None else self._parse(path, text)), text or ""

    def _read(self, path: Path) -> str | None:
        try:
            if path.exists() and (not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES):
                self._wrong(path, 0, "is no plain file of at most 1 MB")
                return None
            return path.read_text("utf-8")
        except FileNotFoundError:
            self._wrong(path, 0, "is missing")
        except UnicodeDecodeError:
            self._wrong(path, 0, "is not UTF-8")
        except OSError as error:
            self._wrong(path, 0, f"cannot be read: {error.strerror}")
        return None

    def _lines(self, path: Path) -> str:
        """The text of a file that has been read before, to find a line in."""
        return self._read(path) or ""

    def _parse(self, path: Path, text: str, *, lines_before: int = 0) -> dict[str, object] | None:
        try:
            return tomllib.loads(text)
        except RecursionError:
            self._wrong(path, 0, "is nested too deeply")
            return None
        except ValueError as error:
            place = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(place[1]) + lines_before if place else 0
            self._wrong(path, line, f"is not TOML: {re.sub(r' [(]at .*', '', str(error))}")
            return None

    def _model(self, path: Path, text: str, model: type[M], data: object, above: Location = ()) -> M | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                where = (*above, *detail["loc"])
                self._wrong(path, line_of(text, where), f"{_written(where)}: {detail['msg']}")
            return None

    def _object(self, path: Path, objections: Iterable[Objection], above: Location = ()) -> None:
        for objection in objections:
            place = (*above, *objection.place)
            self._wrong(path, line_of(self._lines(path), place), f"{_written(place)}: {objection.sentence}")

    def _wrong(self, path: Path, line: int, sentence: str) -> None:
        place = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()
        mistake = Mistake(place if place != "." else path.as_posix(), line, sentence)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)


def _written(location: Location) -> str:
    return ".".join(str(part) for part in location) or "file"
