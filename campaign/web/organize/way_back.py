"""Where to go on after the password or the second factor was shown: the page asked for, and only pages of the desk."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from flask import current_app, request

DESK = "/organize/"


def way_back() -> str:
    """The page asked for; of a form, the page it stood on, for a form is not sent twice."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    try:
        path = PurePosixPath(urlsplit(request.referrer or "").path)
    except ValueError:
        return DESK
    # A form that came back with mistakes stands at an address that takes forms only: its page is above.
    return next((page for page in map(str, (path, *path.parents)) if _is_page(page)), DESK)


def next_page() -> str:
    """What `next` in the address says, if it is a page of the desk, however it is written."""
    wanted = request.args.get("next", "")
    try:
        path = urlsplit(wanted).path
    except ValueError:
        return DESK
    return wanted if wanted.startswith(DESK) and _is_page(path) else DESK


def _is_page(path: str) -> bool:
    is_plain = path.startswith(DESK) and "\\" not in path and "//" not in path
    return is_plain and current_app.url_map.bind("").test(path, "GET")
