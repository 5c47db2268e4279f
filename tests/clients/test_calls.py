"""The calls that public clients of Bitbucket make, noted while their packages ran against a started server.

calls.tsv has each method and route once for each client, with projects, repositories and numbers of
the tests; where a route is not served, it says why. Note a client again when a new version of it
calls something else.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

CALLS = Path(__file__).with_name("calls.tsv")


def calls():
    with CALLS.open(encoding="utf-8") as opened:
        return [tuple(row.values()) for row in csv.DictReader(opened, delimiter="\t")]


def is_served(method: str, path: str) -> bool:
    """Whether a resource of ours stands there and knows the method."""
    try:
        view = getattr(resolve(path).func, "view_class", None)
    except Resolver404:
        return False
    wanted = "get" if method == "HEAD" else method.lower()
    return view is not None and hasattr(view, wanted)


@pytest.mark.parametrize("client", sorted({row[0] for row in calls()}))
def test_what_a_client_calls_is_served_or_known_not_to_be(client):
    wrong = []
    for name, method, path, reason in calls():
        if name == client and is_served(method, path) == bool(reason):
            wrong.append(f"{method} {path} is {'served after all' if reason else 'not served'}")
    assert not wrong, "\n".join(wrong)


def test_every_client_that_is_promised_is_noted():
    noted = {row[0].split()[0] for row in calls()}
    assert noted == {
        "@nexus2520/bitbucket-mcp-server",
        "atlassian-python-api",
        "bitbucket-rest",
        "bitbucket-server-mcp",
        "bkt",
        "danger",
        "go-git-providers",
        "renovate",
        "stashy",
    }
