"""Which texts by language are wrong: missing in the site's first language, or in one that the site does not have."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from campaign.seeding.places import Location


def wrong_languages(
    model: BaseModel, languages: Sequence[str], above: Location = ()
) -> Iterator[tuple[Location, str, bool]]:
    """Each wrong text: its place, the language, and whether it is missing (else the site does not have it).

    What a model names in `any_language` may be in languages that the site does not have.
    """
    unbound = getattr(model, "any_language", ())
    for name, value in model:
        here = (*above, name)
        if isinstance(value, dict):
            if languages[0] not in value:
                yield here, languages[0], True
            for language in () if name in unbound else sorted(value.keys() - set(languages)):
                yield (*here, language), language, False
        for place, part in enumerate(value if isinstance(value, list) else ()):
            if isinstance(part, BaseModel):
                yield from wrong_languages(part, languages, (*here, place))
