"""A status moved to each of its values: no surface says of the person what the status does not.

Every public address of a campaign is read, so that a new one is held to this from its first day. Furlough, bail and
pardon are neither freedom nor prison; what was true under another status is not said any more.
"""

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from campaign.cases.models import Case
from campaign.cases.statuses import CASE_STATUSES, MAY_BE_HELD
from campaign.core import typesetting
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.outbox.models import OutboxMail
from campaign.outbox.transports import transport_for
from campaign.worker import deliver_due
from tests.case_files import demand, make_case, particular
from tests.factories import SLUG, Site
from tests.pages import Browser
from tests.smtp import Relay
from tests.web.signing import Signing

LABELS = {
    "en": {
        "unknown": "Not known",
        "detained": "Detained",
        "charged": "Charged",
        "on_trial": "On trial",
        "sentenced": "Sentenced",
        "imprisoned": "In prison",
        "furlough": "On leave from prison",
        "bail": "Out on bail",
        "released": "Released",
        "pardoned": "Pardoned",
        "rearrested": "Arrested again",
        "died": "Died",
    },
    "fa": {
        "unknown": "نامعلوم",
        "detained": "در بازداشت",
        "charged": "تفهیم اتهام شده",
        "on_trial": "در حال محاکمه",
        "sentenced": "محکوم‌شده",
        "imprisoned": "در زندان",
        "furlough": "در مرخصی از زندان",
        "bail": "بیرون از زندان با وثیقه",
        "released": "آزادشده",
        "pardoned": "مشمول عفو",
        "rearrested": "دوباره بازداشت‌شده",
        "died": "درگذشته",
    },
}
# What is never said of anybody, whatever their status; and what only under some.
NEVER = {
    "en": r"\b(?:is|was|now|finally|at last|set|walks?) free\b|\bfreed?om\b|\bfreed\b|\bat liberty\b|\bacquitted\b",
    "fa": r"آزاد (?:است|شد)|رها شد|تبرئه",
}
ONLY_UNDER = {
    "en": {
        r"\bin prison\b": {"imprisoned"},
        r"\bprison\b": {"imprisoned", "furlough"},
        r"\bbail\b": {"bail"},
        r"\breleased\b": {"released"},
        r"\bpardon": {"pardoned"},
        r"\bdetained\b|\bdetention\b": {"detained", *MAY_BE_HELD},
        r"\bsentenced\b": {"sentenced"},
        r"\bdied\b": {"died"},
        r"\bRelease Ada\b": set(MAY_BE_HELD),
        r"\bGate 4\b": set(MAY_BE_HELD),
        r"\bDo not take her back\b": {"furlough", "bail"},
        r"\bon leave since\b": {"furlough"},
    },
    "fa": {
        r"در زندان": {"imprisoned"},
        r"زندان": {"imprisoned", "furlough", "bail"},
        r"وثیقه": {"bail"},
        r"آزاد": {"released"},
        r"عفو": {"pardoned"},
        r"درگذش": {"died"},
        r"آدا رها شود": set(MAY_BE_HELD),
        r"دروازه ۴": set(MAY_BE_HELD),
    },
}
VALUES = {"slug": SLUG, "key": "2026-02-strike"}
READ = {"text/html", "application/hal+json", "application/json", "application/xml", "application/atom+xml"}
READ |= {"application/feed+json", "text/xml", "image/svg+xml", "text/plain", "text/javascript"}
# Set by typst; what goes into it is read instead.
TYPESET = {"application/pdf", "image/png"}


@pytest.fixture
def ada(app: Flask, site: Site, now: datetime) -> None:
    held = "She is held in detention at Gate 4.", "در دروازه ۴ نگه داشته می‌شود."
    demands = [
        demand("release", MAY_BE_HELD, "Release Ada.", "آدا رها شود."),
        demand("no-recall", ("furlough", "bail"), "Do not take her back.", "او را باز نگردانید."),
    ]
    particulars = [
        particular("place", *held, valid_while=MAY_BE_HELD),
        particular("since", "She was on leave since March.", "از مارس در مرخصی بود.", valid_while=("furlough",)),
    ]
    with app.app_context(), transaction() as session:
        checked = now.date() - timedelta(days=50)
        make_case(session, SLUG, checked_on=checked, demands=demands, particulars=particulars)


