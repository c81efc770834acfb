"""A campaign that is hidden is hidden everywhere: each public address has a row that says how, and the row is true."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from campaign.app import create_app
from campaign.campaigns.hiding import hide, show_again
from campaign.campaigns.models import Campaign
from campaign.campaigns.queries import campaign_by_slug
from campaign.cases.models import Case
from campaign.core.db import db, transaction
from campaign.resources import SEEDS
from campaign.sealing.actions import create_epoch
from campaign.seeding.actions import plant
from campaign.seeding.reader import SeedSite, read_seeds
from campaign.web.page_cache import PUBLIC
from tests.databases import config_for, new_sqlite
from tests.factories import LETTER, SLUG, make_campaign
from tests.pages import Browser, browse
from tests.web.seeded import add_actions, add_names, add_voices

CASE = "nasrin-sotoudeh"
SIGNATORY = "Signatory Seventeen"
LANGUAGES = ("en", "fa")
# How each address answers while the campaign is hidden. A new address belongs into one of the four.
# `gone`: it is about one campaign, and answers 410 without a word of it.
# `silent`: it is about many or none, answers as ever, and says nothing of this one.
# `link`: it belongs to whoever was mailed it; see test_hidden_links.py and test_hidden_voices.py.
# `of the demo`: it exists on the machine of somebody who tries the program, and nowhere else.
WHEN_HIDDEN = {
    **dict.fromkeys(
        (
            "public.campaign",
            "public.sign",
            "public.check_your_email",
            "public.mail_comes_later",
            "public.confirmed",
            "public.signatures",
            "public.statistics",
            "public.sheet",
            "embed.frame",
            "embed.sign",
            "embed.check_your_email",
            "embed.mail_comes_later",
            "api.campaign",
            "api.signatures",
            "api.endorsements",
            "api.events",
            "api.letters",
            "api.updates",
            "api.messages",
            "public.changes",
            "public.endorse",
            "public.endorsement_sent",
            "public.endorsement_sent_later",
            "public.endorsements",
            "public.feed_atom",
            "public.feed_json",
            "public.letter",
            "public.letter_sent",
            "public.letter_thanks",
            "public.letters",
            "public.messages",
            "public.send_endorsement",
            "public.updates",
        ),
        "gone",
    ),
    **dict.fromkeys(
        (
            "public.front",
            "public.home",
            "public.privacy",
            "public.manage_ask",
            "public.send_manage_links",
            "public.manage_sent",
            "public.manage_sent_later",
            "public.endorsement_gone",
            "public.search",
            "public.withdrawn",
            "embed.script",
            "api.campaigns",
            "api.openapi",
            "ops.healthz",
            "ops.readyz",
            "ops.metrics",
            "ops.robots",
            "ops.sitemap",
        ),
        "silent",
    ),
    **dict.fromkeys(
        ("public.confirm", "public.manage", "public.change", "public.own_words", "public.own_endorsement"), "link"
    ),
    **dict.fromkeys(("demo.mailbox", "demo.mail"), "of the demo"),
}
NAMES_IT_BEFORE = {"public.home", "api.campaigns", "ops.sitemap", "ops.metrics"}
TOKEN = "metrics-token-of-this-test"


@pytest.fixture
def seeds(now: datetime) -> SeedSite:
    """The case alone: what other pages say of the same person is not this test's."""
    whole = read_seeds(SEEDS, today=now.date())
    return SeedSite(whole.site, tuple(campaign for campaign in whole.campaigns if campaign.slug == CASE))


