"""Papers as PDF: tagged, for screen readers too (PDF/UA-1), with Arabic script shaped and every text as text.

A paper is a template in `templates/pdf/`. What people wrote reaches it as data and is never run as markup.
"""

import io
import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from campaign.core.errors import CampaignError
from campaign.resources import STATIC, TEMPLATES

_FONTS = STATIC / "fonts" / "print"
_PAPERS = TEMPLATES / "pdf"


def typeset(name: str, data: Mapping[str, Any], *, language: str, is_rtl: bool) -> bytes:
    """The paper `templates/pdf/<name>.typ` as PDF. `data` is what JSON can hold; the template reads it as `data`.

    Takes a tenth of a second and more, half a second the first time: never call it inside a transaction. Raises
    CampaignError, without a word of the data, if it cannot be set.
    """
    typst = _typst()
    said = {**data, "language": language, "direction": "rtl" if is_rtl else "ltr"}
    try:
        pdf: bytes = typst.compile(
            str(_PAPERS / f"{name}.typ"),
            root=str(_PAPERS),
            font_paths=[str(_FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(said)},
            pdf_standards=["ua-1"],
        )
    except typst.TypstError:
        # `from None`: what typst says quotes the data.
        raise CampaignError("this paper cannot be set") from None
    return pdf


def qr_svg(text: str) -> str:
    """A QR code as an SVG document that fills the place it is given: black on white, with its quiet zone."""
    svg = io.BytesIO()
    _segno().make(text, micro=False).save(svg, kind="svg", xmldecl=False, light="#fff", omitsize=True)
    return svg.getvalue().decode("ascii")


# Loaded when first needed: a server that answers has no use for them yet.
@cache
def _typst() -> Any:
    return import_module("typst")


@cache
def _segno() -> Any:
    return import_module("segno")
