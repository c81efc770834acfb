"""Keys at the desk: what a browser sends about them may be hostile, and what is done is written down."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from campaign.core.db import db, transaction
from campaign.sealing.actions import lock
from campaign.sealing.boxes import KeyPair, new_key_pair
from campaign.sealing.models import Epoch, WrappedKey
from campaign.sealing.openers import Opener
from campaign.sealing.queries import KeyView, all_keys
from campaign.sealing.trial_boxes import opened_trial_box
from tests.factories import SLUG, Site
from tests.pages import content_policy
from tests.web.desk import Desk, audited

KEYS, NEW, TRY = "/organize/keys", "/organize/keys/new", "/organize/keys/try"
PAIR = new_key_pair()


def base64_of(binary: bytes) -> str:
    return b64encode(binary).decode()


def share(holder: str = "Oleg", pair: KeyPair = PAIR, **changes: Any) -> dict[str, Any]:
    """What the browser's script makes for a holder."""
    wrapped = lock(pair, holder, "a phrase").wrapped
    value = {
        "holder": holder,
        "kind": "phrase",
        "salt": base64_of(wrapped.salt),
        "opslimit": wrapped.opslimit,
        "memlimit_bytes": wrapped.memlimit_bytes,
        "nonce": base64_of(wrapped.nonce),
        "ciphertext": base64_of(wrapped.ciphertext),
    }
    return {**value, **changes}


SHARE = share()
WILD: list[Any] = [
    None,
    [],
    "x",
    {**SHARE, "salt": base64_of(bytes(8))},
    {**SHARE, "salt": "not base64!"},
    {**SHARE, "salt": 16},
    {**SHARE, "opslimit": 1},
    {**SHARE, "opslimit": 10**9},
    {**SHARE, "opslimit": True},
    {**SHARE, "opslimit": 3.5},
    {**SHARE, "opslimit": "3"},
    {**SHARE, "memlimit_bytes": 8192},
    {**SHARE, "memlimit_bytes": 2**40},
    {**SHARE, "ciphertext": base64_of(bytes(1000))},
    {**SHARE, "kind": "brain"},
    {**SHARE, "kind": None},
    {**SHARE, "holder": ""},
    {**SHARE, "holder": "\u202eolga"},
    {**SHARE, "holder": "x" * 101},
    {**SHARE, "holder": ["Olga"]},
    {key: value for key, value in SHARE.items() if key != "nonce"},
]


@pytest.fixture
def olga(desk: Desk) -> Desk:
    assert desk.log_in().status_code == 303
    return desk


def keys_of(app: Flask) -> list[KeyView]:
    with app.app_context():
        found = all_keys(db.session(), is_demo=False)
        db.session.remove()
        return found


def make(desk: Desk, shares: list[Any], *, pair: KeyPair = PAIR, **changes: str) -> TestResponse:
    """Send what the page about a new key would send."""
    form = desk.browser.read(NEW).form("public_key")
    sent = {"public_key": base64_of(pair.public_key), "shares": json.dumps(shares), "holder": "Olga", **changes}
    return desk.browser.post(NEW, data={**form.values, **sent})


def add(desk: Desk, key: KeyView, value: Any) -> TestResponse:
    path = f"{KEYS}/{key.id.hex}/holders"
    form = desk.browser.read(path).form("share")
    return desk.browser.post(path, data={**form.values, "holder": "Oleg", "share": json.dumps(value)})


def opened(key: KeyView, site: Site) -> bytes:
    pair = Opener(phrase=site.phrase).pair_of(key.public_key, [held.wrapped for held in key.holders])
    assert pair is not None
    return opened_trial_box(key.test_box or b"", pair)


def send_tried(desk: Desk, key: KeyView, content: bytes, *, path: str = TRY, holder: str | None = None) -> TestResponse:
    form = desk.browser.read(path).form("content")
    held = key.holders[0].id.hex if holder is None else holder
    sent = {"key": key.id.hex, "holder": held, "content": base64_of(content)}
    return desk.browser.post(path, data={**form.values, **sent})


def test_the_key_is_changed_with_two_holders_or_one_and_paper(app: Flask, olga: Desk) -> None:
    assert make(olga, [share("Olga"), share("Oleg")]).status_code == 303
    newest = new_key_pair()
    assert make(olga, [share("Olga", newest)], pair=newest, has_paper="y").status_code == 303
    third, second, first = keys_of(app)
    assert (third.public_key, second.public_key) == (newest.public_key, PAIR.public_key)
    assert [key.retired_at is None for key in (third, second, first)] == [True, False, False]
    assert third.paper_at is not None
    assert audited(app) == [("rotated_key", "site")] * 2
    assert olga.browser.post(f"/en/{SLUG}/sign", data={"name": "A", "email": "a@example.org"}).status_code == 303


