"""Tokens of projects and repositories: they act as service users, inside their place and nowhere else."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from accounts.models import AccessToken, User
from accounts.permissions import Permission
from repos.models import RepositoryGrant
from tests import builders, reference

pytestmark = pytest.mark.django_db

TOKENS = "/rest/access-tokens/latest/projects/PRJ"
REPO = "/rest/api/latest/projects/PRJ/repos/repo"
OTHER = "/rest/api/latest/projects/PRJ/repos/other"
JSON = {"content_type": "application/json"}


@pytest.fixture
def world(db):
    boss = builders.user("boss")
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    builders.repository(project, "other", content=True)
    builders.grant(project, boss, "PROJECT_ADMIN")
    # Open to everyone who may sign in: a token is not everyone.
    elsewhere = builders.project("OPEN")
    elsewhere.default_permission = Permission.PROJECT_WRITE
    elsewhere.save()
    builders.repository(elsewhere, "open")
    return repository


def client(text=None, name=None):
    if text is None:
        name, text = "boss", builders.PASSWORD
    if name is None:
        return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})
    pair = base64.b64encode(f"{name}:{text}".encode()).decode()
    return Client(raise_request_exception=False, headers={"Authorization": f"Basic {pair}"})


def make(url, *permissions, status=200, **fields):
    body = {"name": "ci", "permissions": permissions} | fields
    answer = client().put(url, body, **JSON)
    reference.check("PUT", url, answer)
    assert answer.status_code == status, answer.content
    return answer.json().get("token")


def push(who, slug="repo"):
    return who.get(f"/scm/prj/{slug}.git/info/refs?service=git-receive-pack").status_code


@pytest.mark.parametrize(
    ("permission", "may_push", "may_change"),
    [("REPO_READ", False, False), ("REPO_WRITE", True, False), ("REPO_ADMIN", True, True)],
)
def test_a_repository_token_opens_its_repository_alone(world, permission, may_push, may_change):
    text = make(f"{TOKENS}/repos/repo", permission)
    for who in (client(text), client(text, "x-token-auth")):
        assert who.get(REPO).status_code == 200
        assert push(who) == (200 if may_push else 403)
        changed = who.put(REPO, {"description": "x"}, **JSON).status_code
        assert changed == (200 if may_change else 401)
        assert who.get(OTHER).status_code == 404
        assert who.get("/rest/api/latest/projects/OPEN/repos/open").status_code == 404
        listed = who.get("/rest/api/latest/repos").json()["values"]
        assert [one["slug"] for one in listed] == ["repo"]


@pytest.mark.parametrize(
    ("permission", "may_push", "may_change"),
    [("PROJECT_READ", False, False), ("PROJECT_WRITE", True, False), ("PROJECT_ADMIN", True, True),
     ("REPO_WRITE", True, False)],
)  # fmt: skip
def test_a_project_token_opens_all_its_repositories(world, permission, may_push, may_change):
    who = client(make(TOKENS, permission), "x-token-auth")
    for slug in ("repo", "other"):
        assert push(who, slug) == (200 if may_push else 403)
    changed = who.put("/rest/api/latest/projects/PRJ", {"description": "x"}, **JSON).status_code
    assert changed == (200 if may_change else 401)
    assert who.get("/rest/api/latest/projects/OPEN").status_code == 404


@pytest.mark.parametrize("url", [TOKENS, f"{TOKENS}/repos/repo"])
def test_tokens_are_listed_changed_and_revoked(world, url):
    text = make(url, "REPO_WRITE", expiryDays=3)
    boss = client()
    (listed,) = boss.get(url).json()["values"]
    assert listed["user"]["type"] == "SERVICE"
    assert "token" not in listed and "expiryDate" in listed
    one = f"{url}/{listed['id']}"
    assert boss.get(one).json()["name"] == "ci"
    changed = boss.post(one, {"name": "new", "permissions": ["REPO_READ"]}, **JSON)
    reference.check("POST", one, changed)
    assert changed.json()["name"] == "new"
    assert push(client(text)) == 403
    assert boss.delete(one).status_code == 204
    assert client(text).get(REPO).status_code == 401
    assert boss.get(one).status_code == 404
    assert not User.objects.filter(type="SERVICE").exists()


def test_a_token_of_another_place_is_not_found_by_its_number(world):
    make(TOKENS, "REPO_READ")
    number = AccessToken.objects.get().pk
    assert client().get(f"{TOKENS}/repos/repo/{number}").status_code == 404
    assert client().delete(f"{TOKENS}/repos/other/{number}").status_code == 404
    assert AccessToken.objects.exists()


def test_a_repository_token_carries_no_project_permission(world):
    make(f"{TOKENS}/repos/repo", "PROJECT_READ", status=400)
    make(TOKENS, "REPO_CREATE", status=400)
    make(TOKENS, status=400)
    assert not User.objects.filter(type="SERVICE").exists()


def test_only_administrators_and_never_tokens_make_tokens(world):
    admin_token = client(make(TOKENS, "PROJECT_ADMIN"))
    body = {"name": "x", "permissions": ["REPO_READ"]}
    builders.grant(world, builders.user("reader"), "REPO_READ")
    for who in (admin_token, client(builders.PASSWORD, "reader")):
        assert who.get(f"{TOKENS}/repos/repo").status_code == 401
        assert who.put(f"{TOKENS}/repos/repo", body, **JSON).status_code == 401
    assert Client().get(TOKENS).status_code == 401


def test_tokens_go_with_what_they_belong_to(world):
    text = make(f"{TOKENS}/repos/repo", "REPO_READ")
    assert client().delete(REPO).status_code == 202
    assert client(text).get(OTHER).status_code == 401
    assert not User.objects.filter(type="SERVICE").exists()


def test_service_users_are_in_no_list_of_people(world, admin):
    make(f"{TOKENS}/repos/repo", "REPO_ADMIN")
    assert RepositoryGrant.objects.filter(user__type="SERVICE").exists()
    boss = client()
    assert boss.get(f"{REPO}/permissions/users").json()["values"] == []
    assert "SERVICE" not in boss.get("/rest/api/latest/users").content.decode()
    root = client(builders.PASSWORD, "admin")
    assert "SERVICE" not in root.get("/rest/api/latest/admin/users").content.decode()
    name = User.objects.get(type="SERVICE").name
    login = Client().post("/j_atl_security_check", {"j_username": name, "j_password": "x"})
    assert login.status_code == 401
