"""What callers write into `Accept`, and whether JSON is what they may get."""

from __future__ import annotations

import pytest

from core.api import negotiation


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, 1),
        ("", 1),
        (" ", 1),
        ("*/*", 1),
        ("application/json", 1),
        ("application/json;charset=UTF-8", 1),
        ("Application/JSON ; q=0.9", 0.9),
        ("application/*", 1),
        ("application/hal+json", 1),
        ("text/plain, */*;q=0.1", 0.1),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", 0.2),
        ("application/json;q=x", 1),
        (",;,application/json", 1),
        ("application/json;q=0, */*", 0),
        ("application/json;q=9", 1),
        ("*/*;q=0", 0),
        ("image/png", 0),
        ("text/plain", 0),
        ("*/json", 0),
        ("application/xml", 0),
        ("json", 0),
    ],
)
def test_how_much_json_is_liked(rf, accepted, expected):
    headers = {} if accepted is None else {"Accept": accepted}
    request = rf.get("/", headers=headers)
    assert negotiation.weight(request, negotiation.JSON) == expected


def test_a_write_that_cannot_be_answered_does_nothing(api, admin):
    client = api(admin)
    body = {"key": "PRJ", "name": "PRJ"}
    refused = client.request("POST", "projects", body, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.content) == (406, b"")
    assert client.get("projects/PRJ").status_code == 404
    assert client.request("POST", "projects", body, headers={"Accept": ""}).status_code == 201
