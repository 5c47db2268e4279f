"""REST: merge, or be told why not; rebase."""

from __future__ import annotations

import pytest

from pullrequests.models import Activity, PullRequest, PullRequestSettings
from repos.models import Push, Repository
from repos.services import ref_updates
from tests import builders
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


def ref(repo, name):
    return git("for-each-ref", "--format=%(objectname)", name, cwd=folder(repo))


def test_a_merge(api, alice, bob, repo, propose):
    propose()
    base, topic = ref(repo, "refs/heads/main"), ref(repo, "refs/heads/topic")
    offered = api(bob).get(f"{N}/commit-message-suggestion").json()
    assert offered["title"] == "Pull request #1: News"
    assert offered["body"].startswith("Merge in PRJ/repo from topic to main")
    able = api(bob).get(f"{N}/merge").json()
    assert able == {"canMerge": True, "conflicted": False, "outcome": "CLEAN", "vetoes": []}
    joined = ref(repo, "refs/pull-requests/1/merge")
    assert git("rev-parse", f"{joined}^1", f"{joined}^2", cwd=folder(repo)).split() == [base, topic]

    merged = api(bob).post(f"{N}/merge?version=0", {"message": "Because."}).json()

    tip = ref(repo, "refs/heads/main")
    assert merged["state"] == "MERGED" and merged["properties"]["mergeCommit"]["id"] == tip
    assert git("rev-parse", f"{tip}^1", f"{tip}^2", cwd=folder(repo)).split() == [base, topic]
    said = git("log", "-1", "--format=%an %cn|%B", tip, cwd=folder(repo))
    assert said == "Bob Bob|Pull request #1: News\n\nBecause."
    story = api(alice).get(f"{N}/activities").json()["values"]
    assert story[0]["action"] == "MERGED" and story[0]["commit"]["id"] == tip
    assert api(bob).post(f"{N}/merge", {}).status_code == 409
    assert api(bob).get(f"{N}/merge").status_code == 409
    assert api(bob).get(f"{N}/changes").json()["size"] == 1
    assert git("fsck", "--no-dangling", cwd=folder(repo)) == ""
    found = api(alice).get(f"projects/PRJ/repos/repo/commits/{topic}/pull-requests").json()
    assert [one["id"] for one in found["values"]] == [1]


@pytest.mark.parametrize(
    ("strategy", "parents"),
    [
        ("no-ff", 2),
        ("ff", 1),
        ("ff-only", 1),
        ("squash", 1),
        ("squash-ff-only", 1),
        ("rebase-no-ff", 2),
        ("rebase-ff-only", 1),
    ],
)
def test_each_strategy(api, bob, repo, propose, strategy, parents):
    propose()
    merged = api(bob).post(f"{N}/merge", {"version": 0, "strategyId": strategy})
    assert merged.status_code == 200, merged.content
    tip = ref(repo, "refs/heads/main")
    assert len(git("log", "-1", "--format=%P", tip, cwd=folder(repo)).split()) == parents
    assert api(bob).get(N).json()["properties"]["mergeCommit"]["id"] == tip
    assert git("show", "main:new.txt", cwd=folder(repo)) == "news"


def test_what_stands_against_it(api, alice, bob, carol, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}, {"user": {"name": "carol"}}], draft=True)
    PullRequestSettings.objects.create(
        repository=repo,
        required_approvals=1,
        needs_all_approvals=True,
        needs_all_tasks=True,
        needs_no_objection=True,
    )
    api(carol).post(f"{N}/blocker-comments", {"text": "do it"})
    api(carol).put(f"{N}/participants/carol", {"status": "NEEDS_WORK"})
    refused = api(bob).post(f"{N}/merge", {"version": 0})
    assert refused.status_code == 409
    error = refused.json()["errors"][0]
    assert error["exceptionName"].endswith("PullRequestMergeVetoedException")
    assert len(error["vetoes"]) == 5 and not error["conflicted"]
    api(carol).put(f"{N}/participants/carol", {"status": "APPROVED"})
    api(bob).put(f"{N}/participants/bob", {"status": "APPROVED"})
    task = api(carol).get(f"{N}/blocker-comments").json()["values"][0]
    api(carol).put(f"{N}/comments/{task['id']}", {"state": "RESOLVED", "version": task["version"]})
    api(alice).put(N, {"draft": False, "version": 0})
    assert api(bob).get(f"{N}/merge").json()["canMerge"]
    assert api(carol).post(f"{N}/merge", {"version": 1}).status_code == 401
    assert api(bob).post(f"{N}/merge", {"version": 0}).status_code == 409
    assert api(bob).post(f"{N}/merge", {"version": 1, "strategyId": "octopus"}).status_code == 400
    assert api(bob).post(f"{N}/merge", {"version": 1, "autoMerge": True}).status_code == 403
    assert api(bob).post(f"{N}/merge", {"version": 1}).status_code == 200


