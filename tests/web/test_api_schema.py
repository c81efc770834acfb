"""The API does what its own description says, whatever is asked of it: schemathesis asks, in this process."""

import json
import re
from collections.abc import Iterator

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from campaign.signing.queries import NAMES_A_PAGE
from campaign.web.api.openapi import description
from tests.web.conftest import NOW
from tests.web.seeded import CAMPAIGNS, CASES, PETITION, add_actions, add_names, seeded_site

LANGUAGES = ("en", "fa")
DESCRIPTION = "/api/v1/openapi.json"
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
    allow_header_conformance,
]
# In this process schemathesis says that it takes gzip, and then reads it as if it were text.
UNCOMPRESSED = {"Accept-Encoding": "identity"}
BOUNDED = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    # One site and one set of statuses for all that is asked at an address.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def described() -> BaseSchema:
    """The API's own description; half of what is asked for is there, or there would be little but 404."""
    document = description(LANGUAGES)
    slug = document["components"]["parameters"]["slug"]
    slug["schema"] = {"anyOf": [{"enum": [*CAMPAIGNS]}, slug["schema"]]}
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig())


schema = described()


@pytest.fixture(scope="module")
def planted_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with seeded_site(tmp_path_factory.mktemp("described"), now=NOW) as app:
        add_names(app, PETITION, [f"Signatory {number}" for number in range(NAMES_A_PAGE + 7)], now=NOW)
        add_actions(app, CASES[0], now=NOW)
        yield app


@pytest.fixture
def answered() -> Iterator[set[int]]:
    """The statuses of all answers at one address; that nothing but mistakes were made would prove little."""
    found: set[int] = set()
    yield found
    assert found >= {200, 400, 405}


@schema.parametrize()
@BOUNDED
def test_every_answer_is_as_described(case: Case, planted_site: Flask, answered: set[int]) -> None:
    response = case.call_and_validate(checks=CHECKS, app=planted_site, headers=UNCOMPRESSED)
    answered.add(response.status_code)


def test_the_description_is_served(planted_site: Flask) -> None:
    assert planted_site.test_client().get(DESCRIPTION).get_json() == description(LANGUAGES)


def test_every_shape_in_the_description_is_json_schema_and_every_reference_leads_somewhere() -> None:
    document = description(LANGUAGES)
    assert document["openapi"].startswith("3.1.")
    for shape in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(shape)
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found, reference
