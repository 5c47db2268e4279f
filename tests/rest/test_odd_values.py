"""Every body of REST, with values that nobody meant: a clear refusal or a harmless answer, never an accident."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict

import pytest

from accounts.actor import Actor, Via
from accounts.services import secrets
from tests import builders, reference
from tests.access import routes
from tests.rest_client import RestClient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ODD = [
    None, True, 0, -1, 10**30, 1.5e300, "", " ", "x" * 100_000, "\ud800", "a\nb", "../..", "%00", "☃",
    [], [None], [[]], {}, {"a": {"b": []}}, ["x"] * 300, {"name": None},
]  # fmt: skip
# Of all combinations, as many as take seconds; the same ones each time.
SAMPLED = 500


@pytest.fixture
def world(admin):
    project = builders.project("PRJ")
    builders.repository(project, "repo", content=True)
    builders.group("devs", builders.user("dev"))
    builders.user("bob")
    token, _ = secrets.create_access_token(
        Actor(user=admin, via=Via.SESSION), admin, name="t", permissions=["REPO_READ"]
    )
    return defaultdict(lambda: token.pk)


def send(client, method, path, body=None):
    """Do it, and undo what it did; gives the status."""
    content = {"content_type": "application/json"} if body is not None else {}
    if body is not None:
        content["data"] = json.dumps(body)
    with builders.undone():
        answer = client.client.generic(method, path, headers=client.headers, **content)
        if answer.streaming:
            answer.getvalue()
    return answer


def filled(row, numbers):
    path = row.path.replace("{me}", "admin")
    return re.sub(r"\{(\w+)\}", lambda match: str(numbers[match[1]]), path)


def sampled(asked):
    """Some of what could be asked."""
    return random.Random(7).sample(asked, min(SAMPLED, len(asked)))


def is_an_accident(row, path, answer):
    if answer.status_code >= 500:
        return f"{row.method} {path} answered {answer.status_code}"
    if "json" in answer.get("Content-Type", "") and "/oauth2/" not in path:
        reference._check_envelope(path, answer)
    return None


def test_odd_values_in_bodies(world, admin):
    asked = []
    for row in routes.REST:
        if isinstance(row.body, dict):
            asked += [(row, row.body | {name: odd}) for name in row.body for odd in ODD]
            asked += [(row, odd) for odd in ODD if odd is not None]
    client, wrong = RestClient(admin), []
    for row, body in sampled(asked):
        path = filled(row, world)
        found = is_an_accident(row, path, send(client, row.method, path, body))
        wrong += [f"{found} to {str(body)[:200]!r}"] if found else []
    assert wrong == []
