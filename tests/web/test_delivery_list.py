"""The list to hand over on paper: the statement, the number, who signed by name, and nothing that points at anybody."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaign.core.db import transaction
from campaign.counting.models import CommunityCount
from campaign.web.organize import delivery, lists
from tests.factories import Site
from tests.pages import browse
from tests.web.desk import CAMPAIGN, PURPOSE, Desk
from tests.web.signing import Signing


def read(content: bytes, folder: Path) -> str:
    """What the paper says, as a program reads it out."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (folder / "list.pdf").write_bytes(content)
    command = ["pdftotext", "-enc", "UTF-8", str(folder / "list.pdf"), "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_is_tagged_and_in_the_language_of_the_desk(desk: Desk, signing: Signing, language: str) -> None:
    signing.sign_and_confirm(public_name="شیرین علم‌هولی")
    desk.log_in("vera")
    desk.browser.read("/organize/")
    desk.press("/organize/language", lang=language)
    response = desk.public_names("pdf")
    assert response.mimetype == "application/pdf"
    assert response.data.startswith(b"%PDF-")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in response.data
    assert f"<rdf:li>{language}</rdf:li>".encode() in response.data


def test_it_says_what_is_asked_how_many_signed_and_who(
    app: Flask, desk: Desk, signing: Signing, site: Site, tmp_path: Path
) -> None:
    for number, name in enumerate(["Rosa #panic()", "=cmd()", "O'Brien"]):
        signing.sign_and_confirm(f"rosa{number}@example.org", public_name=name, country="DE")
    signing.sign_and_confirm("hidden@example.org", name="Nobody Knows")
    with app.app_context(), transaction() as session:
        for community, people in (("workers", 12), ("women", 9)):
            session.add(CommunityCount(campaign_id=site.campaign.id, community=community, people=people))
    desk.log_in("vera")
    said = read(desk.public_names("pdf").data, tmp_path)
    for expected in (
        "Bread and roses",
        "The mill",
        "Rosa #panic()",
        "=cmd()",
        "O'Brien",
        "22 November 2026",
        "Workers",
    ):
        assert expected in said
    for hidden in ("Nobody Knows", "example.org", "Women", "Germany", "**"):
        assert hidden not in said


def test_of_more_names_than_it_takes_it_says_so_and_nothing_is_recorded(
    desk: Desk, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_NAMES", 1)
    monkeypatch.setattr(delivery, "MOST_NAMES", 1)
    for number in range(2):
        signing.sign_and_confirm(f"rosa{number}@example.org", public_name="Rosa")
    desk.log_in("vera")
    form = desk.browser.read(f"{CAMPAIGN}lists").form("purpose")
    data = {**form.values, "form": "pdf", "purpose": PURPOSE}
    assert desk.browser.post(f"{CAMPAIGN}lists", data=data).status_code == 400
    assert list(desk.browser.last.mistakes()) == ["form"]
    assert "Nobody has fetched a list yet" in desk.browser.read(CAMPAIGN).text


def test_a_list_without_a_name_says_so(desk: Desk, signing: Signing, tmp_path: Path) -> None:
    signing.sign_and_confirm()
    desk.log_in("vera")
    assert "Nobody on this list made a name public" in read(desk.public_names("pdf").data, tmp_path)


def test_a_process_sets_one_list_at_a_time(
    app: Flask, desk: Desk, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes 200 MB: a button pressed eight times must not take the server down."""
    now_set, most = [0], [0]
    typeset = delivery.typeset

    def watched(*args: Any, **changes: Any) -> bytes:
        now_set[0] += 1
        most[0] = max(most[0], now_set[0])
        pdf = typeset(*args, **changes)
        now_set[0] -= 1
        return pdf

    monkeypatch.setattr(delivery, "typeset", watched)
    signing.sign_and_confirm("rosa@example.org", public_name="Rosa")
    desk.log_in("vera")
    address = desk.public_names("pdf").request.path
    others = [Desk(browse(app)) for _ in range(3)]
    for other in others:
        other.log_in("vera")
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(lambda each: each.browser.get(address).status_code, others))
    assert (codes, most) == ([200] * 3, [1])
