"""What a program that reads the API asks for, and how it takes the answers."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from campaign.core.db import transaction
from tests.factories import SLUG

API = "/api/v1"
ONE = f"{API}/campaigns/{SLUG}"
READS = (f"{API}/campaigns", ONE, f"{ONE}/signatures", f"{ONE}/events", f"{API}/openapi.json")


def read(client: FlaskClient, path: str) -> Any:
    """What an answer says; it must be there."""
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "application/hal+json"), path
    return response.get_json()


def why(response: TestResponse, status: int) -> Any:
    """What a problem says; it must be one, of that status."""
    body = response.get_json()
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert response.headers["Cache-Control"] == "no-store"
    return body


def change(app: Flask, statement: str) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text(statement))
