"""Writing what a campaign says at the desk: beside the original, with a preview, published by a second person."""

import pytest
from flask import Flask

from campaign.campaigns.models import CampaignText
from campaign.campaigns.queries import campaign_by_slug
from campaign.core.db import db, transaction
from campaign.organizers.models import Organizer
from tests.factories import SLUG, Site
from tests.page import Page
from tests.pages import browse
from tests.web.desk import CAMPAIGN, Desk, audited

CONTENT, ENGLISH, PERSIAN = f"{CAMPAIGN}content", f"{CAMPAIGN}texts/en", f"{CAMPAIGN}texts/fa"
FIELDS = {
    "title": "Bread",
    "summary": "S.",
    "ask": "Bread for all.",
    "addressee": "The mill",
    "body": "## Why\n\nHunger.",
}


def write(desk: Desk, address: str = ENGLISH, do: str = "review", **fields: str) -> str:
    """Fill in the form of a text; the address it leads to, or that of the form if it comes back."""
    form = desk.browser.read(address).form("title", "reason")
    data = {**form.values, **FIELDS, "reason": "It was too long", "do": do, **fields}
    response = desk.browser.post(address, data=data)
    assert response.status_code in (200, 303, 400, 409)
    return response.location if response.status_code == 303 else address


def press(desk: Desk, address: str, button: str, **fields: str) -> int:
    desk.browser.read(address)
    return desk.press(f"{address}/{button}", **fields).status_code


def shown(app: Flask, language: str = "en") -> str:
    return browse(app).read(f"/{language}/{SLUG}/").text


def struck(page: Page) -> tuple[list[str], list[str]]:
    """What the page shows as gone and as new."""
    gone, new = ([element.text or "" for element in page.tagged(tag)] for tag in ("del", "ins"))
    return gone[1:], new[1:]


def test_a_text_goes_from_draft_by_review_to_the_page(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    address = write(desk)
    assert "waits for review" in desk.browser.read(address).text
    assert "Bread for all." not in shown(app)
    assert "Waiting for a second person" in edda.browser.read("/organize/").text
    page = edda.browser.read(address)
    assert struck(page)[1]
    assert press(edda, address, "publish") == 303
    assert "Bread for all." in shown(app)
    assert "published" in edda.browser.read(address).text
    assert audited(app) == [("saved_draft", SLUG), ("asked_for_review", SLUG), ("published_revision", SLUG)]


def test_nobody_is_offered_to_review_what_they_wrote_and_asking_for_it_is_refused(app: Flask, desk: Desk) -> None:
    desk.log_in()
    address = write(desk)
    assert "somebody else has to review it" in desk.browser.read(address).text
    assert f"{address}/publish" not in [form.action for form in desk.browser.last.forms()]
    token = desk.browser.last.forms()[-1].values["csrf_token"]
    response = desk.browser.post(f"{address}/publish", data={"csrf_token": token})
    assert response.status_code == 409
    assert desk.browser.post(f"{address}/decline", data={"csrf_token": token, "note": "x"}).status_code == 409
    assert "Bread for all." not in shown(app)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("title", "", "Fill this in."),
        ("title", "two\nlines", "one line"),
        ("title", "x" * 301, "at most 300"),
        ("ask", "a\x07b", "cannot be shown"),
        ("summary", "\u202eabc", "invisible characters"),
        ("body", "![](//evil.example/pixel.gif)", "no pictures"),
        ("body", "<script>alert(1)</script>", "no HTML"),
        ("body", "[x](javascript:alert(1))", "whole address"),
        ("body", "# Title", "## or ###"),
        ("body", "x" * 20_001, "at most 20,000"),
        ("reason", "", "Say in a few plain words why"),
        ("reason", "x" * 201, "at most 200"),
    ],
)
def test_a_mistake_keeps_the_form_and_says_what_to_do(
    app: Flask, desk: Desk, field: str, typed: str, told: str
) -> None:
    desk.log_in()
    assert write(desk, **{field: typed}) == ENGLISH
    mistakes = desk.browser.last.mistakes()
    assert told in mistakes[field]
    kept = FIELDS["addressee"] if field != "addressee" else FIELDS["title"]
    assert kept in (desk.browser.last.value("addressee") or "")
    assert audited(app) == []