@pytest.fixture
def site_app(seeds: SeedSite, tmp_path: Path, now: datetime) -> Iterator[Flask]:
    plain = config_for(new_sqlite(tmp_path), tmp_path)
    app = create_app(replace(plain, metrics_token=TOKEN))
    with app.app_context():
        with transaction() as session:
            plant(session, seeds, now=now)
            make_campaign(session, now, slug=SLUG)
            create_epoch(session, holder="Olga", is_demo=False, has_paper=True, now=now)
        db.session.remove()
    add_names(app, CASE, [f"{SIGNATORY} {number}" for number in range(150)], now=now)
    add_voices(app, CASE, now=now)
    add_actions(app, CASE, now=now)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(site_app: Flask) -> Browser:  # type: ignore[override]  # on another site than that of the other tests
    return browse(site_app)


@pytest.fixture
def marks(site_app: Flask) -> list[str]:
    """What must stand nowhere: every name and spelling, the address, what the page says, who signed."""
    with site_app.app_context():
        case = db.session.scalars(select(Case)).one()
        found = [name for script in case.names for name in (script["shown"], *script["also"])]
        for language in LANGUAGES:
            view = campaign_by_slug(db.session(), CASE, language)
            found += [view.title, view.summary, view.ask, case.status_line[language]]
        db.session.rollback()
    return [*found, CASE, SIGNATORY, "I defend her rights.", "Mill Workers", "The mill is", "open the mill"]


def hide_it(app: Flask, now: datetime) -> None:
    with app.app_context(), transaction() as session:
        hide(session, campaign_by_slug(session, CASE, "en").id, organizer_id=None, why="danger", now=now)


def public_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("organize.")]


def visits(app: Flask, decision: str) -> list[tuple[str, str, str]]:
    """Method, address and endpoint of all that is decided so, in both languages, with a second page of names."""
    found = []
    for rule in public_rules(app):
        if WHEN_HIDDEN[rule.endpoint] != decision:
            continue
        for language in LANGUAGES:
            values = {"slug": CASE, "lang": language, "key": LETTER}
            built = rule.build({name: values[name] for name in rule.arguments})
            assert built is not None
            query = "" if "lang" in rule.arguments or rule.endpoint.startswith("ops.") else f"?lang={language}"
            methods = sorted({"GET", "POST"} & set(rule.methods or ()))
            found += [(method, built[1] + query, rule.endpoint) for method in methods]
    return found


def ask(browser: Browser, method: str, address: str, **headers: str) -> tuple[int, str]:
    """Status and everything that was said, headers too."""
    form = {"name": "Alice", "email": "alice@example.org"} if method == "POST" else None
    token = {"Authorization": f"Bearer {TOKEN}"} if address == "/metrics" else {}
    response = browser.open(address, method=method, data=form, headers={**token, **headers})
    said = response.get_data(as_text=True) if "pdf" not in (response.mimetype or "") else ""
    everything = f"{response.headers}{said}{json_text(said)}"
    response.close()
    return response.status_code, everything