def test_conflicts(api, bob, repo, propose):
    commit(repo, "topic", {"one.txt": "EINS\ntwo\nthree\n"})
    propose()
    commit(repo, "main", {"one.txt": "uno\ntwo\nthree\n"})
    able = api(bob).get(f"{N}/merge").json()
    assert able["conflicted"] and able["outcome"] == "CONFLICTED" and not able["canMerge"]
    refused = api(bob).post(f"{N}/merge", {})
    assert refused.status_code == 409 and refused.json()["errors"][0]["conflicted"]
    assert api(bob).get(N).json()["properties"]["mergeResult"] == {
        "outcome": "CONFLICTED",
        "current": True,
    }


def test_a_push_that_nobody_was_told_of(api, bob, repo, propose):
    propose()
    tip = commit(repo, "main", {"two.txt": "two\n"})
    PullRequest.objects.update(
        is_updating=False, to_id=git("rev-parse", f"{tip}^", cwd=folder(repo))
    )
    assert api(bob).post(f"{N}/merge", {}).status_code == 409
    assert api(bob).get(N).json()["state"] == "OPEN"


def test_who_declines_between_the_two_looks(api, alice, bob, repo, propose, monkeypatch):
    propose()
    move = ref_updates.move

    def late(*args, **how):
        api(alice).post(f"{N}/decline")
        return move(*args, **how)

    monkeypatch.setattr(ref_updates, "move", late)
    refused = api(bob).post(f"{N}/merge", {})
    assert refused.status_code == 409
    assert api(bob).get(N).json()["state"] == "DECLINED"
    assert git("log", "--format=%s", "main", cwd=folder(repo)).count("Pull request") == 0


def test_a_merge_that_died_after_the_move_is_recorded(api, bob, repo, propose, monkeypatch):
    propose()

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ref_updates, "_record", die)
    with pytest.raises(KeyboardInterrupt):
        api(bob).post(f"{N}/merge", {})
    monkeypatch.undo()
    assert Push.objects.filter(state="PENDING").count() == 1
    run_jobs_after_start(repo)
    found = api(bob).get(N).json()
    assert found["state"] == "MERGED"
    assert found["properties"]["mergeCommit"]["id"] == ref(repo, "refs/heads/main")
    assert Activity.objects.get(action="MERGED").user.name == "bob"


def run_jobs_after_start(repo):
    ref_updates.settle(builders.actor(None), Repository.objects.get(pk=repo.pk))


def test_dependants_follow(api, alice, bob, repo, propose):
    propose()
    commit(repo, "further", {"further.txt": "x\n"}, on="topic")
    propose(source="further", target="topic")
    api(bob).post(f"{N}/merge", {})
    utils = "/rest/branch-utils/latest/projects/PRJ/repos/repo/branches"
    assert api(bob).delete(utils, {"name": "topic"}).status_code == 204
    run_jobs()
    second = api(bob).get(f"{P}/2").json()
    assert second["state"] == "OPEN" and second["toRef"]["displayId"] == "main"
    assert api(bob).get(f"{P}/2/merge").json()["canMerge"]


def test_rebase(api, alice, bob, carol, repo, propose):
    propose()
    rebase = f"/rest/git/latest/{N}/rebase"
    assert (
        api(alice).get(rebase).json()["vetoes"][0]["summaryMessage"] == "The source is up to date"
    )
    tip = commit(repo, "main", {"two.txt": "two\n"})
    run_jobs()
    assert api(alice).get(rebase).json() == {"vetoes": []}
    assert api(carol).post(rebase, {"version": 0}).status_code == 401
    moved = api(alice).post(rebase, {"version": 0}).json()["refChange"]
    assert moved["toHash"] == ref(repo, "refs/heads/topic")
    assert (
        git("log", "-1", "--format=%P %an %cn", "topic", cwd=folder(repo))
        == f"{tip} Ada Author Alice"
    )
    run_jobs()
    assert api(alice).get(N).json()["fromRef"]["latestCommit"] == moved["toHash"]
