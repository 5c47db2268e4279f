"""REST: how places merge, what they ask for, and whom they ask."""

from __future__ import annotations

import pytest

from tests import builders
from tests.pullrequests.worlds import P, R

pytestmark = pytest.mark.django_db

SETTINGS = f"{R}/settings/pull-requests"
OF_PROJECT = "projects/PRJ/settings/pull-requests/git"
OF_SITE = "admin/pull-requests/git"
REVIEWERS = "/rest/default-reviewers/1.0/projects/PRJ"
MAIN = {"id": "refs/heads/main", "type": {"id": "BRANCH"}}
ANY = {"id": "ANY_REF_MATCHER_ID", "type": {"id": "ANY_REF"}}


@pytest.fixture
def boss(repo, project):
    made = builders.user("boss")
    builders.grant(project, made, "PROJECT_ADMIN")
    return made


def config(default, *others, **more):
    strategies = [{"id": one} for one in (default, *others)]
    return {"mergeConfig": {"defaultStrategy": {"id": default}, "strategies": strategies} | more}


def test_the_nearest_place_that_says_something_holds(api, admin, alice, boss, repo, propose):
    found = api(alice).get(SETTINGS).json()
    assert found["mergeConfig"]["type"] == "DEFAULT"
    assert found["mergeConfig"]["defaultStrategy"]["id"] == "no-ff"
    assert len(found["mergeConfig"]["strategies"]) == 7
    assert api(boss).post(OF_SITE, config("ff")).status_code == 401
    assert api(admin).post(OF_SITE, config("ff")).json()["defaultStrategy"]["id"] == "ff"
    assert api(alice).get(OF_PROJECT).json()["mergeConfig"]["defaultStrategy"]["id"] == "ff"
    shown = api(boss).post(OF_PROJECT, config("squash", "no-ff", commitSummaries=0)).json()
    assert shown["mergeConfig"]["type"] == "PROJECT"
    assert api(alice).get(SETTINGS).json()["mergeConfig"]["defaultStrategy"]["id"] == "squash"
    template = {"title": "#${id} ${title}", "body": "by ${author} for ${toRefName}"}
    own = config("no-ff", commitMessageTemplate=template, commitSummaries=0)
    assert api(boss).post(SETTINGS, own).json()["mergeConfig"]["type"] == "REPOSITORY"
    propose()
    offered = api(alice).get(f"{P}/1/commit-message-suggestion").json()
    assert offered == {"title": "#1 News", "body": "by Alice for main"}
    refused = api(alice).post(f"{P}/1/merge", {"strategyId": "ff"})
    assert refused.status_code == 400 and "no-ff" in refused.json()["errors"][0]["message"]
    reset = api(boss).post(SETTINGS, {"mergeConfig": {}}).json()
    assert reset["mergeConfig"]["type"] == "PROJECT"


@pytest.mark.parametrize(
    "body",
    [
        config("octopus"),
        {"mergeConfig": {"defaultStrategy": {"id": "ff"}}},
        {"requiredApprovers": -1},
        {"requiredApprovers": {"enabled": True, "count": "x"}},
        {"requiredApprovers": 5000},
    ],
)
def test_what_cannot_hold(api, boss, repo, body):
    assert api(boss).post(SETTINGS, body).status_code == 400


def test_checks_in_every_way_that_clients_write_them(api, alice, boss, repo):
    assert api(alice).post(SETTINGS, {"requiredApprovers": 1}).status_code == 401
    for body in (
        {"requiredApprovers": 2},
        {"requiredApprovers": {"enabled": True, "count": 2}},
        {"requiredApprovers": {"enabled": True, "count": "2"}},
    ):
        shown = api(boss).post(SETTINGS, body).json()
        assert shown["requiredApprovers"] == {"enabled": True, "count": "2"}
    shown = (
        api(boss)
        .post(SETTINGS, {"requiredAllTasksComplete": True, "requiredApprovers": {"enabled": False}})
        .json()
    )
    assert shown["requiredAllTasksComplete"] and not shown["requiredApprovers"]["enabled"]
    assert not shown["requiredAllApprovers"]


