"""The paper copy as PDF, made by the command line on the organizer's own machine; the browser prints a page instead."""

from datetime import datetime

from campaign.core.typesetting import qr_svg, typeset
from campaign.sealing.boxes import KeyPair
from campaign.sealing.paper_key import paper_lines
from campaign.sealing.queries import fingerprint

_WHAT = (
    "Whoever has this paper can open every signature list that was sealed to this key, and so can read who signed. It "
    "needs no phrase."
)
_LETTERS = (
    "The letters are A to Z, the digits 2 to 7: what looks like a zero or a one is the letter O or I. The QR code "
    "holds the same letters and digits."
)
_FINGERPRINT = "Compare it with the one at the desk under Keys: if they differ, somebody has changed the site's key."
_KEEPING = (
    "Keep it as you would keep the list itself: in a safe place, apart from any computer of the campaign.",
    "To open a list with it, type the four lines where the phrase is asked for, or run: campaign decrypt --paper.",
    "Delete the file that this was printed from.",
)


def key_paper(pair: KeyPair, *, now: datetime) -> bytes:
    """The secret half of the key on one page, as lines to type and as a QR code. Takes half a second."""
    lines = paper_lines(pair.secret_key)
    data = {
        "title": "Paper copy of the key that opens signature lists",
        "what": _WHAT,
        "lines": lines,
        "qr": qr_svg("".join(lines).replace(" ", "")),
        "qr_alt": "The four lines above as a QR code",
        "letters": _LETTERS,
        "fingerprint_title": "Fingerprint of the key",
        "fingerprint": fingerprint(pair.public_key),
        "fingerprint_what": _FINGERPRINT,
        "keeping_title": "How to keep it",
        "keeping": _KEEPING,
        "made": f"Printed on {now:%Y-%m-%d}.",
    }
    return typeset("key_paper", data, language="en", is_rtl=False)