def json_text(text: str) -> str:
    """The text once more without JSON's escapes, so that a name is found in either form."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return ""


def test_every_public_address_has_a_row_and_every_row_an_address(tmp_path: Path) -> None:
    config = replace(config_for(new_sqlite(tmp_path), tmp_path), is_demo=True)
    assert {rule.endpoint for rule in public_rules(create_app(config))} == set(WHEN_HIDDEN)


def test_what_is_about_the_campaign_is_gone_and_says_nothing_of_it(
    site_app: Flask, browser: Browser, marks: list[str], now: datetime
) -> None:
    asked = visits(site_app, "gone")
    # Everything is in the caches of this process before.
    assert {ask(browser, method, address)[0] for method, address, _ in asked if method == "GET"} == {200}
    hide_it(site_app, now)
    for method, address, _ in asked:
        for attempt in (method, "HEAD" if method == "GET" else method):
            status, said = ask(browser, attempt, address)
            assert status == 410, f"{attempt} {address}"
            assert not [mark for mark in marks if mark in said], f"{attempt} {address}"


def test_what_is_about_many_says_nothing_of_it(
    site_app: Flask, browser: Browser, marks: list[str], now: datetime
) -> None:
    asked = visits(site_app, "silent")
    named = {endpoint for method, address, endpoint in asked if CASE in ask(browser, method, address)[1]}
    assert named == NAMES_IT_BEFORE
    before = {(method, address): ask(browser, method, address)[0] for method, address, _ in asked}
    hide_it(site_app, now)
    for method, address, _ in asked:
        status, said = ask(browser, method, address)
        assert status == before[method, address] < 400, f"{method} {address}"
        assert not [mark for mark in marks if mark in said], f"{method} {address}"


def test_who_holds_the_page_is_not_told_that_it_stands(site_app: Flask, browser: Browser, now: datetime) -> None:
    page = f"/en/{CASE}/"
    etag = browser.get(page).headers["ETag"]
    assert browser.get(page, headers={"If-None-Match": etag}).status_code == 304
    hide_it(site_app, now)
    assert browser.get(page, headers={"If-None-Match": etag}).status_code == 410


def test_pages_of_names_behind_a_cursor_are_gone_too(site_app: Flask, browser: Browser, now: datetime) -> None:
    browser.read(f"/en/{CASE}/signatures")
    cursors = [element.get("href") for element in browser.last.tagged("a") if "after=" in (element.get("href") or "")]
    assert cursors
    hide_it(site_app, now)
    for address in cursors:
        assert browser.get(address or "").status_code == 410


def test_programs_are_told_to_delete_their_copies(site_app: Flask, browser: Browser, now: datetime) -> None:
    hide_it(site_app, now)
    response = browser.get(f"/api/v1/campaigns/{CASE}")
    assert (response.status_code, response.content_type) == (410, "application/problem+json")
    assert response.json is not None
    assert "Delete" in response.json["detail"]


def test_a_draft_was_never_there(site_app: Flask, browser: Browser, now: datetime) -> None:
    with site_app.app_context(), transaction() as session:
        session.scalars(select(Campaign).where(Campaign.slug == CASE)).one().state = "draft"
    hide_from_desk = {"organizer_id": None, "why": "danger", "now": now}
    with site_app.app_context(), transaction() as session:
        hide(session, campaign_by_slug(session, CASE, "en", drafts=True).id, **hide_from_desk)  # type: ignore[arg-type]
    assert browser.get(f"/en/{CASE}/").status_code == 404


def test_seeds_do_not_bring_it_back(site_app: Flask, browser: Browser, seeds: SeedSite, now: datetime) -> None:
    hide_it(site_app, now)
    (seed,) = seeds.campaigns
    texts = {language: text.model_copy(update={"title": "Other words"}) for language, text in seed.texts.items()}
    changed = SeedSite(seeds.site, (replace(seed, texts=texts),))
    for planted in (seeds, changed):
        with site_app.app_context(), transaction() as session:
            plant(session, planted, now=now)
        assert browser.get(f"/en/{CASE}/").status_code == 410
    with site_app.app_context(), transaction() as session:
        view = campaign_by_slug(session, CASE, "en", drafts=True)
        assert (view.title, view.is_hidden, view.state) == ("Other words", True, "open")


def test_shown_again_everything_is_as_before(site_app: Flask, browser: Browser, now: datetime) -> None:
    asked = [(method, address) for method, address, _ in visits(site_app, "gone") if method == "GET"]
    hide_it(site_app, now)
    with site_app.app_context(), transaction() as session:
        view = campaign_by_slug(session, CASE, "en", drafts=True)
        show_again(session, view.id, organizer_id=None, why="asked again", now=now)
    assert {ask(browser, method, address)[0] for method, address in asked} == {200}


def test_caches_that_nobody_can_reach_let_go_within_seconds() -> None:
    fresh = re.search(r"s-maxage=(\d+)", PUBLIC)
    stale = re.search(r"stale-while-revalidate=(\d+)", PUBLIC)
    assert fresh is not None
    assert stale is not None
    assert int(fresh[1]) + int(stale[1]) <= 10
    # A browser asks each time.
    assert "max-age=0" in PUBLIC
