"""News as a seed file, `updates/<date>-<name>.toml`: its shape, its row, and the row as what the file says."""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import Field

from campaign.seeding.files import Body, Language, Line, SeedModel, SourceKey
from campaign.seeding.objections import KEY, KEY_SENTENCE, MOST_SOURCES, Objection
from campaign.seeding.rows import Content, Sources, stored_source
from campaign.updates.models import CampaignUpdate


class UpdateWords(SeedModel):
    """News in one language. `body` is Markdown."""

    title: Line
    body: Body


class UpdateFile(SeedModel):
    """`date` is the day the news is posted; the name of the file, which never changes, begins with it."""

    date: date
    texts: dict[Language, UpdateWords] = Field(min_length=1)
    sources: list[SourceKey] = Field(default_factory=list, max_length=MOST_SOURCES)


def day_objection(update: UpdateFile, key: str, today: date) -> Objection | None:
    """Why the day of an update cannot be right."""
    if update.date > today:
        return Objection(("date",), "in_the_future", "this news lies in the future")
    if not key.startswith(f"{update.date}-"):
        return Objection(("date",), "other_day", f"is named for another date than its own, {update.date}")
    return None


def update_objections(updates: Mapping[str, UpdateFile], today: date) -> Iterator[tuple[str, Objection]]:
    """What is wrong with the news of a campaign that its shape does not say, each with its file."""
    for key, update in updates.items():
        path = f"updates/{key}.toml"
        if not KEY.fullmatch(key):
            yield path, Objection((), "key", f"is named by {KEY_SENTENCE}")
        if objection := day_objection(update, key, today):
            yield path, objection


def update_values(update: UpdateFile, sources: Sources) -> Content:
    return {
        "day": update.date,
        "texts": update.model_dump(include={"texts"})["texts"],
        "sources": [stored_source(sources[key]) for key in update.sources],
    }


def update_content(row: CampaignUpdate) -> Content:
    """What `updates/<key>.toml` says."""
    return {"date": row.day.isoformat(), "texts": row.texts, "sources": row.sources}
