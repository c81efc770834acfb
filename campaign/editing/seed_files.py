"""Contents as seed files: what `campaign seed --export` writes, and `--check` compares."""

import re
from collections.abc import Iterator
from difflib import unified_diff
from itertools import count
from pathlib import Path

from campaign.core.errors import Refused
from campaign.editing.checking import SourceBook
from campaign.editing.contents import CampaignContents, SiteContents
from campaign.seeding.reader import SeedSite
from campaign.seeding.rows import Content, stored_source
from campaign.seeding.toml import toml

# The text of each file by its place in a seed folder.
Files = dict[str, str]
_DATE = re.compile(r"^[0-9]{4}(-[0-9]{2}){0,2}-")


def seed_files(contents: SiteContents, seeds: SeedSite | None = None) -> Files:
    """The text of every file by its place in the folder. Sources have the keys that `seeds` gives them."""
    known = {seed.slug: seed.sources for seed in seeds.campaigns} if seeds else {}
    files = {"site.toml": toml(contents.site)}
    for slug, campaign in contents.campaigns.items():
        book = SourceBook({key: stored_source(source) for key, source in known.get(slug, {}).items()})
        files |= {f"campaigns/{slug}/{place}": text for place, text in _campaign_files(campaign, book)}
    return files


def edited_files(contents: SiteContents) -> set[str]:
    """The places of the files that seeds leave alone because an organizer wrote what they say."""
    return {
        f"campaigns/{slug}/{place_of(part, campaign.parts.get(part))}"
        for slug, campaign in contents.campaigns.items()
        for part in campaign.edited
    }


def differences_by_file(site: Files, seeds: Files) -> dict[str, str]:
    """A unified difference for each file that differs: from what the site says to what the seeds say."""
    found = {}
    for place in sorted({*site, *seeds}):
        before, after = site.get(place, ""), seeds.get(place, "")
        if before != after:
            lines = unified_diff(
                before.splitlines(), after.splitlines(), f"site/{place}", f"seeds/{place}", lineterm="", n=1
            )
            found[place] = "\n".join(lines)
    return found


def write_files(files: Files, folder: Path) -> None:
    """Write a folder that was not there, or is empty. Raises Refused for any other: nothing is written over."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} exists and is not empty; name a new folder")
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


def place_of(part: str, content: Content | None) -> str:
    """The file of a part inside its campaign's folder. The name of an event's file begins with its date."""
    kind, _, key = part.partition(":")
    if kind in ("about", "case"):
        return {"about": "campaign.toml", "case": "case.toml"}[kind]
    if kind == "text":
        return f"{key}.md"
    if content is not None and "date" in content and not key.startswith(f"{content['date']}-"):
        key = f"{content['date']}-{_DATE.sub('', key)}"
    return f"{kind}s/{key}.toml"


def _campaign_files(campaign: CampaignContents, book: SourceBook) -> Iterator[tuple[str, str]]:
    about = dict(campaign.about)
    if about["original"]:
        about["original"] = book.key_of(about["original"])
    yield "campaign.toml", toml(about)
    taken: set[str] = set()
    for part, content in sorted(campaign.parts.items()):
        place = place_of(part, content)
        if place in taken:
            # Two events whose dates were corrected to the same day.
            place = next(other for number in count(2) if (other := place.replace(".", f"-{number}.")) not in taken)
        taken.add(place)
        yield place, _text(part, place, book.keyed(content))
    if book.written:
        yield "sources.toml", toml(dict(sorted(book.written.items(), key=lambda pair: _in_order(pair[0]))))


def _text(part: str, place: str, content: Content) -> str:
    if part.startswith("text:"):
        front = {name: value for name, value in content.items() if name != "body"}
        return f"+++\n{toml(front)}+++\n{content['body']}\n"
    _, _, key = part.partition(":")
    name = Path(place).stem
    return toml({"key": key, **content} if key and key != name else content)


def _in_order(key: str) -> tuple[str, int, str]:
    """S2 before S10."""
    found = re.match(r"([A-Za-z]+)([0-9]*)(.*)", key)
    return (found[1], int(found[2] or 0), found[3]) if found else (key, 0, "")
