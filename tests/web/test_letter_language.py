"""A letter speaks the language of who gets it, whichever letter the worker sent before."""

import pytest
from flask import Flask

from campaign.outbox.transports import transport_for
from campaign.worker import deliver_due
from tests.factories import SLUG
from tests.pages import Browser
from tests.smtp import Relay
from tests.web.signing import Signing


@pytest.mark.parametrize("languages", [("fa", "en", "fa"), ("en", "fa", "en")])
def test_each_letter_is_in_its_readers_language(
    app: Flask, browser: Browser, signing: Signing, relay: Relay, languages: tuple[str, ...]
) -> None:
    for number, language in enumerate(languages):
        assert signing.fill_in(path=f"/{language}/{SLUG}/sign", email=f"reader{number}@example.org").status_code == 303
    with app.app_context():
        services = app.extensions["campaign"]
        assert deliver_due(transport_for(relay.url, services.config.instance), services) == len(languages)
    by_reader = {message["To"]: message for message in relay.messages}
    for number, language in enumerate(languages):
        message = by_reader[f"reader{number}@example.org"]
        text = message.get_content()
        assert message["Content-Language"] == language
        assert ("برای تأیید امضا" in text) == (language == "fa"), text
        assert ("To confirm the signature" in text) == (language == "en"), text