def test_the_preview_button_shows_the_page_and_saves_nothing(app: Flask, desk: Desk) -> None:
    desk.log_in()
    write(desk, do="preview", body="## Why\n\n**Hunger** ![](//evil.example/p.gif)<script>x</script>")
    assert desk.browser.last.value("ask") == "Bread for all."
    (preview,) = desk.browser.last.classed("text-preview-page")
    assert [element.text for element in preview.iter("strong")] == ["Hunger"]
    assert not [*preview.iter("img"), *preview.iter("script")]
    assert audited(app) == []


def test_the_live_preview_is_for_those_who_may_write_and_needs_the_token(app: Flask, desk: Desk) -> None:
    desk.log_in()
    form = desk.browser.read(PERSIAN).form("title", "reason")
    answer = desk.browser.post(f"{PERSIAN}/preview", data={**form.values, "body": "*نان* ![](//evil/x)"})
    assert answer.status_code == 200
    assert "<em>نان</em>" in answer.json["html"]
    assert "<img" not in answer.json["html"]
    assert desk.browser.post(f"{PERSIAN}/preview", data={"body": "x"}).status_code == 400
    mona = Desk(browse(app))
    mona.log_in("mona")
    assert mona.browser.post(f"{PERSIAN}/preview", data={"body": "x"}).status_code == 403


def test_a_translation_stands_beside_its_original_and_grows_stale(app: Flask, desk: Desk, edda: Desk) -> None:
    with app.app_context(), transaction() as session:
        session.query(CampaignText).filter_by(language="fa").update({"made_from": 1})
    desk.log_in()
    assert "Bread and roses" in desk.browser.read(PERSIAN).text
    assert "older than its original" not in desk.browser.read(CONTENT).text
    assert press(edda, write(desk), "publish") == 303
    assert "older than its original" in desk.browser.read(CONTENT).text
    page = desk.browser.read(PERSIAN)
    assert "The original has changed since this was translated" in page.text
    assert "for all." in [element.text for element in page.tagged("ins")]
    # Saved as it is, it says that it is still right.
    form = page.form("title", "reason")
    response = desk.browser.post(PERSIAN, data={**form.values, "reason": "Still right", "do": "review"})
    assert "Not a word" in desk.browser.read(response.location).text
    assert press(edda, response.location, "publish") == 303
    assert "older than its original" not in desk.browser.read(CONTENT).text
    with app.app_context():
        assert campaign_by_slug(db.session(), SLUG, "fa").version == 1


def test_a_language_is_added_and_taken_down(app: Flask, site: Site, desk: Desk, edda: Desk) -> None:
    with app.app_context(), transaction() as session:
        session.query(CampaignText).filter_by(language="fa").delete()
    desk.log_in()
    assert "Not written yet" in desk.browser.read(CONTENT).text
    address = write(desk, PERSIAN, title="نان", body="گرسنگی")
    assert press(edda, address, "publish") == 303
    assert "گرسنگی" in shown(app, "fa")
    history = f"{CONTENT}/text:fa"
    assert press(desk, history, "take-down", note="") == 400
    assert "note" in desk.browser.last.mistakes()
    response = desk.press(f"{history}/take-down", note="Full of errors")
    assert press(edda, response.location, "publish") == 303
    assert "گرسنگی" not in shown(app, "fa")
    page = desk.browser.read(history)
    assert "taken down" in page.text
    assert f"{CONTENT}/text:en/take-down" not in [
        form.action for form in desk.browser.read(f"{CONTENT}/text:en").forms()
    ]


