"""REST: whom the site lets archive and delete repositories."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from tests import builders

pytestmark = pytest.mark.django_db

POLICIES = "/rest/policies/latest/admin/repos"
REPO = "projects/PRJ/repos/repo"


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, alice, "REPO_ADMIN")
    return made


def test_what_holds_where_nobody_said(api, alice, repository):
    for act in ("archive", "delete"):
        assert api(alice).get(f"{POLICIES}/{act}").json() == {"permission": "REPO_ADMIN"}
        assert api().get(f"{POLICIES}/{act}").status_code == 401
    assert api(alice).put(REPO, {"archived": True}).status_code == 200
    assert api(alice).delete(REPO).status_code == 202


@pytest.mark.parametrize("permission", ["PROJECT_ADMIN", "ADMIN", "SYS_ADMIN"])
def test_more_than_the_repository_may_be_asked(
    api, admin, alice, repository, permission, django_capture_on_commit_callbacks
):
    chief = builders.user("chief", site=None if permission == "PROJECT_ADMIN" else permission)
    if permission == "PROJECT_ADMIN":
        builders.grant(repository.project, chief, "PROJECT_ADMIN")
    for act in ("archive", "delete"):
        body = {"permission": permission.lower()}
        with django_capture_on_commit_callbacks(execute=True):
            set_to = api(admin).put(f"{POLICIES}/{act}", body)
        assert set_to.json() == {"permission": permission}
    refused = api(alice).put(REPO, {"archived": True})
    assert refused.status_code == 401
    assert permission in refused.json()["errors"][0]["message"]
    assert api(alice).delete(REPO).status_code == 401
    # What is not about archiving goes on.
    same = api(alice).put(REPO, {"archived": False, "description": "x"})
    assert same.status_code == 200
    assert api(chief).put(REPO, {"archived": True}).status_code == 200
    assert api(alice).put(REPO, {"archived": False}).status_code == 401
    assert api(chief).delete(REPO).status_code == 202
    assert AuditEvent.objects.filter(action="Setting changed").count() == 2


def test_who_sets_them_and_to_what(api, admin, alice, repository):
    lesser = builders.user("lesser", site="ADMIN")
    for user in (alice, lesser):
        answer = api(user).put(f"{POLICIES}/delete", {"permission": "ADMIN"})
        assert answer.status_code == 401
    for odd in ("REPO_READ", "", "X", None, 5, ["ADMIN"]):
        answer = api(admin).put(f"{POLICIES}/delete", {"permission": odd})
        assert answer.status_code == 400
    assert api(admin).put(f"{POLICIES}/delete", {}).status_code == 400
    assert api(admin).get(f"{POLICIES}/delete").json() == {"permission": "REPO_ADMIN"}
