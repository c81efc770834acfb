"""Every address of the desk × every role × one's own and a foreign campaign: what is not allowed is 403 or 404."""

import pkgutil
import uuid
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType

import pytest
from flask import Flask
from werkzeug.routing import Rule as Route

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.organizers.actions import add_organizer, give_role
from campaign.organizers.models import ROLES
from campaign.organizers.roles import is_at_least
from campaign.web import organize
from campaign.web.organize.routes import ROUTES
from campaign.web.organize.rules import Rule, rule_of
from tests.databases import config_for, new_sqlite
from tests.factories import SLUG, make_campaign, make_site
from tests.pages import browse
from tests.web.conftest import NOW
from tests.web.desk import PASSWORD, Desk

FOREIGN = "another-campaign"
REFUSED = {403, 404}
# Whoever has it, and where: on the whole site, or in one campaign.
HOLDERS = [(role, place) for role in ROLES for place in ("site", "own")] + [("", "nowhere")]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("rules")
    made = create_app(config_for(new_sqlite(folder), folder))
    with made.app_context():
        own = make_site(NOW).campaign.id
        with transaction() as session:
            make_campaign(session, NOW, slug=FOREIGN)
            for role, place in HOLDERS:
                _add(session, role, place, own)
    yield made
    with made.app_context():
        db.engine.dispose()


def _add(session: object, role: str, place: str, campaign_id: uuid.UUID) -> None:
    on_site = role if place == "site" else None
    added = add_organizer(session, login=_login(role, place), password=PASSWORD, role=on_site, now=NOW)  # type: ignore[arg-type]
    if place == "own":
        give_role(session, added, campaign_id=campaign_id, role=role)  # type: ignore[arg-type]


def _login(role: str, place: str) -> str:
    return f"{role or 'nobody'}-{place}"


@pytest.fixture(scope="module")
def desks(app: Flask) -> dict[tuple[str, str], Desk]:
    made = {holder: Desk(browse(app)) for holder in HOLDERS}
    for holder, desk in made.items():
        assert desk.log_in(_login(*holder)).status_code == 303
    return made


def routes(app: Flask) -> list[tuple[Route, Rule]]:
    with app.app_context():
        found = []
        for route in app.url_map.iter_rules():
            if route.endpoint.startswith("organize."):
                rule = rule_of(route.endpoint)
                assert rule is not None, f"{route.endpoint} has no rule; see web/organize/rules.py"
                found.append((route, rule))
        return found


def test_every_view_of_the_desk_has_a_rule(app: Flask) -> None:
    assert {route.endpoint for route, _ in routes(app)}


def test_every_view_with_a_rule_has_an_address() -> None:
    with_a_rule = {
        (module.name, name)
        for module in pkgutil.iter_modules(organize.__path__)
        for name, found in vars(import_module(f"{organize.__name__}.{module.name}")).items()
        if isinstance(found, FunctionType) and hasattr(found, "desk_rule")
    }
    assert with_a_rule == {(module, name) for module, rows in ROUTES.items() for _, name, _ in rows}


def test_what_a_role_does_not_reach_is_refused(app: Flask, desks: dict[tuple[str, str], Desk]) -> None:
    for route, rule in routes(app):
        if rule.role is None:
            continue
        for (role, place), desk in desks.items():
            for slug in (SLUG, FOREIGN) if "slug" in route.arguments else (None,):
                is_allowed = _is_allowed(rule, role, place, slug)
                for method in sorted({"GET", "POST"} & set(route.methods or ())):
                    status = _status(desk, route, method, slug)
                    said = f"{method} {route.rule} as {role or 'nobody'} ({place}) in {slug}: {status}"
                    if not is_allowed:
                        assert status in REFUSED, said
                        if slug and not _is_in(place, slug):
                            assert status == 404, said
                    elif route.arguments <= {"slug"}:
                        assert status not in REFUSED, said
                        assert status < 500, said


def _is_in(place: str, slug: str) -> bool:
    return place == "site" or (place == "own" and slug == SLUG)


def _is_allowed(rule: Rule, role: str, place: str, slug: str | None) -> bool:
    reaches = bool(role) and is_at_least(role, rule.role or "")
    if slug is not None:
        return reaches and _is_in(place, slug)
    return reaches and (place == "site" or rule.is_anywhere)


def _status(desk: Desk, route: Route, method: str, slug: str | None) -> int:
    values = dict.fromkeys(route.arguments, uuid.UUID(int=0))
    built = route.build({**values, **({"slug": slug} if slug else {})})
    assert built is not None
    response = desk.browser.open(built[1], method=method)
    response.close()
    return response.status_code
