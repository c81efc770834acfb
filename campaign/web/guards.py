"""Who may send a form. Public forms carry no cookie, so what guards them is where the browser says they come from."""

from flask import abort, request


def require_own_origin() -> None:
    """Refuse (403) a POST that a browser says was made by another site.

    A browser sends `Sec-Fetch-Site` or at least `Origin`; a client that sends neither is not a browser, and there is no
    login here that it could borrow.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        abort(403)