@pytest.fixture
def typeset(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was given to typst, in place of what it would make of it."""
    given: list[str] = []
    really = typesetting.typeset

    def noted(name: str, data: dict[str, Any], **_: Any) -> bytes:
        given.append(" ".join(strings(data)))
        return b"%PDF-1.7"

    for module in [module for name, module in sys.modules.items() if name.startswith("campaign.")]:
        if getattr(module, "typeset", None) is really:
            monkeypatch.setattr(module, "typeset", noted)
    return given


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def addresses(app: Flask, language: str) -> list[str]:
    """Every public address that can be read of this campaign, and those where it is listed."""
    found = {f"/{language}/search?q=ada"}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            audience = rule.endpoint.partition(".")[0]
            if audience not in ("public", "embed", "api", "ops") or "GET" not in (rule.methods or ()):
                continue
            if not rule.arguments <= {"lang", *VALUES}:
                continue
            values = {**VALUES, "lang": language}
            _, path = rule.build({name: values[name] for name in rule.arguments}) or ("", "")
            found.add(path if "lang" in rule.arguments else f"{path}?lang={language}")
    return sorted(found)


def readable(html: str) -> str:
    """What is said, without the foot of each page, which calls the software free, and without addresses."""
    text = re.sub(r'<footer class="site-footer">.*?</footer>', " ", html, flags=re.DOTALL)
    text = re.sub(r"<script\b.*?</script>|<style\b.*?</style>", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*?(?:alt|title|content|aria-label|placeholder)=\"([^\"]*)\"[^>]*>", r" \1 ", text)
    text = re.sub(r"https?://\S+", " ", re.sub(r"<[^>]+>", " ", text))
    return " ".join(text.split())


def wrong_words(text: str, status: str, language: str) -> list[str]:
    said = [found.group(0) for found in re.finditer(NEVER[language], text, re.IGNORECASE)]
    for pattern, statuses in ONLY_UNDER[language].items():
        if status not in statuses:
            said += [found.group(0) for found in re.finditer(pattern, text, re.IGNORECASE)]
    return said


def surfaces(app: Flask, browser: Browser, typeset: list[str], language: str) -> dict[str, str]:
    """What each address says."""
    found = {}
    for path in addresses(app, language):
        del typeset[:]
        response = browser.get(path)
        assert response.status_code in (200, 303, 404), path
        if response.mimetype in TYPESET:
            found[path] = " ".join(typeset)
        elif response.status_code == 200:
            assert response.mimetype in READ, f"{path}: say here how {response.mimetype} is read"
            found[path] = readable(response.get_data(as_text=True))
        response.close()
    return found


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("status", CASE_STATUSES)
def test_no_surface_says_a_wrong_word(
    app: Flask, ada: None, browser: Browser, typeset: list[str], status: str, language: str
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Case).values(status=status))
    found = surfaces(app, browser, typeset, language)
    assert {f"/{language}/", f"/{language}/{SLUG}/", f"/{language}/{SLUG}/sheet.pdf"} <= found.keys()
    assert {f"/api/v1/campaigns/{SLUG}?lang={language}", f"/embed/{SLUG}?lang={language}"} <= found.keys()
    wrong = {}
    for path, text in found.items():
        said = text.replace(f'"status":"{status}"', " ") if path.startswith("/api/") else text
        # The API's own description lists every status there is.
        if "openapi" not in path and (words := wrong_words(said, status, language)):
            wrong[path] = words
    assert wrong == {}
    page = found[f"/{language}/{SLUG}/"]
    assert LABELS[language][status] in page
    assert ("Release Ada." in page) == (language == "en" and status in MAY_BE_HELD)
    when = "as of" if language == "en" else "وضعیت در"
    assert when in page.lower()


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("status", ["imprisoned", "furlough", "bail", "pardoned", "died"])
def test_no_mail_says_a_wrong_word(
    app: Flask,
    ada: None,
    browser: Browser,
    signing: Signing,
    keyring: Keyring,
    relay: Relay,
    now: datetime,
    status: str,
    language: str,
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Case).values(status=status))
    signing.fill_in(path=f"/{language}/{SLUG}/sign")
    signing.confirm()
    signing.fill_in(path=f"/{language}/{SLUG}/sign")
    browser.post(f"/{language}/manage", data={"email": "alice@example.org"})
    with app.app_context():
        services = app.extensions["campaign"]
        transport = transport_for(relay.url, services.config.instance)
        deliver_due(transport, services, clock=lambda: now + timedelta(hours=1))
        assert db.session.query(OutboxMail).count() == 0
    assert len(relay.messages) >= 2
    for message in relay.messages:
        text = readable(f"{message['Subject']}\n{message.get_content()}")
        assert wrong_words(text, "none", language) == []


@pytest.mark.parametrize(
    ("text", "status", "language"),
    [
        ("Ada is free", "released", "en"),
        ("Ada is in prison", "furlough", "en"),
        ("She was released", "bail", "en"),
        ("Release Ada.", "pardoned", "en"),
        ("آدا آزاد است", "released", "fa"),
        ("در زندان", "furlough", "fa"),
    ],
)
def test_a_wrong_word_is_noticed(text: str, status: str, language: str) -> None:
    assert wrong_words(text, status, language)
