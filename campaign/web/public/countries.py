"""The list of countries: rendered once per language, because rendering it takes most of a page's time."""

from functools import cache

from babel import Locale
from markupsafe import Markup, escape

# What CLDR lists beside ISO 3166-1 countries: groups of states, and codes reserved for parts or tests.
_NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_PERSIAN_ORDER = {letter: place for place, letter in enumerate("آاأبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")}


@cache
def country_codes() -> frozenset[str]:
    """The two-letter codes of ISO 3166-1."""
    codes = map(str, Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES)


def known_country(code: str | None) -> str:
    """The code if it is that of a country, else an empty string."""
    return code if code in country_codes() else ""


def country_name(code: str, language: str) -> str:
    """What a country is called in a language."""
    return str(Locale(language).territories.get(code, code))


def country_options(language: str, chosen: str) -> Markup:
    """All `<option>`s by name, an empty one first; the chosen one stands second so that the rest is never rebuilt."""
    first = Markup('<option value=""></option>')
    if chosen in country_codes():
        name = Locale(language).territories.get(chosen, chosen)
        first += Markup('<option value="{}" selected>{}</option>').format(chosen, name)
    return first + _all_options(language)


@cache
def _all_options(language: str) -> Markup:
    names = Locale(language).territories
    countries = sorted((_sort_key(names.get(code, code), language), code) for code in country_codes())
    return Markup("").join(
        Markup('<option value="{}">{}</option>').format(code, escape(names.get(code, code))) for _, code in countries
    )


def _sort_key(name: str, language: str) -> list[tuple[int, str]]:
    """Persian has letters whose code points come after Arabic's; other scripts sort well enough by code point."""
    order = _PERSIAN_ORDER if language == "fa" else {}
    plain = name.replace("Å", "A").replace("Ç", "C").replace("Ô", "O")
    return [(order.get(letter, 1000 + ord(letter)), letter) for letter in plain.casefold()]
