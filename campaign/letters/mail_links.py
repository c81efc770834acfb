"""Links that open a letter in the supporter's own mail program, as far as such links reach."""

from urllib.parse import quote

# Windows hands programs addresses of at most 2,083 bytes, and some mail programs add to them. Each Persian letter takes
# six, so a Persian letter hardly ever fits. `static/js/letter.js` goes by the same number.
LONGEST_LINK = 1900


def mail_link(email: str, subject: str, body: str) -> tuple[str, bool]:
    """A `mailto:` link (RFC 6068), and whether the body is in it: a longer one is left to be copied."""
    start = f"mailto:{quote(email, safe='@')}?subject={quote(subject, safe='')}"
    whole = f"{start}&body={quote(_with_line_ends_of_mail(body), safe='')}"
    return (whole, True) if len(whole) <= LONGEST_LINK else (start, False)


def _with_line_ends_of_mail(text: str) -> str:
    return text.replace("\n", "\r\n")
