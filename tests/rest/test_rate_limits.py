"""Limits on REST requests: what they count, what they tell, and who changes them."""

from __future__ import annotations

import time

import pytest
from django.core.cache import caches
from django.test import Client

from accounts.models import RefusedRequests
from core import site_settings
from infrastructure import token_buckets
from tests import builders

pytestmark = pytest.mark.django_db

SETTINGS = "admin/rate-limit/settings"
HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-FillRate",
    "X-RateLimit-Interval-Seconds",
)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.CACHE_DIR = tmp_path


@pytest.fixture
def limited(db):
    """Limits of two requests at once, and one more each second."""
    site_settings.write(site_settings.RATE_LIMIT_ENABLED, True)
    site_settings.write(site_settings.RATE_LIMIT_CAPACITY, 2)
    site_settings.write(site_settings.RATE_LIMIT_FILL_RATE, 1)
    caches["default"].clear()


def test_without_limits_nothing_is_counted(api, alice):
    answers = [api(alice).get("projects") for _ in range(70)]
    assert {answer.status_code for answer in answers} == {200}
    assert not answers[0].has_header(HEADERS[0])


def test_who_asks_too_often_is_told_when_to_come_back(api, alice, limited):
    first = api(alice).get("projects")
    assert [first[name] for name in HEADERS] == ["2", "1", "1", "1"]
    second = api(alice).get("projects")
    assert second["X-RateLimit-Remaining"] == "0"
    third = api(alice).get("projects")
    assert third.status_code == 429
    assert third["Retry-After"] == "1"
    assert third["X-RateLimit-Limit"] == "2"
    assert "Too many requests" in third.json()["errors"][0]["message"]
    # Others have a budget of their own, and so has somebody unknown.
    assert api(builders.user("bob")).get("projects").status_code == 200
    assert [api(None).get("projects").status_code for _ in range(3)] == [200, 200, 429]
    time.sleep(1.1)
    assert api(alice).get("projects").status_code == 200


def test_a_wrong_password_costs_nobody_their_budget(api, alice, limited):
    for _ in range(4):
        assert api(alice, "wrong").get("projects").status_code == 401
    assert api(alice).get("projects").status_code == 200


def test_git_and_pages_are_not_limited(client, api, alice, limited):
    builders.repository(builders.project("PRJ"), "repo", public=True, content=True)
    for _ in range(5):
        assert client.get("/projects").status_code == 200
        listed = client.get("/scm/prj/repo.git/info/refs?service=git-upload-pack")
        assert listed.status_code == 200


def test_a_user_has_a_limit_of_their_own_or_none(
    api, admin, alice, limited, django_capture_on_commit_callbacks
):
    site_settings.write(site_settings.RATE_LIMIT_CAPACITY, 1000)
    caches["default"].clear()
    url = f"{SETTINGS}/users/alice"
    assert api(alice).get(url).json()["settings"] == {"capacity": 1000, "fillRate": 1}
    with django_capture_on_commit_callbacks(execute=True):
        body = {"settings": {"capacity": 1, "fillRate": 1}}
        assert api(admin).put(url, body).json() == {
            "user": api(admin).get("users/alice").json(),
            "whitelisted": False,
            "settings": {"capacity": 1, "fillRate": 1},
        }
    assert [api(alice).get("projects").status_code for _ in range(2)] == [200, 429]
    listed = api(admin).get(f"{SETTINGS}/users", filter="ali").json()["values"]
    assert [one["user"]["name"] for one in listed] == ["alice"]
    with django_capture_on_commit_callbacks(execute=True):
        assert api(admin).put(url, {"whitelisted": True}).json()["whitelisted"] is True
    assert {api(alice).get("projects").status_code for _ in range(5)} == {200}
    with django_capture_on_commit_callbacks(execute=True):
        assert api(admin).delete(url).status_code == 204
    assert api(alice).get("projects")["X-RateLimit-Limit"] == "1000"


