"""A visitor's browser: a fresh profile that writes down what it asks for, what goes wrong, and what it keeps."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

_LOCAL_SCHEMES = ("blob", "data", "about")
# What Chromium writes where a form comes back with what is wrong, as the contract wants it; in a frame of another
# site it also keeps the focus where it is.
_EXPECTED = (
    "Failed to load resource: the server responded with a status of 400 ",
    "Failed to load resource: the server responded with a status of 429 ",
    "Blocked autofocusing on a <div> element in a cross-origin subframe.",
)


class Visit:
    """One profile and its first page."""

    def __init__(self, context: BrowserContext, hosts: tuple[str, ...]) -> None:
        self.context = context
        self.foreign_requests: list[str] = []
        self.complaints: list[str] = []
        self._hosts = tuple(urlsplit(host).netloc for host in hosts)
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        self.page: Page = context.new_page()

    def check(self, *, may_keep_cookies: bool = False) -> None:
        """Nothing was asked of another host, no page complained, and no cookie is kept."""
        assert not self.foreign_requests, f"asked of another host: {self.foreign_requests}"
        assert not self.complaints, f"the browser complains: {self.complaints}"
        kept = [] if may_keep_cookies else self.context.cookies()
        assert not kept, f"cookies kept: {kept}"

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in _LOCAL_SCHEMES and address.netloc not in self._hosts:
            self.foreign_requests.append(f"{request.method} {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        # Browsers look for it at odd times; a test of its own holds that every page names its icon.
        is_icon = "/favicon.ico" in message.location["url"]
        is_expected = is_icon or message.text.startswith(_EXPECTED)
        if message.type in ("error", "warning") and not is_expected:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _note_error(self, error: WebError) -> None:
        self.complaints.append(f"error: {error.error}")
