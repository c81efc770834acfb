"""What tests of pages share: a browser on a site with one petition, a clock, and ways to sign as people do."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from campaign.core.keyring import Keyring
from tests.factories import Site
from tests.pages import Browser, browse
from tests.web.signing import Signing


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """Views read the clock; it shows `now` and goes on from there."""
    with time_machine.travel(now, tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test has an application of its own; compiling every template anew would take most of its time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def browser(app: Flask, site: Site, compiled_templates: FileSystemBytecodeCache) -> Browser:
    """A stranger's browser on a site with the petition `bread-and-roses`."""
    app.jinja_env.bytecode_cache = compiled_templates
    return browse(app)


@pytest.fixture
def signing(app: Flask, browser: Browser, keyring: Keyring) -> Signing:
    """Signs through the pages."""
    return Signing(app, browser, keyring)