@pytest.mark.parametrize("shares", [[], [SHARE], [SHARE, share("oleg")], [SHARE, share("Olga"), share("Vera")]])
def test_too_few_or_unclear_holders_are_no_key(app: Flask, olga: Desk, shares: list[Any]) -> None:
    assert make(olga, shares).status_code == 400
    assert olga.browser.last.mistakes()
    assert len(keys_of(app)) == 1
    assert audited(app) == []


@pytest.mark.parametrize("value", WILD, ids=[f"wild-{number}" for number in range(len(WILD))])
def test_a_wild_share_is_refused_and_nothing_changes(app: Flask, olga: Desk, value: Any) -> None:
    before = keys_of(app)
    assert make(olga, [share("Olga"), value]).status_code == 400
    assert add(olga, before[0], value).status_code == 400
    assert keys_of(app) == before
    assert audited(app) == []


@pytest.mark.parametrize("text", ["", "{", "[" * 3900, "NaN", "9" * 3900])
def test_what_is_no_json_is_refused(app: Flask, olga: Desk, text: str) -> None:
    form = olga.browser.read(NEW).form("public_key")
    data = {**form.values, "public_key": base64_of(PAIR.public_key), "shares": text}
    assert olga.browser.post(NEW, data=data).status_code == 400
    assert len(keys_of(app)) == 1


@pytest.mark.parametrize(
    "key", [b"", bytes(32), b"\1" + bytes(31), b"\xff" * 32, bytes(31), (2**255 - 20).to_bytes(32, "little")]
)
def test_a_key_that_gives_itself_away_is_refused(app: Flask, olga: Desk, key: bytes) -> None:
    assert make(olga, [share("Olga"), SHARE], pair=KeyPair(key, b"")).status_code == 400
    assert len(keys_of(app)) == 1


def test_a_key_used_before_is_refused(app: Flask, olga: Desk, site: Site) -> None:
    first = keys_of(app)[0]
    assert make(olga, [share("Olga"), SHARE]).status_code == 303
    for used in (PAIR.public_key, first.public_key):
        assert make(olga, [share("Olga"), SHARE], pair=KeyPair(used, b"")).status_code == 400
    assert len(keys_of(app)) == 2


def test_a_page_opened_before_another_changed_the_key_changes_nothing(app: Flask, olga: Desk) -> None:
    form = olga.browser.read(NEW).form("public_key")
    assert make(olga, [share("Olga"), SHARE]).status_code == 303
    newest = new_key_pair()
    sent = {
        "public_key": base64_of(newest.public_key),
        "shares": json.dumps([share("Olga", newest), share("V", newest)]),
    }
    response = olga.browser.post(NEW, data={**form.values, **sent})
    assert response.status_code == 400
    assert "meanwhile" in olga.browser.last.text
    assert len(keys_of(app)) == 2


def test_a_holder_is_added_once(app: Flask, olga: Desk) -> None:
    (key,) = keys_of(app)
    assert add(olga, key, SHARE).status_code == 303
    assert add(olga, key, share("OLEG")).status_code == 400
    assert [held.name for held in keys_of(app)[0].holders] == ["Oleg", "Olga"]
    assert audited(app) == [("added_holder", "site")]


def test_a_holder_is_removed_while_the_lists_still_open(app: Flask, olga: Desk) -> None:
    (key,) = keys_of(app)
    add(olga, key, SHARE)
    olga.browser.read(KEYS)
    oleg, first = keys_of(app)[0].holders
    assert olga.press(f"{KEYS}/holders/{oleg.id.hex}/remove").status_code == 303
    assert "A holder of the key was removed" in olga.browser.read("/organize/").text
    # One is left, and the paper copy: that is two. Without the paper, nobody more can go.
    with app.app_context(), transaction() as session:
        session.execute(update(Epoch).values(paper_at=None))
    olga.browser.read(KEYS)
    assert olga.press(f"{KEYS}/holders/{first.id.hex}/remove").status_code == 400
    assert [held.name for held in keys_of(app)[0].holders] == ["Olga"]
    assert audited(app) == [("added_holder", "site"), ("removed_holder", "site")]