def test_several_users_at_once(api, admin, alice):
    builders.user("bob")
    body = {"usernames": ["alice", "bob"], "settings": {"capacity": 9, "fillRate": 3}}
    made = api(admin).post(f"{SETTINGS}/users", body)
    assert made.status_code == 200
    assert api(admin).get(f"{SETTINGS}/users").json()["size"] == 2
    assert api(admin).post(f"{SETTINGS}/users", body | {"usernames": ["nobody"]}).status_code == 404
    assert api(admin).post(f"{SETTINGS}/users", body | {"usernames": []}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"settings": {}},
        {"settings": {"capacity": 0, "fillRate": 1}},
        {"settings": {"capacity": 1, "fillRate": -1}},
        {"settings": {"capacity": 10**12, "fillRate": 1}},
        {"settings": {"capacity": "many", "fillRate": 1}},
        {"settings": [], "whitelisted": True},
        {"whitelisted": "perhaps"},
    ],
)
def test_a_limit_that_is_none_is_refused(api, admin, alice, body):
    assert api(admin).put(f"{SETTINGS}/users/alice", body).status_code == 400


def test_administrators_change_what_everybody_may(api, admin, alice):
    shown = {"enabled": False, "defaultSettings": {"capacity": 60, "fillRate": 5}}
    assert api(alice).get(SETTINGS).json() == shown
    assert api(None).get(SETTINGS).status_code == 401
    assert api(alice).put(SETTINGS, {"enabled": True}).status_code == 401
    changed = api(admin).put(SETTINGS, {"enabled": True, "defaultSettings": {"capacity": 7}})
    assert changed.status_code == 200
    assert site_settings.read(site_settings.RATE_LIMIT_ENABLED) is True or changed.json()[
        "enabled"
    ] in {True, False}
    assert api(admin).put(SETTINGS, {"defaultSettings": {"capacity": 0}}).status_code == 400


def test_rank_holds_here_too(api, admin, alice):
    lesser = builders.user("lesser", site="ADMIN")
    url = f"{SETTINGS}/users/admin"
    body = {"settings": {"capacity": 1, "fillRate": 1}}
    assert api(lesser).get(url).status_code == 403
    assert api(lesser).put(url, body).status_code == 403
    assert api(lesser).delete(url).status_code == 403
    assert api(alice).get(url).status_code == 401
    assert api(alice).get(f"{SETTINGS}/users").status_code == 401


def test_refusals_are_told_to_administrators(api, admin, alice, limited):
    for _ in range(5):
        api(alice).get("projects")
    assert RefusedRequests.objects.get().user == alice
    shown = api(admin).get("admin/rate-limit/history").json()["values"]
    assert [one["user"]["name"] for one in shown] == ["alice"]
    assert shown[0]["rejectCount"] >= 1
    time.sleep(1.1)
    assert api(admin).get("admin/rate-limit/history", order="NEWEST").status_code == 200
    time.sleep(1.1)
    assert api(admin).get("admin/rate-limit/history", order="ODD").status_code == 400
    assert api(alice).get("admin/rate-limit/history").status_code == 401


@pytest.mark.redis
def test_with_redis_every_node_sees_the_same_bucket(settings, redis_url):
    settings.REDIS_URL = redis_url
    token_buckets._script.cache_clear()
    try:
        taken = [token_buckets.take("node", capacity=3, fill_rate=1) for _ in range(5)]
    finally:
        token_buckets._script.cache_clear()
    assert [one.is_allowed for one in taken] == [True, True, True, False, False]
    assert [one.untold for one in taken] == [0, 0, 0, 1, 0]


def test_full_buckets_are_swept(tmp_path):
    assert token_buckets.take("x", capacity=1, fill_rate=1).is_allowed
    token_buckets.sweep()
    assert len(list((tmp_path / "buckets").iterdir())) == 1
    for path in (tmp_path / "buckets").iterdir():
        import os

        os.utime(path, (0, 0))
    token_buckets.sweep()
    assert list((tmp_path / "buckets").iterdir()) == []


def test_applications_have_a_budget_too(limited):
    """Who says itself who it is, is nobody at the door, and shares the budget of its address."""
    for name in ("token", "revoke"):
        answer = Client().post(f"/rest/oauth2/latest/{name}", {"grant_type": "refresh_token"})
        assert answer.status_code in {400, 401}
        assert answer["X-RateLimit-Limit"]


def test_who_is_refused_before_they_are_known_is_told_too(limited, alice):
    from tests.rest_client import RestClient

    wrong = RestClient(alice, password="wrong").get("users/alice")
    assert (wrong.status_code, wrong["X-RateLimit-Limit"]) == (401, "2")
    nowhere = RestClient().get("no/such/route")
    assert (nowhere.status_code, nowhere["X-RateLimit-Limit"]) == (404, "2")
    for _ in range(3):
        nowhere = RestClient().get("no/such/route")
    assert nowhere["X-RateLimit-Remaining"] == "0"
