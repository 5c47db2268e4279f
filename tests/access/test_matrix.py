"""The matrix: every kind of caller at every kind of subject, through every door."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from tests import builders
from tests.rest_client import RestClient

pytestmark = pytest.mark.django_db

# Who, and what they hold: on the site, on the project, on the repository.
CALLERS = {
    "anonymous": None,
    "stranger": {},
    "reader": {"repository": "REPO_READ"},
    "writer": {"repository": "REPO_WRITE"},
    "owner": {"repository": "REPO_ADMIN"},
    "project-reader": {"project": "PROJECT_READ"},
    "project-writer": {"project": "PROJECT_WRITE"},
    "creator": {"project": "REPO_CREATE"},
    "project-admin": {"project": "PROJECT_ADMIN"},
    "group-writer": {"group": "PROJECT_WRITE"},
    "site-admin": {"site": "ADMIN"},
}

# What each may do with a private repository: r see, w push, a administer; c create beside it, p administer the project.
MAY_ON_PRIVATE = {
    "anonymous": "",
    "stranger": "",
    "reader": "r",
    "writer": "rw",
    "owner": "rwa",
    "project-reader": "r",
    "project-writer": "rw",
    "creator": "rwc",
    "project-admin": "rwacp",
    "group-writer": "rw",
    "site-admin": "rwacp",
}


@pytest.fixture
def world(db):
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    builders.repository(project, "open", public=True, content=True)
    users = {}
    for name, holds in CALLERS.items():
        if holds is None:
            users[name] = None
            continue
        users[name] = builders.user(name, site=holds.get("site"))
        if "repository" in holds:
            builders.grant(repository, users[name], holds["repository"])
        if "project" in holds:
            builders.grant(project, users[name], holds["project"])
        if "group" in holds:
            builders.grant(project, builders.group("devs", users[name]), holds["group"])
    return users


def header(user):
    if user is None:
        return {}
    pair = base64.b64encode(f"{user.name}:{builders.PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def refused(caller, sees):
    """The statuses of REST: who is unknown is asked, who does not see it finds nothing."""
    if caller == "anonymous":
        return 401
    return 401 if sees else 404


@pytest.mark.parametrize("caller", CALLERS)
def test_rest(world, caller):
    may = MAY_ON_PRIVATE[caller]
    client = RestClient(world[caller])
    base = "projects/PRJ/repos/repo"
    sees = "r" in may
    for path in (
        "",
        "/branches",
        "/commits",
        "/browse",
        "/files",
        "/tags",
        "/raw/hello.txt",
        "/default-branch",
    ):
        assert client.get(base + path).status_code == (200 if sees else refused(caller, False)), (
            path
        )
    for path in ("/permissions/users", "/permissions/groups/none", "/permissions/search"):
        expected = 200 if "a" in may else refused(caller, sees)
        assert client.get(base + path).status_code == expected, path
    expected = 200 if "a" in may else refused(caller, sees)
    assert client.put(base, {"description": caller}).status_code == expected
    # One visible repository is enough to see the project.
    expected = 201 if "c" in may else 401
    assert client.post("projects/PRJ/repos", {"name": "more"}).status_code == expected
    expected = 200 if "p" in may else 401
    assert client.put("projects/PRJ", {"description": caller}).status_code == expected
    assert client.get("projects/PRJ/permissions/users").status_code == expected
    listed = [one["slug"] for one in client.get("repos").json()["values"]]
    assert ("repo" in listed) is sees
    assert "open" in listed


@pytest.mark.parametrize("caller", CALLERS)
def test_git(world, caller):
    may = MAY_ON_PRIVATE[caller]
    client = Client(headers=header(world[caller]))
    url = "/scm/prj/repo.git/info/refs?service="
    hidden = 401 if caller == "anonymous" else 404
    fetch = client.get(url + "git-upload-pack")
    push = client.get(url + "git-receive-pack")

    assert fetch.status_code == (200 if "r" in may else hidden)
    assert push.status_code == (200 if "w" in may else 403 if "r" in may else hidden)
    if push.status_code == 403:
        # A sentence, and no question for a password that credential helpers would then forget.
        assert push["Content-Type"].startswith("text/plain")
        assert "WWW-Authenticate" not in push
    # The same without asking first: rights are judged on every request.
    kind = "application/x-git-receive-pack-request"
    straight = client.post("/scm/prj/repo.git/git-receive-pack", b"0000", content_type=kind)
    assert straight.status_code == push.status_code


@pytest.mark.parametrize("caller", CALLERS)
def test_git_on_a_public_repository(world, caller):
    client = Client(headers=header(world[caller]))
    url = "/scm/prj/open.git/info/refs?service="
    may_push = "w" in MAY_ON_PRIVATE[caller] and caller not in {"writer", "owner"}

    assert client.get(url + "git-upload-pack").status_code == 200
    expected = 200 if may_push else 401 if caller == "anonymous" else 403
    assert client.get(url + "git-receive-pack").status_code == expected


def test_for_somebody_unknown_private_and_missing_are_alike(world):
    client = Client()
    for path in (
        "/rest/api/latest/projects/PRJ/repos/{}",
        "/scm/prj/{}.git/info/refs?service=git-upload-pack",
    ):
        private, missing = client.get(path.format("repo")), client.get(path.format("missing"))
        assert private.status_code == missing.status_code == 401
        assert private.content == missing.content
        assert private["WWW-Authenticate"].startswith("Basic")


def test_for_a_stranger_private_and_missing_are_alike(world):
    client = Client(headers=header(world["stranger"]))
    private = client.get("/rest/api/latest/projects/PRJ/repos/repo")
    missing = client.get("/rest/api/latest/projects/PRJ/repos/missing")
    assert private.status_code == missing.status_code == 404
    assert (
        private.json()["errors"][0]["exceptionName"] == missing.json()["errors"][0]["exceptionName"]
    )


@pytest.mark.parametrize("caller", CALLERS)
def test_pages(world, caller):
    may = MAY_ON_PRIVATE[caller]
    client = Client()
    if world[caller] is not None:
        client.force_login(world[caller])
    hidden = 302 if caller == "anonymous" else 404
    base = "/projects/PRJ/repos/repo"

    for page in ("/browse", "/commits", "/branches", "/browse/hello.txt", "/last-changes"):
        assert client.get(base + page).status_code == (200 if "r" in may else hidden), page
    for page in ("/settings", "/permissions", "/settings/delete"):
        expected = 200 if "a" in may else 401 if "r" in may else hidden
        assert client.get(base + page).status_code == expected, page
    for page in ("/projects/PRJ/settings", "/projects/PRJ/permissions"):
        expected = 200 if "p" in may else 302 if caller == "anonymous" else 401
        assert client.get(page).status_code == expected, page
    listed = client.get("/repos").content.decode()
    assert ("/repos/repo/browse" in listed) is ("r" in may)
    assert "/repos/open/browse" in listed
