"""The site answers to its own name and port, and to no other."""

from pathlib import Path

import pytest

from campaign.app import create_app
from tests.databases import config_for
from tests.pages import Browser


@pytest.mark.parametrize("host", ["evil.example", "localhost:9999", "localhost.evil.example"])
def test_another_host_or_port_is_not_answered(browser: Browser, host: str) -> None:
    assert browser.get("/en/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://sign.example.org", "sign.example.org"),
        ("https://sign.example.org:443", "sign.example.org"),
        ("http://sign.example.org:8080", "sign.example.org:8080"),
        ("https://müller.example", "xn--mller-kva.example"),
    ],
)
def test_the_sites_own_host_is_answered_however_it_is_written(
    sqlite_url: str, instance: Path, base_url: str, host: str
) -> None:
    app = create_app(config_for(sqlite_url, instance, CAMPAIGN_BASE_URL=base_url))
    scheme = base_url.partition(":")[0]
    answer = app.test_client().get("/healthz", base_url=f"{scheme}://{host}", headers={"Host": host})
    assert answer.status_code == 200
