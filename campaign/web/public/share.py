"""Plain links that pass a campaign on. No counter, no button of anybody else's, nothing is loaded from there."""

from typing import NamedTuple
from urllib.parse import quote

from flask_babel import gettext


class ShareLink(NamedTuple):
    label: str
    href: str


def share_links(title: str, address: str) -> list[ShareLink]:
    """Links that open the reader's own programs with title and address filled in."""
    text, url, both = quote(title), quote(address, safe=""), quote(f"{title} {address}")
    return [
        ShareLink(gettext("E-mail"), f"mailto:?subject={text}&body={both}"),
        ShareLink("WhatsApp", f"https://wa.me/?text={both}"),
        ShareLink("Telegram", f"https://t.me/share/url?url={url}&text={text}"),
        ShareLink("Mastodon", f"https://share.joinmastodon.org/#text={both}"),
    ]
