"""Requests no honest browser makes, by what is wrong with them. Tests send them to every address there is."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from campaign.app import MAX_FORM_BYTES
from tests.web.signing import FILLED_IN

# Never to stand in an answer as it was sent.
MARKUP = "\"'><script>hostile()</script>{{7*7}}"
FORM = "application/x-www-form-urlencoded"
# Every field that any form here reads; the others are left aside.
FIELDS = ("name", "email", "public_name", "country", "message", "updates", "source", "community", "action", "sure")
FIELDS += ("agreed", "code", "secret", "passkey", "role", "sure", "new_password")
FIELDS += ("login", "password", "csrf_token", "lang", "token", "slug", "after", "theme", "from", "saved", "next")
FIELDS += ("public_key", "shares", "share", "replaces", "has_paper", "holder", "second", "key", "content", "done")
FIELDS += (
    "title",
    "summary",
    "ask",
    "addressee",
    "notice",
    "body",
    "reason",
    "note",
    "why",
    "seen",
    "draft",
    "made_from",
)
FIELDS += ("do", "kind", "communities", "endangers", "contact", "allegations", "consent")
FIELDS += ("address", "addresses", "audience", "basis", "collector", "date", "decision", "deed", "form")
FIELDS += ("grade", "item", "language", "lines", "looked", "office", "place", "publisher", "purpose", "reads")
FIELDS += ("reservation", "review_on", "revision", "signed_on", "since", "sources", "standing", "statement")
FIELDS += ("subject", "texts", "until", "url", "valid_while", "words")
# What views read from the query. `test_hostile_requests.py` looks whether both are all there is.
PARAMETERS = ("after", "before", "campaign", "country", "decided", "done", "from", "held", "in", "lang", "message")
PARAMETERS += ("next", "older", "q", "rows", "saved", "state", "theme")
TEXTS = {
    "markup": MARKUP,
    "a NUL": "a\0b",
    "control bytes": "\x01\x02\x1b[31m\x7f\x85",
    "a header": "x\r\nX-Evil: 1\r\n\r\n<script>hostile()</script>",
    "bidi overrides": "\u202eevil\u2066",
    "half a character": "\ud800",
    "emoji and flags": "🌹🏳️‍🌈👩🏾‍🏭🇮🇷",
    "a formula": "=cmd|' /C calc'!A0",
    "another formula": '@SUM(1+1)*HYPERLINK("http://evil.example","x")',
    "piled-up marks": "a" + "\u0335" * 2000,
    "a long text": "x" * 20_000,
    "a path": "../../../../etc/passwd",
    "a query": "' OR 1=1 --",
    "a template": "${7*7}#{7*7}<%= 7*7 %>%(name)s{0.__class__}",
    "numbers": "-1e309",
    "a huge number": "9" * 400,
    "no letters": " \u200b\ufeff\u3164",
    "white space": " \t\v\f ",
    "nothing": "",
}
# As they stand in an address, escaped or not.
PATHS = {
    "a NUL": "%00",
    "no UTF-8": "%ff%fe",
    "half a character": "%ED%A0%80",
    "an overlong slash": "%c0%af..%c0%af",
    "markup": quote(MARKUP),
    "a header": "x%0d%0aX-Evil:%201",
    "a parent": "../../etc/passwd",
    "an escaped parent": "%2e%2e/%2e%2e/etc/passwd",
    "a parent escaped twice": "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "escaped slashes": "..%2f..%2f..%2fetc%2fpasswd",
    "backslashes": "..%5c..%5cpyproject.toml",
    "an address": "%2f%2fevil.example%2f",
    "a broken escape": "%zz%",
    "a parameter": ";jsessionid=1",
    "a fragment": "%23x",
    "emoji": quote("🌹"),
    "a long word": "x" * 8000,
    "many folders": "/".join(["x"] * 1000),
    "many slashes": "/" * 1000,
    "digits of another script": quote("۱۲۳"),
    "a dot": ".",
}
HEADERS: dict[str, dict[str, str]] = {
    "another host": {"Host": "evil.example"},
    "another host behind ours": {"Host": "localhost.evil.example"},
    "two hosts": {"Host": "localhost, evil.example"},
    "a host with a path": {"Host": "localhost/../evil.example"},
    "a host with a user": {"Host": "localhost@evil.example"},
    "markup for a host": {"Host": MARKUP},
    "no host": {"Host": ""},
    "a long host": {"Host": "x" * 5000},
    "a bad port": {"Host": "localhost:99999999"},
    "half an IPv6 host": {"Host": "[::1"},
    "forwarded for another host": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"},
    "forwarded for markup": {"X-Forwarded-Host": MARKUP, "X-Forwarded-For": MARKUP, "Forwarded": f'for="{MARKUP}"'},
    "rewritten": {
        "X-Original-URL": "/organize/",
        "X-Rewrite-URL": "/organize/",
        "X-Forwarded-Prefix": "//evil.example",
    },
    "another method": {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "PUT", "X-Method-Override": "PATCH"},
    "no origin": {"Origin": "null"},
    "another origin": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "an origin that is none": {"Origin": "http://[::1", "Sec-Fetch-Site": ""},
    "markup for an origin": {"Origin": MARKUP, "Referer": MARKUP},
    "a range": {"Range": "bytes=0-0"},
    "many ranges": {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(2000))},
    "a range of nothing": {"Range": "bytes=-0,9-1,x", "If-Range": "x"},
    "a huge range": {"Range": f"bytes={'9' * 100}-"},
    "bad conditions": {"If-None-Match": '"\xff, W/', "If-Modified-Since": "Thu, 99 Xxx 0000 99:99:99 GMT"},
    "many conditions": {"If-None-Match": ", ".join(f'"{n}"' for n in range(3000)), "If-Match": "*"},
    "bad languages": {"Accept-Language": ",".join(["*;q="] * 10_000)},
    "many languages": {"Accept-Language": ",".join(f"x{n}-YY;q=0.{n}" for n in range(3000))},
    "no languages": {"Accept-Language": "\xff;q=\xff,;;,=,en;q=inf,fa;q=nan,en;q=-1,fa;q=1e400"},
    "long languages": {"Accept-Language": "a" * 50_000},
    "bad encodings": {"Accept-Encoding": "gzip;q=nan, *;q=1e999, ,;=,\xff" + ",x" * 2000},
    "a bad accept": {"Accept": "*/*;q=\xff;a=" + '"' * 2000},
    "a forged session": {"Cookie": "desk=eyJfdXNlcl9pZCI6IngifQ.AAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    "a compressed session": {"Cookie": "desk=.eJwLzzAAAAAA.x.y"},
    "a huge session": {"Cookie": "desk=" + "A" * 60_000},
    "no session": {"Cookie": 'desk=\xff\xfe; =; ;;; desk; $Version=1; desk="\\377'},
    "many cookies": {"Cookie": "; ".join(f"c{n}=x" for n in range(3000))},
    "markup for a browser": {"User-Agent": MARKUP, "Referer": MARKUP, "X-Requested-With": MARKUP, "From": MARKUP},
    "a long header": {"X-Long": "x" * 60_000},
    "many headers": {f"X-{n}": "x" for n in range(500)},
    "another protocol": {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABk"},
    "an expectation": {"Expect": "200-nonsense", "TE": "trailers", "Trailer": "X-Evil"},
    "a bad login": {"Authorization": "Basic =?\xff", "Proxy-Authorization": "Bearer " + "x" * 5000},
    "a bearer": {"Authorization": f"Bearer {MARKUP}"},
    "a purpose": {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"},
    "a negative length": {"Content-Length": "-1"},
    "a length in words": {"Content-Length": "ten"},
    "a huge length": {"Content-Length": "9" * 300},
    "a length of another script": {"Content-Length": "\xb2"},
    "two lengths": {"Content-Length": "3, 4"},
    "a transfer coding": {"Transfer-Encoding": "xchunked"},
    "a preflight": {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x", "Origin": "null"},
}
METHODS = (
    "HEAD",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "SEARCH",
    "get",
    "X" * 500,
    "G\xcbT",
)


@dataclass(frozen=True)
class Body:
    """What is sent in a form's place. Each `data` is bytes as they go over the line."""

    data: bytes
    content_type: str = FORM
    environ: dict[str, Any] = field(default_factory=dict)


