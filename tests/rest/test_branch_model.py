"""REST: branch models of projects and repositories, and what is inherited."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from repos.selectors import branch_models
from repos.services import branches
from tests import builders

pytestmark = pytest.mark.django_db

PROJECT = "/rest/branch-utils/latest/projects/PRJ"
REPO = f"{PROJECT}/repos/repo"
OF_PROJECT = f"{PROJECT}/branchmodel/configuration"
OF_REPOSITORY = f"{REPO}/branchmodel/configuration"
BODY = {
    "development": {"refId": "refs/heads/develop", "useDefault": False},
    "production": {"useDefault": True},
    "types": [
        {"id": "FEATURE", "displayName": "ignored", "enabled": True, "prefix": "feat/"},
        {"id": "BUGFIX", "enabled": False, "prefix": "fix/"},
    ],
}


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made.project, alice, "PROJECT_ADMIN")
    return made


def test_what_all_begin_with(api, alice, repository):
    shown = api(alice).get(f"{REPO}/branchmodel").json()
    assert shown["development"]["id"] == "refs/heads/main"
    assert "production" not in shown
    assert shown["types"] == [
        {"id": "BUGFIX", "displayName": "Bugfix", "prefix": "bugfix/"},
        {"id": "FEATURE", "displayName": "Feature", "prefix": "feature/"},
        {"id": "HOTFIX", "displayName": "Hotfix", "prefix": "hotfix/"},
        {"id": "RELEASE", "displayName": "Release", "prefix": "release/"},
    ]
    # A repository has it in any case, and a project has one when somebody gives it one.
    setting = api(alice).get(OF_REPOSITORY).json()
    assert setting["development"] == {"refId": None, "useDefault": True}
    assert "production" not in setting
    assert [one.pop("enabled") for one in setting["types"]] == [True] * 4
    assert setting["types"] == shown["types"]
    unset = api(alice).get(OF_PROJECT)
    assert unset.status_code == 404
    assert unset.json()["errors"][0]["exceptionName"].endswith("NoSuchEntityException")


def test_the_model_that_all_begin_with_is_used(api, alice, repository):
    """By rules about its branches, as well as by what is shown."""
    client = api(alice)
    rules = "/rest/branch-permissions/latest/projects/PRJ/repos/repo/restrictions"
    for kind, name in (("MODEL_BRANCH", "Development"), ("MODEL_CATEGORY", "RELEASE")):
        body = {"type": "no-deletes", "matcher": {"id": name, "type": {"id": kind}}}
        assert client.post(rules, body).status_code == 200
    utils = f"{REPO}/branches"
    for name in ("release/1", "feature/2"):
        assert client.post(utils, {"name": name, "startPoint": "main"}).status_code == 201
    refused = client.delete(utils, {"name": "release/1"})
    assert refused.status_code == 401 and "release" in refused.json()["errors"][0]["message"]
    assert client.delete(utils, {"name": "feature/2"}).status_code == 204


def test_names_of_long_lived_branches_come_back_as_they_were_sent(api, alice, repository):
    client = api(alice)
    rules = "/rest/branch-permissions/latest/projects/PRJ/repos/repo/restrictions"
    for given, shown in (
        ("Development", ("Development", "Development")),
        ("development", ("development", "Development")),
        ("Production", ("Production", "Production")),
        ("PRODUCTION", ("production", "Production")),
    ):
        matcher = {"id": given, "displayId": given, "type": {"id": "MODEL_BRANCH"}}
        made = client.post(rules, {"type": "no-deletes", "matcher": matcher}).json()["matcher"]
        assert (made["id"], made["displayId"]) == shown
        found = client.get(rules, matcherType="MODEL_BRANCH", matcherId=given.lower()).json()
        assert found["size"] == 1
    # Two names of one branch are one rule.
    assert client.get(rules).json()["size"] == 2


def test_a_repository_inherits_until_it_has_its_own(api, alice, repository):
    client = api(alice)
    made = client.put(OF_PROJECT, BODY)
    assert made.status_code == 200
    assert made.json()["scope"] == {"type": "PROJECT", "resourceId": repository.project_id}
    assert made.json()["production"] == {"refId": None, "useDefault": True}
    assert client.get(OF_REPOSITORY).json() == client.get(OF_PROJECT).json() == made.json()
    shown = client.get(f"{REPO}/branchmodel").json()
    # A branch that does not exist is not shown.
    assert "development" not in shown
    assert shown["production"]["displayId"] == "main"
    assert shown["types"] == [{"id": "FEATURE", "displayName": "Feature", "prefix": "feat/"}]

    own = client.put(OF_REPOSITORY, {"development": {"refId": "feature/one"}})
    assert own.json()["scope"] == {"type": "REPOSITORY", "resourceId": repository.pk}
    assert own.json()["development"] == {"refId": "refs/heads/feature/one", "useDefault": False}
    assert client.get(f"{REPO}/branchmodel").json()["development"]["displayId"] == "feature/one"
    assert client.get(OF_PROJECT).json() == made.json()

    for _ in range(2):
        assert client.delete(OF_REPOSITORY).status_code == 204
    assert client.get(OF_REPOSITORY).json() == made.json()
    assert client.delete(OF_PROJECT).status_code == 204
    assert client.get(OF_PROJECT).status_code == 404
    assert client.get(OF_REPOSITORY).json()["development"]["useDefault"]
    told = AuditEvent.objects.filter(action="Branch model changed")
    assert [one.changes[0]["to"] for one in told] == [
        None,
        None,
        "development: refs/heads/feature/one, bugfix: bugfix/, feature: feature/, "
        "hotfix: hotfix/, release: release/",
        "development: refs/heads/develop, production: default branch, feature: feat/",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"development": None},
        {"development": {}},
        {"development": {"refId": "refs/tags/v1"}},
        {"development": {"refId": "a..b"}},
        {"production": {"refId": "-x"}},
        {"production": {}},
        {"types": [{"id": "ODD", "prefix": "x/"}]},
        {"types": [{"id": "FEATURE", "prefix": ""}]},
        {"types": [{"id": "FEATURE", "prefix": "a b/"}]},
        {"types": [{"id": "FEATURE", "prefix": "/x"}]},
        {"types": [{"id": "FEATURE", "prefix": "x" * 101}]},
        {"types": [{"id": "FEATURE", "prefix": "f/"}, {"id": "BUGFIX", "prefix": "f/b/"}]},
        {"types": [{"id": "FEATURE", "prefix": "f/"}, {"id": "BUGFIX", "prefix": "f/"}]},
        {"types": [{"id": "FEATURE", "prefix": "f/"}, {"id": "FEATURE", "prefix": "g/"}]},
        {"types": "FEATURE"},
        {"types": [None]},
    ],
)
def test_models_that_cannot_be(api, alice, repository, change):
    for path in (OF_PROJECT, OF_REPOSITORY):
        answer = api(alice).put(path, BODY | change)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"]
    assert api(alice).get(OF_PROJECT).status_code == 404


def test_who_may_set_it(api, admin, alice, repository):
    writer = builders.user("writer")
    builders.grant(repository, writer, "REPO_WRITE")
    for path in (OF_PROJECT, OF_REPOSITORY):
        assert api(writer).put(path, BODY).status_code == 401
        assert api(writer).delete(path).status_code == 401
        assert api(builders.user(f"s{len(path)}")).get(path).status_code == 404
        assert api().get(path).status_code == 401
    api(admin).put("projects/PRJ/repos/repo", {"archived": True})
    assert api(alice).put(OF_REPOSITORY, BODY).status_code == 409
    assert api(alice).delete(OF_REPOSITORY).status_code == 409


def test_the_type_of_a_branch(alice, repository):
    model = branch_models.setting(builders.actor(alice), repository)
    assert model.category_of("refs/heads/bugfix/x").id == "BUGFIX"
    assert model.category_of("release/1.0").display_name == "Release"
    assert model.category_of("main") is None
    assert model.category_of("my/bugfix/x") is None


def test_an_empty_repository_has_a_model_without_branches(api, alice, repository):
    builders.repository(repository.project, "empty")
    shown = api(alice).get(f"{PROJECT}/repos/empty/branchmodel").json()
    assert "development" not in shown
    assert len(shown["types"]) == 4


def test_a_model_follows_the_default_branch(api, alice, repository):
    branches.set_default(builders.actor(alice), repository, "feature/one")
    shown = api(alice).get(f"{REPO}/branchmodel").json()
    assert shown["development"]["displayId"] == "feature/one"
