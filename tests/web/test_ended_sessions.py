"""A tab that was left open when its session ended: the next click leads to the login, which says what happened."""

import pytest
from flask import Flask

from tests.factories import Site
from tests.pages import Browser, browse
from tests.web.desk import CAMPAIGN, Desk
from tests.web.test_desk_paper import NEW, TYPED, as_
from tests.web.test_desk_people import PEOPLE, id_of

SENTENCE = "You are no longer logged in"
LOGIN = "/organize/login"


@pytest.fixture
def removed(app: Flask, site: Site, desk: Desk) -> tuple[Browser, dict[str, str]]:
    """Mona's browser, with a form open; then an owner removes her."""
    mona = as_(app, "mona")
    form = {**mona.browser.read(NEW).form("lines").values, **TYPED}
    desk.log_in()
    desk.browser.read(PEOPLE)
    assert desk.press(f"{PEOPLE}/{id_of(app, 'mona')}/remove", sure="y").status_code == 303
    return mona.browser, form


@pytest.mark.parametrize("is_form", [False, True], ids=["a link", "a form"])
def test_the_open_tab_of_somebody_removed_ends_at_the_login_with_a_sentence(
    app: Flask, removed: tuple[Browser, dict[str, str]], is_form: bool
) -> None:
    browser, form = removed
    answer = browser.post(NEW, data=form) if is_form else browser.get(CAMPAIGN)
    assert (answer.status_code, answer.location) == (303, LOGIN)
    assert SENTENCE in browser.read(LOGIN).text


def test_a_stranger_reads_no_such_sentence_and_their_form_is_refused(app: Flask, site: Site) -> None:
    """Neither does somebody who has logged out."""
    stranger = browse(app)
    assert SENTENCE not in stranger.read(LOGIN).text
    assert stranger.post(NEW, data=TYPED).status_code in (400, 403)
    mona = as_(app, "mona")
    mona.browser.read("/organize/")
    assert mona.press("/organize/logout").status_code == 303
    assert SENTENCE not in mona.browser.read(LOGIN).text