def _form(*pairs: tuple[str, str]) -> bytes:
    return urlencode(pairs, errors="surrogatepass").encode()


def _multipart(disposition: bytes, content: bytes = b"x", *, end: bytes = b"--b--\r\n") -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n" + end


MULTIPART = "multipart/form-data; boundary=b"
IN_EVERY_FIELD = " in every field"
UNSAID = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": None, "wsgi.input_terminated": True}
BODIES: dict[str, Body] = {
    "too much": Body(_form(*FILLED_IN.items(), ("message", "x" * MAX_FORM_BYTES))),
    "ten megabytes": Body(b"x" * 10_000_000),
    "ten thousand fields": Body(_form(*FILLED_IN.items(), *((f"f{n}", "") for n in range(10_000)))),
    "a field ten thousand times": Body("&".join(["name=x"] * 8_000).encode()),
    "every field twice": Body(_form(*((name, text) for name in FIELDS for text in ("x", MARKUP)))),
    "nested names": Body(_form(("name" + "[a]" * 4000, "x"), ("name[]", "x"), ("name[__proto__][x]", "x"))),
    "only separators": Body(b"&" * 5000 + b"=;=;%=%&%%%00=%ff"),
    "no UTF-8": Body(b"name=\xff\xfe&email=%ff%fe&%ff=%ff&" + _form(*FILLED_IN.items())),
    "another charset": Body(_form(*FILLED_IN.items()).decode().encode("utf-16"), f"{FORM}; charset=utf-16"),
    "an unknown charset": Body(_form(*FILLED_IN.items()), f"{FORM}; charset=\xff"),
    "UTF-7": Body(b"name=+ADw-script+AD4-hostile()", f"{FORM}; charset=utf-7"),
    "JSON": Body(b'{"name": ["x"], "email": {"a": null}}', "application/json"),
    "deep JSON": Body(b"[" * 30_000, "application/json"),
    "XML": Body(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "application/xml"),
    "no type": Body(_form(*FILLED_IN.items()), ""),
    "a bad type": Body(b"name=x", "\xff/\xff; =; boundary"),
    "a long type": Body(b"name=x", "multipart/form-data; boundary=" + "b" * 5000),
    "no boundary": Body(_multipart(b'form-data; name="name"'), "multipart/form-data"),
    "an empty boundary": Body(_multipart(b'form-data; name="name"'), "multipart/form-data; boundary="),
    "no end": Body(_multipart(b'form-data; name="name"', end=b""), MULTIPART),
    "no disposition": Body(b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n", MULTIPART),
    "no name": Body(_multipart(b"form-data"), MULTIPART),
    "a name that is no text": Body(_multipart(b'form-data; name="\xff\0"'), MULTIPART),
    "an encoded name": Body(_multipart(b"form-data; name*=utf-99''%ff%00"), MULTIPART),
    "a file for each field": Body(
        b"".join(
            _multipart(b'form-data; name="' + name.encode() + b'"; filename="../../etc/passwd"', b"\0\xff", end=b"")
            for name in FIELDS
        )
        + b"--b--\r\n",
        MULTIPART,
    ),
    "a part header without end": Body(b"--b\r\nContent-Disposition: " + b"x" * 50_000, MULTIPART),
    "a part of another coding": Body(
        _multipart(
            b'form-data; name="name"\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=x'
        ),
        MULTIPART,
    ),
    "many parts": Body(
        b"".join(_multipart(b'form-data; name="f"', end=b"") for _ in range(1000)) + b"--b--\r\n", MULTIPART
    ),
    "a length unsaid": Body(_form(*FILLED_IN.items()), environ=UNSAID),
    "less than said": Body(_form(*FILLED_IN.items()), environ={"CONTENT_LENGTH": "5000"}),
    "compressed": Body(b"\x1f\x8b\x08" + b"\0" * 100, environ={"HTTP_CONTENT_ENCODING": "gzip"}),
    "nothing": Body(b""),
} | {f"{why}{IN_EVERY_FIELD}": Body(_form(*((name, text) for name in FIELDS))) for why, text in TEXTS.items()}
