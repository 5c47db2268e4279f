"""REST: a pull request from proposal to its end."""

from __future__ import annotations

import pytest

from pullrequests.models import PullRequest
from tests import builders
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db


def ref(repo, name):
    return git("for-each-ref", "--format=%(objectname)", name, cwd=folder(repo))


def test_what_is_proposed_is_found(api, alice, bob, repo, propose):
    made = propose(description="Read *all* about it", reviewers=[{"user": {"name": "bob"}}])

    assert made["id"] == 1 and made["version"] == 0
    assert made["state"] == "OPEN" and made["open"] and not made["closed"] and not made["draft"]
    assert made["fromRef"]["id"] == "refs/heads/topic"
    assert made["fromRef"]["latestCommit"] == ref(repo, "refs/heads/topic")
    assert made["toRef"]["displayId"] == "main"
    assert made["author"]["user"]["name"] == "alice" and made["author"]["role"] == "AUTHOR"
    assert [one["user"]["name"] for one in made["reviewers"]] == ["bob"]
    assert ref(repo, "refs/pull-requests/1/from") == ref(repo, "refs/heads/topic")
    found = api(bob).get(f"{P}/1").json()
    assert found["properties"]["mergeResult"] == {"outcome": "CLEAN", "current": True}
    assert api(bob).get(P).json()["values"] == [found]
    assert propose(source="topic", target="other", status=404)["errors"][0][
        "exceptionName"
    ].endswith("NoSuchBranchException")


def test_what_cannot_be_proposed(api, alice, repo, propose):
    def name(answer):
        return answer["errors"][0]["exceptionName"].rsplit(".", 1)[1]

    propose()
    again = propose(status=409)
    assert name(again) == "DuplicatePullRequestException"
    assert again["errors"][0]["existingPullRequest"]["id"] == 1
    assert name(propose(source="main", status=409)) == "EmptyPullRequestException"
    git("update-ref", "refs/heads/old", "refs/heads/main", cwd=folder(repo))
    assert name(propose(source="old", status=409)) == "EmptyPullRequestException"
    refused = propose(
        target="old",
        reviewers=[
            {"user": {"name": "nobody"}},
            {"user": {"name": "alice"}},
            {"user": {"name": "bob"}},
        ],
        status=409,
    )
    assert name(refused) == "InvalidPullRequestReviewersException"
    assert [one["context"] for one in refused["errors"][0]["reviewerErrors"]] == ["nobody", "alice"]
    assert [one["user"]["name"] for one in refused["errors"][0]["validReviewers"]] == ["bob"]
    propose(target="old", title=" ", status=400)
    propose(target="old", title="x" * 256, status=400)
    propose(target="old", status=201)
    assert [one["id"] for one in api(alice).get(P).json()["values"]] == [2, 1]


def test_a_source_that_moves_and_goes(api, alice, repo, propose):
    propose()
    old = ref(repo, "refs/heads/topic")
    new = commit(repo, "topic", {"more.txt": "more\n"})
    assert PullRequest.objects.get().is_updating
    found = api(alice).get(f"{P}/1").json()
    assert found["fromRef"]["latestCommit"] == new == ref(repo, "refs/pull-requests/1/from")
    assert found["version"] == 1
    assert not PullRequest.objects.get().is_updating
    run_jobs()
    assert ref(repo, "refs/internal/pull-requests/1") == ""

    forced = commit(repo, "topic", {"other.txt": "other\n"}, on="main")
    assert ref(repo, "refs/pull-requests/1/from") == forced
    assert ref(repo, "refs/internal/pull-requests/1") == new
    run_jobs()
    assert api(alice).get(f"{P}/1/diff", sinceId=old, untilId=new).status_code == 200

    move(repo, "topic", "")
    run_jobs()
    assert api(alice).get(f"{P}/1").json()["state"] == "DECLINED"


def test_commits_that_reach_the_target_by_a_push(api, alice, bob, repo, propose):
    propose()
    base = ref(repo, "refs/heads/main")
    move(repo, "main", ref(repo, "refs/heads/topic"), actor=builders.actor(bob))
    run_jobs()
    found = api(alice).get(f"{P}/1").json()
    assert found["state"] == "MERGED" and found["closed"]
    assert found["properties"]["mergeCommit"]["id"] == ref(repo, "refs/heads/topic")
    assert found["toRef"]["latestCommit"] == base
    changes = api(alice).get(f"{P}/1/changes").json()
    assert [one["path"]["toString"] for one in changes["values"]] == ["new.txt"]


