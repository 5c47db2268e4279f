"""The page that says what we serve says the truth."""

from __future__ import annotations

import json
import os

import pytest
from django.core.management import call_command

from bitbucket_clone.management.commands import compatibility


def test_the_page_is_up_to_date():
    call_command("compatibility", check=True)


def test_what_this_server_is_for_is_served():
    served = set(compatibility.served_operations())
    for method, path in [
        ("GET", "/rest/api/latest/projects"),
        ("PUT", "/rest/api/latest/projects/{}/repos/{}"),
        ("GET", "/rest/api/latest/projects/{}/repos/{}/commits/{}"),
        ("GET", "/rest/api/latest/projects/{}/repos/{}/browse/{}"),
    ]:
        assert (method, path) in served
    # A path that only looks like one of ours is none.
    assert ("GET", "/rest/api/latest/projects/{}/repos/{}/commits/{}/nothing") not in served


@pytest.mark.skipif(not os.environ.get("BITBUCKET_OPENAPI"), reason="the reference is not here")
def test_our_list_of_operations_is_the_reference():
    with open(os.environ["BITBUCKET_OPENAPI"], encoding="utf-8") as opened:
        paths = json.load(opened)["paths"]
    methods = {"get", "post", "put", "delete", "patch"}
    reference = {
        (method.upper(), f"/rest{path}")
        for path, operations in paths.items()
        for method in operations
        if method in methods
    }
    ours = set(compatibility.bitbucket_operations())
    assert len(ours) == 560
    assert len(ours & reference) > 550
