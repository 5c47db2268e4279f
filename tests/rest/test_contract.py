"""The contract that REST tests check: it refuses what Bitbucket would not send."""

from __future__ import annotations

import json

import pytest
from django.http import JsonResponse

from tests import reference
from tests.contract.reduce import reduced

PROJECT = "/rest/api/latest/projects/PRJ"
A_PROJECT = {"key": "PRJ", "id": 1, "name": "Project", "public": False, "type": "NORMAL"}


def test_accepts_what_bitbucket_sends():
    reference.check("GET", PROJECT, JsonResponse(A_PROJECT))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"name": 42}, "42 is not of type"), ({"invented": "x"}, "invented")],
    ids=["wrong type", "unknown field"],
)
def test_refuses_fields_that_bitbucket_does_not_send(change, complaint):
    with pytest.raises(AssertionError, match=complaint):
        reference.check("GET", PROJECT, JsonResponse(A_PROJECT | change))


def test_refuses_a_status_that_is_not_described():
    with pytest.raises(AssertionError, match="answered 202"):
        reference.check("GET", PROJECT, JsonResponse(A_PROJECT, status=202))


def test_refuses_an_operation_that_does_not_exist():
    with pytest.raises(AssertionError, match="not in the reference"):
        reference.check("PUT", "/rest/api/latest/invented", JsonResponse({}))


def test_reduces_a_description_to_fields_and_types():
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Used"}}}
    contract = reduced(
        {
            "paths": {
                "/x": {
                    "get": {
                        "summary": "words",
                        "parameters": [
                            {"name": "at", "in": "query", "description": "words", "schema": {"type": "string", "example": "a"}}
                        ],
                        "responses": {"200": {"content": content}, "404": {"content": content}},
                    }
                }
            },
            "components": {
                "schemas": {
                    "Used": {"properties": {"id": {"type": "integer", "example": 1, "writeOnly": True}}},
                    "Unused": {"type": "object"},
                }
            },
        }
    )  # fmt: skip

    assert contract["components"]["schemas"] == {
        "Used": {"properties": {"id": {"type": "integer"}}}
    }
    assert contract["paths"]["/x"]["get"] == {
        "parameters": [{"name": "at", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"content": content}, "404": {}},
    }
    assert "words" not in json.dumps(contract)