def test_decline_reopen_and_delete(api, alice, bob, carol, repo, propose):
    propose()
    assert api(carol).post(f"{P}/1/decline", {"version": 0}).status_code == 401
    refused = api(bob).post(f"{P}/1/decline", {"version": 7})
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["currentVersion"] == 0
    declined = api(bob).post(f"{P}/1/decline?version=0").json()
    assert declined["state"] == "DECLINED" and declined["closedDate"]
    assert api(bob).post(f"{P}/1/decline").status_code == 409
    moved = commit(repo, "topic", {"more.txt": "more\n"})
    refused = api(alice).post(f"{P}/1/reopen", {"version": -1})
    assert refused.status_code == 409
    (error,) = refused.json()["errors"]
    assert error["exceptionName"].endswith("PullRequestOutOfDateException")
    assert (error["currentVersion"], error["expectedVersion"]) == (1, -1)
    reopened = api(alice).post(f"{P}/1/reopen", {"version": 1}).json()
    assert reopened["state"] == "OPEN"
    run_jobs()
    assert api(alice).get(f"{P}/1").json()["fromRef"]["latestCommit"] == moved
    assert ref(repo, "refs/pull-requests/1/from") == moved
    assert api(bob).delete(f"{P}/1", {"version": 3}).status_code == 401
    version = api(alice).get(f"{P}/1").json()["version"]
    assert api(alice).delete(f"{P}/1", {"version": version}).status_code == 204
    run_jobs()
    assert ref(repo, "refs/pull-requests") == ""
    assert api(alice).get(f"{P}/1").status_code == 404
    assert propose()["id"] == 2


def test_from_a_fork(api, alice, carol, repo, propose):
    fork = api(carol).post("projects/PRJ/repos/repo", {}).json()
    from repos.models import Repository

    mine = Repository.objects.get(pk=fork["id"])
    head = commit(mine, "fix", {"fix.txt": "fixed\n"}, on="main")
    made = propose(
        carol,
        fromRef={
            "id": "refs/heads/fix",
            "repository": {"slug": "repo", "project": {"key": "~carol"}},
        },
        toRef={"id": "main"},
        source="",
        target="",
    )
    assert made["fromRef"]["repository"]["project"]["key"] == "~carol"
    assert ref(repo, "refs/pull-requests/1/from") == head
    moved = commit(mine, "fix", {"fix.txt": "fixed again\n"})
    diff = api(alice).get(f"{P}/1/diff").json()
    assert diff["toHash"] == moved
    run_jobs()
    assert ref(repo, "refs/pull-requests/1/from") == moved
    assert api(alice).get(f"/rest/jira/1.0/{P}/1/issues").json() == []

    assert api(carol).delete("users/carol/repos/repo").status_code == 202
    run_jobs()
    found = api(alice).get(f"{P}/1").json()
    assert found["state"] == "DECLINED" and "repository" not in found["fromRef"]
    assert api(alice).get(f"{P}/1/diff").json()["toHash"] == moved


def test_participants(api, alice, bob, carol, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}])
    assert api(alice).put(f"{P}/1/participants/alice", {"status": "APPROVED"}).status_code == 400
    approved = api(bob).put(f"{P}/1/participants/bob", {"status": "approved"}).json()
    assert (
        approved["approved"] and approved["status"] == "APPROVED" and approved["role"] == "REVIEWER"
    )
    assert approved["lastReviewedCommit"] == ref(repo, "refs/heads/topic")
    joined = api(carol).put(f"{P}/1/participants/carol", {"status": "NEEDS_WORK"}).json()
    assert joined["role"] == "PARTICIPANT"
    assert api(bob).put(f"{P}/1/participants/carol", {"status": "APPROVED"}).status_code == 401
    found = api(alice).get(f"{P}/1").json()
    assert [one["user"]["name"] for one in found["participants"]] == ["carol"]
    listed = (
        api(alice)
        .get(P, **{"username.1": "bob", "role.1": "REVIEWER", "approved.1": "true"})
        .json()
    )
    assert listed["size"] == 1
    assert api(alice).get(P, **{"username.1": "carol", "approved.1": "True"}).json()["size"] == 0
    assert api(alice).delete(f"{P}/1/participants/bob").status_code == 204
    assert (
        api(alice)
        .post(f"{P}/1/participants", {"user": {"name": "carol"}, "role": "REVIEWER"})
        .status_code
        == 200
    )
    found = api(alice).get(f"{P}/1").json()
    assert [one["user"]["name"] for one in found["reviewers"]] == ["carol"]
