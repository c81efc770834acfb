"""What could lead to somebody is found in any script and spacing; what many a true sentence holds is let be."""

import pytest

from campaign.conversation.contact_data import HOLDS, found_in
from campaign.conversation.contents import checked_url
from campaign.core.errors import Invalid


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/x", {"link"}),
        ("see HTTP://EXAMPLE.ORG", {"link"}),
        ("join t.me/abc today", {"link"}),
        ("www . example . org", {"link"}),
        ("example [dot] org", {"link"}),
        ("ex\u200bample.org".replace("\u200b", "\u200c"), {"link"}),
        ("ｅｘａｍｐｌｅ．ｏｒｇ", {"link"}),
        ("سایت مثال.ایران را ببینید", {"link"}),
        ("javascript:alert(1)", {"link"}),
        ("write to alice@example.org", {"email"}),
        ("alice＠example.org", {"email"}),
        ("alice @ example . org", {"email"}),
        ("call +49 30 901820", {"phone"}),
        ("call 0912-345-6789", {"phone"}),
        ("تماس ۰۹۱۲۳۴۵۶۷۸۹", {"phone"}),
        ("اتصل ٠٥٠١٢٣٤٥٦٧", {"phone"}),
        ("0.9.1.2.3.4.5.6.7", {"phone"}),
        ("0\u200c9\u200c1\u200c2\u200c3\u200c4\u200c5", {"phone"}),
        ("1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e37\ufe0f\u20e3", {"phone"}),
        ("①②③④⑤⑥⑦", {"phone"}),
        ("call zero four nine three oh nine oh one", {"phone"}),
        ("Zero-One-Seven, six 5 4 three", {"phone"}),
        ("0912 three four five six", {"phone"}),
        ("صفر نه یک دو سه چهار پنج", {"phone"}),
        ("صفر، نه، يك، ۲، ۳، چهار، پنج", {"phone"}),
        ("call +۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹", {"phone"}),
        ("۰۹۱۲.۳۴۵.۶۷.۸۹", {"phone"}),
        ("٠٩١٢ ٣٤٥ ٦٧٨٩", {"phone"}),
        ("follow @maria92", {"handle"}),
        ("Telegram: maria92", {"handle"}),
        ("تلگرام: maria", {"handle"}),
        ("call 2019-03-11 5551234", {"phone"}),
    ],
)
def test_what_leads_to_somebody_is_found(text: str, found: set[str]) -> None:
    assert set(found_in(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "She was arrested on 2018-06-13 and again on 29.10.2023.",
        "در ۱۳۹۷/۱۲/۲۰ محکوم شد، به ۳۸ سال و ۱۴۸ ضربه شلاق.",
        "Between 2018–2023, under articles 500 and 610, 33 years and 148 lashes.",
        "One for all, two or three of us, four weeks, five days.",
        "Article one: 33, 148, 500, 610, 5, 6 and 7.",
        "یک سال و دو ماه و سه روز، چهار بار.",
        "نه به جنگ، نه به اعدام، نه به زندان.",
        "I am 64 and have read 1,000 pages...then more.",
        "Bread, and roses; e.g. at 8 a.m.",
        "I defend her rights without sharing all she stands for.",
        "آزادی برای همه. نان و گل سرخ",
    ],
)
def test_what_is_said_in_public_is_let_be(text: str) -> None:
    assert found_in(text) == ()


def test_everything_at_once_is_named_in_one_order() -> None:
    assert found_in("@maria92 0912 345 6789 a@b.org https://x.org") == HOLDS


@pytest.mark.parametrize("url", ["https://union.example/about?x=1", "http://xn--mgbh0fb.example", ""])
def test_the_address_of_a_website_is_taken(url: str) -> None:
    assert checked_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://localhost",
        "https://127.0.0.1/",
        "https://user:secret@union.example",
        "https://union.example:99999",
        "https://union.example\\@evil.example",
        "https://union.example/a b",
        "https://union.example/\n",
        "https://uni\u202eon.example",
        "https://[",
        "ftp://union.example",
        "https://union.example/" + "a" * 300,
    ],
)
def test_what_is_no_address_of_a_website_is_refused(url: str) -> None:
    if url.endswith("\n"):
        url = url[:-1] + "\n/x"
    with pytest.raises(Invalid):
        checked_url(url)
