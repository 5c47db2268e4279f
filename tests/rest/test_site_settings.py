"""Settings of the whole site: the banner, the ways in, the first branch of new repositories."""

from __future__ import annotations

import base64

import pytest

from accounts.models import AccessToken
from core import site_settings
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seen_at_once(monkeypatch):
    """Settings are cached until they are written, which tests never commit."""
    monkeypatch.setattr(site_settings, "CACHED_SECONDS", 0)


def test_a_banner_is_shown_to_whom_it_is_meant_for(api, admin, alice, client):
    chief = api(admin)
    assert chief.get("admin/banner").status_code == 204
    banner = {"message": "Down at *noon*, see https://x.example", "audience": "AUTHENTICATED"}
    assert api(alice).put("admin/banner", banner).status_code == 401
    assert chief.put("admin/banner", banner | {"enabled": True}).status_code == 204

    assert api(alice).get("admin/banner").json() == banner | {"enabled": True}
    assert api(None).get("admin/banner").status_code == 204
    assert "Down at" not in client.get("/login").content.decode()
    client.force_login(alice)
    shown = client.get("/dashboard").content.decode()
    assert "Down at <em>noon</em>" in shown
    assert 'href="https://x.example"' in shown

    everybody = {"message": "<script>alert(1)</script>[a](javascript:b)", "audience": "ALL"}
    assert chief.put("admin/banner", everybody).status_code == 204
    client.logout()
    public = client.get("/login").content.decode()
    assert "&lt;script&gt;alert(1)" in public
    assert "javascript:b" not in public.replace("](javascript:b)", "")
    assert chief.put("admin/banner", everybody | {"enabled": False}).status_code == 204
    assert api(alice).get("admin/banner").status_code == 204
    assert chief.get("admin/banner").json()["enabled"] is False
    assert chief.delete("admin/banner").status_code == 204
    assert chief.get("admin/banner").status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": "x"},
        {"message": "x", "audience": "NOBODY"},
        {"message": " ", "audience": "ALL", "enabled": True},
        {"message": "x" * 5000, "audience": "ALL"},
        {"message": ["x"], "audience": "ALL"},
        {"message": "x", "audience": "ALL", "enabled": "perhaps"},
    ],
)
def test_a_wrong_banner_is_refused(api, admin, wrong):
    assert api(admin).put("admin/banner", wrong).status_code == 400
    assert api(admin).get("admin/banner").status_code == 204


def test_the_first_branch_of_new_repositories(api, admin, alice):
    chief = api(admin)
    assert chief.get("admin/default-branch").status_code == 404
    assert api(alice).put("admin/default-branch", {"id": "trunk"}).status_code == 401
    assert chief.put("admin/default-branch", {"id": "a..b"}).status_code == 400
    assert chief.put("admin/default-branch", {"id": "trunk"}).status_code == 204
    assert chief.get("admin/default-branch").json()["id"] == "refs/heads/trunk"
    builders.project("PRJ")
    chief.post("projects/PRJ/repos", {"name": "one"})
    chief.post("projects/PRJ/repos", {"name": "two", "defaultBranch": "main"})
    assert _first(chief, "one") == "trunk"
    assert _first(chief, "two") == "main"
    assert chief.delete("admin/default-branch").status_code == 204
    chief.post("projects/PRJ/repos", {"name": "three"})
    assert _first(chief, "three") == "master"


def _first(chief, slug):
    return chief.get(f"projects/PRJ/repos/{slug}/default-branch").json()["displayId"]


def test_where_users_come_from_and_how_they_come_in(api, admin):
    directories = api(admin).get("admin/user-directories").json()
    assert [one["name"] for one in directories] == ["Bitbucket Internal Directory"]
    options = api(None).get("/rest/authconfig/1.0/login-options").json()
    assert [one["type"] for one in options["results"]] == ["LOGIN_FORM"]


@pytest.fixture
def callers(client, admin, alice):
    """Ask for a path as alice, with her password or with a token of hers."""
    from accounts.actor import Actor, Via
    from accounts.services import secrets

    _, token = secrets.create_access_token(
        Actor(user=alice, via=Via.SESSION), alice, name="t", permissions=["REPO_READ"]
    )

    def ask(path, secret=builders.PASSWORD, name="alice"):
        pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
        return client.get(path, headers={"Authorization": f"Basic {pair}"})

    return ask, token


CONFIG = "/rest/basicauth/latest/config"


def test_passwords_can_be_refused_while_secrets_and_the_login_page_go_on(
    api, admin, callers, client
):
    ask, token = callers
    chief = api(admin)
    builders.repository(builders.project("PRJ", public=True), "repo", content=True)
    usual = {
        "block-requests": False,
        "allowed-users": [],
        "allowed-paths": [],
        "show-warning-message": False,
    }
    assert chief.get(CONFIG).json() == usual
    assert chief.put(CONFIG, {"block-requests": True}).status_code == 204
    # Only now are passwords refused; the administrator's own client uses one as well.
    assert chief.get(CONFIG).status_code == 403

    users = "/rest/api/latest/users/alice"
    refs = "/scm/prj/repo.git/info/refs?service=git-upload-pack"
    refused = ask(users)
    assert refused.status_code == 403
    assert "Basic Authentication" in refused.json()["errors"][0]["message"]
    assert ask(refs).status_code == 403
    # A wrong password is told the same: nothing was looked at.
    assert ask(users, "wrong one").content == refused.content
    assert ask(users, token).status_code == 200
    assert b"".join(ask(refs, token)).startswith(b"001e# service=git-upload-pack")
    bearer = client.get(users, headers={"Authorization": f"Bearer {token}"})
    assert bearer.status_code == 200
    signed_in = client.post(
        "/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD}
    )
    assert signed_in.status_code == 302

    site_settings.write(site_settings.BASIC_ALLOWED_USERS, ["ALICE"])
    assert ask(users).status_code == 200
    site_settings.write(site_settings.BASIC_ALLOWED_USERS, [])
    site_settings.write(site_settings.BASIC_ALLOWED_PATHS, ["/rest/api/latest/users"])
    assert ask(users).status_code == 200
    assert ask("/rest/api/latest/projects").status_code == 403
    assert ask(refs).status_code == 403
    site_settings.write(site_settings.BASIC_ALLOWED_PATHS, ["/scm/*/repo.git/*"])
    assert ask(refs).status_code == 200
    assert ask(users).status_code == 403
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed-paths": ["no slash"]},
        {"allowed-paths": "x"},
        {"allowed-users": [""]},
        {"allowed-users": ["x"] * 1001},
        {"block-requests": "perhaps"},
    ],
)
def test_wrong_settings_of_the_ways_in_are_refused(api, admin, wrong):
    assert api(admin).put(CONFIG, wrong).status_code == 400
