"""Papers: set with every script there is, and nothing that people write is run."""

from pathlib import Path

import pytest

from campaign.core import typesetting
from campaign.core.errors import CampaignError
from campaign.core.typesetting import qr_svg, typeset

PAPER = """
#import "/base.typ": bdi, data, paper
#show: paper.with(data.title)
= #data.title
#for name in data.names [- #bdi(name)]
#if "qr" in data { image(bytes(data.qr), format: "svg", width: 30mm, alt: "QR") }
"""
HOSTILE = [
    "#panic()",
    '#read("/etc/passwd")',
    "= heading",
    "$x$",
    "\\",
    "[",
    "نان و گل سرخ",
    "Ада",
    "\u202e\u2066",
    "<a>",
]


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "base.typ").write_text((typesetting._PAPERS / "base.typ").read_text("utf-8"), "utf-8")
    (tmp_path / "names.typ").write_text(PAPER, "utf-8")
    monkeypatch.setattr(typesetting, "_PAPERS", tmp_path)
    return "names"


@pytest.mark.parametrize(("language", "is_rtl"), [("en", False), ("fa", True), ("ckb", True)])
def test_a_paper_is_tagged_and_says_its_language(paper: str, language: str, is_rtl: bool) -> None:
    data = {"title": "فهرست / List", "names": HOSTILE, "qr": qr_svg("https://sign.example.org/")}
    pdf = typeset(paper, data, language=language, is_rtl=is_rtl)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert f"<rdf:li>{language}</rdf:li>".encode() in pdf
    assert pdf.rstrip().endswith(b"%%EOF")


def test_what_cannot_be_set_is_said_without_the_data(paper: str) -> None:
    with pytest.raises(CampaignError) as refused:
        typeset(paper, {"title": "MARKER"}, language="en", is_rtl=False)
    assert "MARKER" not in f"{refused.value!r} {refused.value.__cause__}"
    assert refused.value.__suppress_context__


def test_a_qr_code_is_an_image_of_its_own() -> None:
    assert qr_svg("https://sign.example.org/fa/x/").startswith("<svg")
    assert qr_svg("a") != qr_svg("b")
