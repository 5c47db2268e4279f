"""Whatever goes wrong under /rest is told in Bitbucket's envelope."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.django_db


def test_an_unknown_resource(api):
    answer = api().get("no/such/resource")

    assert answer.status_code == 404
    assert answer.json() == {
        "errors": [
            {
                "context": None,
                "message": "null for uri: /rest/api/latest/no/such/resource",
                "exceptionName": None,
            }
        ]
    }


def test_a_wrong_method(api):
    answer = api().post("application-properties", {})

    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert answer.json()["errors"]


def test_a_form_that_cannot_be_made_is_406_and_empty(api):
    answer = api().request("GET", "application-properties", headers={"Accept": "image/png"})

    assert (answer.status_code, answer.content) == (406, b"")


@pytest.mark.parametrize("path", ["/rest/api/latest/users/a%00b", "/rest/api/latest/users/a?x=%00"])
def test_nul_is_refused_before_anything_else(api, path):
    assert api().client.get(path).status_code == 400


@pytest.mark.parametrize("version", ["latest", "1.0", "2.0"])
def test_every_version_is_one_api_with_and_without_a_trailing_slash(api, version):
    for slash in ("", "/"):
        answer = api().get(f"/rest/api/{version}/application-properties{slash}")
        assert answer.status_code == 200
        assert answer.json()["version"] == "9.4.0"


def test_an_accident_tells_an_id_and_nothing_else(api, monkeypatch):
    monkeypatch.setattr("core.site_settings.read", lambda name: 1 / 0)

    answer = api().get("application-properties")

    assert answer.status_code == 500
    message = json.loads(answer.content)["errors"][0]["message"]
    assert answer["X-AREQUESTID"] in message
    assert "Zero" not in answer.content.decode()