def test_what_was_declined_comes_back_with_a_note(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    address = write(desk)
    assert press(edda, address, "decline", note="") == 400
    assert edda.browser.last.mistakes()
    assert edda.press(f"{address}/decline", note="Who says so?").status_code == 303
    assert "Who says so?" in desk.browser.read(address).text
    assert desk.press(f"{address}/again").status_code == 303


def test_an_older_version_is_gone_back_to_by_a_new_draft(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    assert press(edda, write(desk), "publish") == 303
    (first,) = [link for words, link in desk.browser.read(f"{CONTENT}/text:en").links().items() if words == "1"]
    desk.browser.read(first)
    response = desk.press(f"{first}/again")
    back = response.location
    assert press(desk, back, "ask-for-review") == 303
    assert "Bread for all." in shown(app)
    assert press(edda, back, "publish") == 303
    assert "Bread for all." not in shown(app)
    with app.app_context():
        assert campaign_by_slug(db.session(), SLUG, "en").version == 3


def test_somebody_elses_draft_is_not_written_over_unseen(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    mine = desk.browser.read(ENGLISH).form("title", "reason").values
    write(edda, do="save", ask="Edda's.")
    response = desk.browser.post(ENGLISH, data={**mine, **FIELDS, "reason": "Mine", "do": "save"})
    assert response.status_code == 409
    assert desk.browser.last.value("ask") == "Bread for all."
    # Now it has been shown; what is saved next takes its place.
    again = desk.browser.last.form("title", "reason").values
    assert desk.browser.post(ENGLISH, data={**again, "do": "save"}).status_code == 303


def test_a_draft_begun_before_something_else_was_published_says_so(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    old = desk.browser.read(ENGLISH).form("title", "reason").values
    assert press(edda, write(desk, ask="Published meanwhile."), "publish") == 303
    data = {**old, "title": "Begun before", "reason": "Shorter", "do": "review"}
    address = desk.browser.post(ENGLISH, data=data).location
    assert "Something else was published since" in edda.browser.read(address).text
    token = edda.browser.last.forms()[-1].values["csrf_token"]
    assert edda.browser.post(f"{address}/publish", data={"csrf_token": token}).status_code == 409
    assert "Published meanwhile." in shown(app)
    page = desk.browser.read(ENGLISH)
    assert "Published since the draft was begun" in page.text
    form = page.form("title", "reason").values
    response = desk.browser.post(ENGLISH, data={**form, "ask": "Published meanwhile.", "do": "review"})
    assert press(edda, response.location, "publish") == 303
    assert "Begun before" in shown(app)


def test_a_language_the_site_does_not_have_is_no_page(desk: Desk) -> None:
    desk.log_in()
    assert desk.browser.get(f"{CAMPAIGN}texts/tlh").status_code == 404
    assert desk.browser.get(f"{CONTENT}/event:none").status_code == 404
    assert desk.browser.get(f"{CONTENT}/nonsense:x").status_code == 404


def test_whoever_is_alone_is_told_to_invite_somebody(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    assert "You are the only one" not in desk.browser.read(CONTENT).text
    with app.app_context(), transaction() as session:
        session.query(Organizer).filter_by(login="edda").update({"role": "viewer"})
    assert "You are the only one" in desk.browser.read(CONTENT).text


def test_a_long_persian_text_fits_through_the_form(app: Flask, desk: Desk, edda: Desk) -> None:
    desk.log_in()
    address = write(desk, PERSIAN, body="نان و گل سرخ برای همه. " * 850)
    assert address != PERSIAN
    assert press(edda, address, "publish") == 303


def test_every_page_of_a_text_is_there_in_persian_too(app: Flask, desk: Desk) -> None:
    desk.log_in()
    address = write(desk)
    form = desk.browser.read(CONTENT).form("lang")
    desk.browser.post(form.action or "", data={**form.values, "lang": "fa"})
    for page in (CONTENT, ENGLISH, PERSIAN, address, f"{CONTENT}/text:en"):
        assert desk.browser.read(page).root.get("dir") == "rtl"