def test_default_reviewers(api, alice, bob, carol, boss, repo, propose):
    body = {
        "sourceMatcher": ANY,
        "targetMatcher": MAIN,
        "reviewers": [{"id": bob.pk}, {"name": "carol"}],
        "requiredApprovals": 2,
    }
    of_repo = f"{REVIEWERS}/repos/repo"
    assert api(alice).post(f"{of_repo}/condition", body).status_code == 401
    made = api(boss).post(f"{of_repo}/condition", body).json()
    assert made["scope"]["type"] == "REPOSITORY" and made["requiredApprovals"] == 2
    above = (
        api(boss)
        .post(
            f"{REVIEWERS}/condition",
            body | {"requiredApprovals": 0, "reviewers": [{"id": alice.pk}]},
        )
        .json()
    )
    assert [one["id"] for one in api(alice).get(f"{of_repo}/conditions").json()] == [
        made["id"],
        above["id"],
    ]
    asked = {
        "sourceRepoId": repo.pk,
        "targetRepoId": repo.pk,
        "sourceRefId": "refs/heads/topic",
        "targetRefId": "refs/heads/main",
    }
    found = api(alice).get(f"{of_repo}/reviewers", **asked).json()
    # Whoever asks may be one of those required.
    assert [one["name"] for one in found] == ["bob", "carol", "alice"]
    assert (
        api(alice).get(f"{of_repo}/reviewers", **asked | {"targetRefId": "refs/heads/x"}).json()
        == []
    )
    assert (
        api(alice).get(f"{of_repo}/reviewers", **asked | {"sourceRepoId": "x"}).status_code == 400
    )
    assert propose()["reviewers"] == []
    vetoes = api(bob).get(f"{P}/1/merge").json()["vetoes"]
    assert [one["summaryMessage"] for one in vetoes] == [
        "Not all default reviewers have approved yet"
    ]
    for one in (bob, carol):
        api(one).put(f"{P}/1/participants/{one.slug}", {"status": "APPROVED"})
    assert api(bob).get(f"{P}/1/merge").json()["canMerge"]
    changed = (
        api(boss).put(f"{of_repo}/condition/{made['id']}", body | {"requiredApprovals": 1}).json()
    )
    assert changed["id"] == made["id"] and changed["requiredApprovals"] == 1
    shown = api(boss).get(f"{of_repo}/condition/{made['id']}").json()
    assert (shown["id"], shown["requiredApprovals"]) == (made["id"], 1)
    assert api(boss).get(f"{of_repo}/condition/{above['id']}").status_code == 404
    assert api(boss).put(f"{of_repo}/condition/{above['id']}", body).status_code == 404
    for wrong in (
        {"requiredApprovals": 3},
        {"reviewers": []},
        {"reviewers": [{"id": 10**12}]},
        {"sourceMatcher": {"id": "x"}},
    ):
        assert api(boss).post(f"{of_repo}/condition", body | wrong).status_code == 400
    assert api(boss).delete(f"{of_repo}/condition/{made['id']}").status_code == 204
    assert api(boss).delete(f"{of_repo}/condition/{made['id']}").status_code == 404


def test_protected_targets_veto_in_words(api, alice, bob, boss, repo, propose):
    propose()
    rule = {"type": "read-only", "matcher": MAIN, "users": ["bob"]}
    api(boss).post("/rest/branch-permissions/2.0/projects/PRJ/repos/repo/restrictions", rule)
    able = api(alice).get(f"{P}/1/merge").json()
    assert not able["canMerge"] and "read-only" in able["vetoes"][0]["detailedMessage"]
    assert api(alice).post(f"{P}/1/merge", {}).status_code == 409
    assert api(bob).post(f"{P}/1/merge", {}).status_code == 200


def test_strangers_read_no_addresses_of_default_reviewers(api, bob, boss, repo):
    of_repo = f"{REVIEWERS}/repos/repo"
    body = {"sourceMatcher": ANY, "targetMatcher": ANY, "reviewers": [{"name": "bob"}]}
    for place in (REVIEWERS, of_repo):
        made = api(boss).post(f"{place}/condition", body)
        assert made.json()["reviewers"][0]["emailAddress"] == "bob@example.com"
    repo.project.is_public = True
    repo.project.save(update_fields=["is_public"])
    ends = {"sourceRepoId": repo.pk, "targetRepoId": repo.pk}
    ends |= {"sourceRefId": "topic", "targetRefId": "main"}
    for path, query in (
        (f"{REVIEWERS}/conditions", {}),
        (f"{of_repo}/conditions", {}),
        (f"{of_repo}/reviewers", ends),
    ):
        shown = api().get(path, **query)
        assert shown.status_code == 200 and b'"bob"' in shown.content
        assert b"bob@example.com" not in shown.content
        assert b"bob@example.com" in api(boss).get(path, **query).content
