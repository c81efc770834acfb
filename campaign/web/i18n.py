"""Languages of the interface: which one a request is in, its direction, its digits, its dates."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, abort, g, request, session, url_for
from flask_babel import Babel, force_locale, get_locale
from persiantools.jdatetime import JalaliDate

from campaign.campaigns.queries import SiteView, in_language
from campaign.campaigns.queries import site as read_site
from campaign.core.partial_date import PartialDate
from campaign.resources import TRANSLATIONS
from campaign.web.editions import published
from campaign.web.services import services

# Where the form of an address stands that answers POST only.
_SHOWN_AT = {"public.sign": "public.campaign"}
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "fa", "he", "ur"})
# Babel formats numbers in ASCII digits for every language.
_DIGITS = {
    language: str.maketrans("0123456789", "".join(chr(zero + n) for n in range(10)))
    for language, zero in (("fa", 0x06F0), ("ur", 0x06F0), ("ar", 0x0660), ("ckb", 0x0660))
}
_JALALI_MONTHS = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    code: str
    name: str
    dir: str
    href: str
    is_current: bool


class SiteContext:
    """The site in the reader's language, with this page in the others."""

    def __init__(self, site: SiteView, language: str) -> None:
        self.name = in_language(site.name, language)
        self.tagline = in_language(site.tagline, language)
        self._site, self._language = site, language

    @cached_property
    def languages(self) -> tuple[LanguageLink, ...]:
        """Made when a page asks for it, because most of its parts are kept and do not."""
        return tuple(_link(code, self._language) for code in self._site.languages)


def init_i18n(app: Flask) -> None:
    """Bind Babel to the request's language and give templates what they need to speak it."""
    Babel(
        app,
        default_locale="en",
        locale_selector=current_language,
        default_translation_directories=str(TRANSLATIONS),
    )
    # Each page asks for some dozens of words; Flask-Babel looks for the request, the domain and the locale for each.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations(current_language()).gettext(text),
        ngettext=lambda one, many, number: _translations(current_language()).ngettext(one, many, number),
        newstyle=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "number": localized_number,
        "day": localized_day,
        "partial_date": localized_partial_date,
        "hour": localized_hour,
        "dir": direction,
        "language_name": language_name,
        "iso": lambda instant: instant.isoformat(),
    }
    app.jinja_env.filters.update(filters)
    app.context_processor(_language_context)


def current_site_name() -> str:
    """What the site is called in the request's language."""
    return in_language(current_site().name, current_language())


def current_site() -> SiteView:
    """The site's settings, read once per request."""
    found: SiteView | None = g.get("site")
    if found is None:
        found = g.site = services().last_site = published(read_site)
    return found


def current_language() -> str:
    """The language `use_language` chose for this request, or the site's first before anything has."""
    language: str | None = g.get("language")
    if language is None:
        language = g.language = services().last_site.languages[0]
    return language


def use_language(code: str) -> None:
    """Answer this request in that language. 404 if the site does not have it."""
    if code in services().last_site.languages:
        # Already now: if the database is down, its page is in this language too.
        g.language = code
    if code not in current_site().languages:
        abort(404)
    g.language = code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak that language for a while, in which no request has chosen one: a letter is in its reader's."""
    before = g.get("language")
    g.language = code
    try:
        with force_locale(code):
            yield
    finally:
        g.pop("language")
        if before is not None:
            g.language = before


def preferred_language() -> str:
    """The language the desk was set to, or the best one by Accept-Language."""
    languages = current_site().languages
    if request.path.startswith("/organize") and session.get("language") in languages:
        return str(session["language"])
    return request.accept_languages.best_match(languages) or languages[0]


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


@lru_cache(256)
def language_name(code: str) -> str:
    """What a language is called in itself; its code, if nobody knows that language."""
    try:
        name = Locale.parse(code).get_display_name(code) or code
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:]


def native_digits(text: str) -> str:
    """The text with the digits of the request's language."""
    return text.translate(_DIGITS.get(current_language(), {}))


def localized_number(number: int) -> str:
    return _number(number, current_language())


@lru_cache(1024)
def _number(number: int, language: str) -> str:
    grouped = format_decimal(number, locale=Locale.parse(language))
    digits = _DIGITS.get(language)
    # Babel knows the Persian separator as little as the digits.
    return grouped.replace(",", "٬").translate(digits) if digits else grouped


def localized_day(day: date) -> str:
    """A day in full; in Persian the Jalali date first, as readers there reckon."""
    gregorian = native_digits(format_date(day, format="d MMMM y", locale=_locale()))
    if current_language() != "fa":
        return gregorian
    jalali = JalaliDate(day.date() if isinstance(day, datetime) else day)  # type: ignore[no-untyped-call]
    return native_digits(f"{jalali.day} {_JALALI_MONTHS[jalali.month - 1]} {jalali.year}") + f" ({gregorian})"


def localized_partial_date(when: PartialDate) -> str:
    """A date as precisely as it is known. A month or year of one calendar is not one of another, so no Jalali there."""
    if when.precision == "day":
        return localized_day(when.first_day)
    pattern = "MMMM y" if when.precision == "month" else "y"
    return native_digits(format_date(when.first_day, format=pattern, locale=_locale()))


def localized_hour(instant: datetime) -> str:
    comma = "،" if direction(current_language()) == "rtl" else ","
    return native_digits(format_datetime(instant, format=f"d MMMM y{comma} HH:mm 'UTC'", locale=_locale()))


@cache
def _translations(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _language_context() -> dict[str, Any]:
    language = current_language()
    known: SiteView = g.get("site") or services().last_site
    return {"site": SiteContext(known, language), "lang": language, "dir": direction(language)}


def _link(code: str, current: str) -> LanguageLink:
    return LanguageLink(code, language_name(code), direction(code), _same_page(code), code == current)


def _same_page(code: str) -> str:
    """This page in another language, with `page_query` if it has one. One that only answers POST leads to its form."""
    if instead := g.get("page_elsewhere"):
        return url_for(instead, lang=code)
    if request.url_rule is None or "lang" not in request.url_rule.arguments:
        return url_for("public.home", lang=code)
    endpoint = _SHOWN_AT.get(request.url_rule.endpoint, request.url_rule.endpoint)
    return url_for(endpoint, **{**g.get("page_query", {}), **(request.view_args or {}), "lang": code})
