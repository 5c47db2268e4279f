"""The page that says what we serve says the truth."""

from __future__ import annotations

import json

from django.core.management import call_command

from bitbucket_clone.management.commands import compatibility
from tests.contract.reduce import CONTRACT


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


def test_our_list_of_operations_is_the_reference():
    paths = json.loads(CONTRACT.read_text(encoding="utf-8"))["paths"]
    reference = {
        (method.upper(), f"/rest{path}")
        for path, operations in paths.items()
        for method in operations
    }
    ours = set(compatibility.bitbucket_operations())
    assert len(ours) == 560
    assert len(ours & reference) > 550