def test_trying_a_phrase_needs_what_was_in_the_box(app: Flask, olga: Desk, site: Site) -> None:
    (key,) = keys_of(app)
    assert send_tried(olga, key, b"x" * 32).status_code == 400
    assert send_tried(olga, key, b"").status_code == 400
    assert send_tried(olga, key, opened(key, site), holder="0" * 32).status_code == 404
    assert keys_of(app)[0].holders[0].tried_at is None
    assert audited(app) == []
    assert send_tried(olga, key, opened(key, site)).status_code == 303
    assert keys_of(app)[0].holders[0].tried_at is not None
    assert audited(app) == [("tried_key", "site")]


def test_what_opened_one_key_proves_nothing_about_another(app: Flask, olga: Desk, site: Site) -> None:
    (old,) = keys_of(app)
    make(olga, [share("Olga"), SHARE])
    current = keys_of(app)[0]
    assert send_tried(olga, current, opened(old, site)).status_code == 400
    assert send_tried(olga, old, opened(old, site), holder=current.holders[0].id.hex).status_code == 404


def test_a_paper_copy_counts_once_the_key_was_opened(app: Flask, olga: Desk, site: Site) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Epoch).values(paper_at=None))
    (key,) = keys_of(app)
    assert "no paper copy" in olga.browser.read("/organize/").text
    path = f"{KEYS}/{key.id.hex}/paper"
    assert send_tried(olga, key, b"x" * 32, path=path).status_code == 400
    assert keys_of(app)[0].paper_at is None
    assert send_tried(olga, key, opened(key, site), path=path).status_code == 303
    assert keys_of(app)[0].paper_at is not None
    assert "no paper copy" not in olga.browser.read("/organize/").text


def test_editors_try_their_phrase_and_see_no_more(app: Flask, desk: Desk, site: Site) -> None:
    desk.log_in("edda")
    (key,) = keys_of(app)
    assert desk.browser.get(KEYS).status_code == 403
    response = send_tried(desk, key, opened(key, site))
    assert (response.status_code, response.location) == (303, "/organize/?done=tried")
    assert KEYS not in desk.browser.read("/organize/").links().values()


def test_the_desk_reminds_of_what_is_due(
    app: Flask, olga: Desk, site: Site, clock: time_machine.Traveller, now: Any
) -> None:
    assert "Not tried" not in olga.browser.read("/organize/").text
    clock.move_to(now + timedelta(days=31))
    olga.log_in()
    assert "Not tried for 30 days: the phrase of \u2068Olga\u2069." in olga.browser.read("/organize/").text
    (key,) = keys_of(app)
    send_tried(olga, key, opened(key, site))
    assert "Not tried" not in olga.browser.read("/organize/").text
    clock.move_to(now + timedelta(days=91))
    olga.log_in()
    text = olga.browser.read("/organize/").text
    assert "more than 90 days old" in text
    assert "Not tried" in text


def test_a_swapped_key_is_said_at_the_desk(app: Flask, olga: Desk) -> None:
    olga.browser.read(f"/en/{SLUG}/")
    with app.app_context(), transaction() as session:
        session.execute(update(Epoch).values(public_key=PAIR.public_key))
    for path in ("/organize/", KEYS):
        assert "behind the site's back" in olga.browser.read(path).text
    # The way out for somebody who sees that it was no restore: another key.
    newest = new_key_pair()
    assert make(olga, [share("Olga", newest), share("Oleg", newest)], pair=newest).status_code == 303
    assert "behind the site's back" not in olga.browser.read(KEYS).text


def test_pages_that_open_keys_may_talk_to_nobody(app: Flask, olga: Desk) -> None:
    (key,) = keys_of(app)
    for path in (NEW, TRY, f"{KEYS}/{key.id.hex}/holders", f"{KEYS}/{key.id.hex}/paper"):
        response = olga.browser.get(path)
        policy = content_policy(response)
        assert policy["connect-src"] == ["'none'"]
        assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
        assert response.headers["Cache-Control"] == "no-store"
        # A field that a form without scripts would carry off to the server.
        for field in olga.browser.last.tagged("input"):
            assert "data-phrase" not in field.attrib or "name" not in field.attrib


def test_a_key_nobody_has_is_not_there(olga: Desk) -> None:
    for path in (f"{KEYS}/{'0' * 32}/holders", f"{KEYS}/{'z' * 32}/paper"):
        assert olga.browser.get(path).status_code == 404


def test_a_holder_from_before_this_version_is_listed(app: Flask, olga: Desk) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(WrappedKey).values(added_at=None))
        session.execute(update(Epoch).values(test_box=None, test_digest=None))
    assert "Olga" in olga.browser.read(KEYS).text
    assert "no key to try" in olga.browser.read(TRY).text
