"""REST: a fork that follows its origin, and what brings it back when it went its own way."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from gitengine.types import ZERO_ID, RefCommand
from repos.models import ProjectGrant, Push, Repository
from repos.services import ref_updates, repositories
from tests import builders
from tests.builders import git
from tests.rest.test_forks import path, run_jobs

pytestmark = pytest.mark.django_db

SYNC = "/rest/sync/latest/projects/~alice/repos/repo"
REFS = ("aheadRefs", "divergedRefs", "orphanedRefs")


@pytest.fixture
def origin(db, alice):
    project = builders.project("PRJ")
    builders.grant(project, alice, "PROJECT_READ")
    return builders.repository(project, content=True)


@pytest.fixture
def fork(origin, alice, api):
    api(alice).post("projects/PRJ/repos/repo", {})
    return Repository.objects.get(project__key="~alice")


def change(repository, branch="main", name="hello.txt", text="changed\n"):
    """Commit to a branch of a repository as a push does; gives the commit."""
    files = path(repository)
    old = git("rev-parse", "--verify", "-q", f"refs/heads/{branch}", cwd=files, check=False)
    start = old or git("rev-parse", "main", cwd=files)
    index = {"GIT_INDEX_FILE": str(files / "index.test")}
    git("read-tree", start, cwd=files, env=index)
    source = files / "content.test"
    source.write_text(text)
    blob = git("hash-object", "-w", str(source), cwd=files)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", cwd=files, env=index)
    tree = git("write-tree", cwd=files, env=index)
    new = git("commit-tree", tree, "-p", start, "-m", f"change {name}", cwd=files)
    move(repository, branch, old, new)
    return new


def move(repository, branch, old, new):
    command = RefCommand(f"refs/heads/{branch}", old or ZERO_ID, new or ZERO_ID)
    (result,) = ref_updates.move(Actor.system(), repository, [command], reason=Push.Reason.PUSH)
    assert result.refusal is None


def tip(repository, name="main"):
    return git("rev-parse", "--verify", "-q", name, cwd=path(repository), check=False)


def states(api, who):
    body = api(who).get(SYNC).json()
    return {ref["displayId"]: ref["state"] for name in REFS for ref in body.get(name, [])}


def enable(api, who):
    answer = api(who).post(SYNC, {"enabled": True})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_fork_follows_its_origin_when_it_is_told_to(api, alice, origin, fork):
    assert api(alice).get(SYNC).json() == {"available": True, "enabled": False}
    new = change(origin)
    run_jobs()
    assert tip(fork) != new

    shown = enable(api, alice)

    assert (shown["available"], shown["enabled"]) == (True, True)
    assert shown["lastSync"] > 0
    assert all(shown[name] == [] for name in REFS)
    assert tip(fork) == new
    newer = change(origin)
    branch = change(origin, "brand/new")
    run_jobs()
    assert (tip(fork), tip(fork, "brand/new")) == (newer, branch)
    assert Push.objects.filter(repository=fork, reason="SYNC").exists()
    git("fsck", "--full", "--strict", cwd=path(fork))


def test_a_fork_no_longer_told_to_follow_stays(api, alice, origin, fork):
    enable(api, alice)
    assert api(alice).post(SYNC, {"enabled": False}).status_code == 204
    before = tip(fork)

    change(origin)
    run_jobs()

    assert tip(fork) == before
    assert api(alice).get(SYNC).json()["enabled"] is False


def test_own_commits_are_kept_and_told(api, alice, origin, fork):
    enable(api, alice)
    mine = change(fork, "main", "mine.txt")
    ahead = change(fork, "feature/one", "mine.txt")
    own = change(fork, "own")
    change(origin)
    run_jobs()

    assert (tip(fork), tip(fork, "feature/one"), tip(fork, "own")) == (mine, ahead, own)
    assert states(api, alice) == {"main": "DIVERGED", "feature/one": "AHEAD"}
    one = api(alice).get(f"{SYNC}?at=refs/heads/main").json()
    assert [ref["id"] for ref in one["divergedRefs"]] == ["refs/heads/main"]
    assert one["aheadRefs"] == []


def test_a_branch_that_the_origin_lost_is_an_orphan_and_stays(api, alice, origin, fork):
    enable(api, alice)
    before = tip(fork, "feature/one")
    move(origin, "feature/one", tip(origin, "feature/one"), None)
    run_jobs()

    assert tip(fork, "feature/one") == before
    assert states(api, alice) == {"feature/one": "ORPHANED"}
    answer = api(alice).post(
        f"{SYNC}/synchronize", {"refId": "refs/heads/feature/one", "action": "DISCARD"}
    )
    assert answer.status_code == 204
    assert tip(fork, "feature/one") == ""
    assert states(api, alice) == {}


def test_a_branch_that_was_deleted_here_does_not_come_back(api, alice, origin, fork):
    enable(api, alice)
    move(fork, "feature/one", tip(fork, "feature/one"), None)
    change(origin)
    run_jobs()

    assert tip(fork, "feature/one") == ""


def test_a_merge_brings_both_sides_together(api, alice, origin, fork):
    enable(api, alice)
    mine = change(fork, "main", "mine.txt")
    theirs = change(origin)
    run_jobs()

    answer = api(alice).post(
        f"{SYNC}/synchronize",
        {"refId": "refs/heads/main", "action": "MERGE", "context": {"commitMessage": "join"}},
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "id": "refs/heads/main", "displayId": "main", "type": "BRANCH", "tag": False,
        "state": "AHEAD",
    }  # fmt: skip
    assert git("log", "-1", "--format=%P|%an|%s", "main", cwd=path(fork)) == (
        f"{mine} {theirs}|Alice|join"
    )
    assert git("show", "main:hello.txt", cwd=path(fork)) == "changed"
    assert git("show", "main:mine.txt", cwd=path(fork)) == "changed"
    run_jobs()
    assert states(api, alice) == {"main": "AHEAD"}
    again = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "MERGE"})
    assert again.status_code == 409


def test_a_merge_that_conflicts_moves_nothing(api, alice, origin, fork):
    enable(api, alice)
    mine = change(fork, "main", "hello.txt", "mine\n")
    change(origin, "main", "hello.txt", "theirs\n")

    answer = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "MERGE"})

    assert answer.status_code == 409
    assert "hello.txt" in answer.json()["errors"][0]["message"]
    assert tip(fork) == mine
    assert not list((path(fork) / "objects").glob("incoming-*"))


def test_a_rebase_puts_own_commits_on_top(api, alice, origin, fork):
    enable(api, alice)
    change(fork, "main", "mine.txt")
    theirs = change(origin)

    answer = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "REBASE"})

    assert answer.status_code == 200 and answer.json()["state"] == "AHEAD"
    assert git("log", "-1", "--format=%P|%cn", "main", cwd=path(fork)) == f"{theirs}|Alice"
    assert git("show", "main:mine.txt", cwd=path(fork)) == "changed"
    change(fork, "main", "hello.txt", "mine\n")
    change(origin, "main", "hello.txt", "theirs\n")
    refused = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "REBASE"})
    assert refused.status_code == 409


def test_a_discard_throws_own_commits_away(api, alice, origin, fork):
    enable(api, alice)
    change(fork, "main", "mine.txt")
    theirs = change(origin)

    answer = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "DISCARD"})

    assert answer.status_code == 204
    assert tip(fork) == theirs
    assert states(api, alice) == {}
    again = api(alice).post(f"{SYNC}/synchronize", {"refId": "main", "action": "DISCARD"})
    assert again.status_code == 409
    assert again.json()["errors"][0]["exceptionName"].endswith("RefAlreadySynchronizedException")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"refId": "main"}, 400),
        ({"refId": "main", "action": "FORGET"}, 400),
        ({"refId": "main", "action": "REBASE"}, 409),
        ({"refId": "nope", "action": "MERGE"}, 404),
        ({"refId": "--all", "action": "DISCARD"}, 404),
        ({"refId": "refs/pull-requests/1/from", "action": "DISCARD"}, 404),
        ({"refId": "main", "action": "MERGE", "context": {"commitMessage": ["x"]}}, 400),
    ],
)
def test_what_cannot_be_synchronised_is_refused(api, alice, fork, body, status):
    enable(api, alice)

    assert api(alice).post(f"{SYNC}/synchronize", body).status_code == status


def test_there_must_be_an_origin_that_is_followed_and_seen(api, admin, alice, origin, fork):
    one = {"refId": "main", "action": "DISCARD"}
    assert api(alice).post(f"{SYNC}/synchronize", one).status_code == 409
    assert api(alice).post(SYNC, {}).status_code == 400
    other = "/rest/sync/latest/projects/PRJ/repos/repo"
    assert api(admin).post(other, {"enabled": True}).status_code == 409
    enable(api, alice)
    before = tip(fork)
    api(admin).delete("projects/PRJ/permissions/users?name=alice")

    change(origin)
    run_jobs()

    # The owner may not see the origin any more: nothing of it comes.
    assert tip(fork) == before
    assert api(alice).get(SYNC).json()["available"] is False
    assert api(alice).post(f"{SYNC}/synchronize", one).status_code == 409
    # The origin is gone altogether.
    repositories.delete(Actor.system(), origin)
    run_jobs()
    assert api(alice).get(SYNC).json()["available"] is False
    assert tip(fork) == before


def test_an_archived_fork_does_not_follow(api, alice, origin, fork):
    enable(api, alice)
    api(alice).put("users/alice/repos/repo", {"archived": True})
    before = tip(fork)
    change(origin)
    run_jobs()

    assert tip(fork) == before
    one = {"refId": "main", "action": "DISCARD"}
    assert api(alice).post(f"{SYNC}/synchronize", one).status_code == 409


def test_a_fork_of_a_fork_follows_in_turn(api, alice, origin, fork):
    api(alice).post("users/alice/repos/repo", {"name": "grandchild"})
    enable(api, alice)
    other = "/rest/sync/latest/projects/~alice/repos/grandchild"
    assert api(alice).post(other, {"enabled": True}).status_code == 200

    new = change(origin)
    run_jobs()

    assert tip(Repository.objects.get(slug="grandchild")) == new


def test_a_fork_of_a_project_follows_what_who_wanted_it_still_sees(api, alice, origin):
    place, bob = builders.project("TEAM"), builders.user("bob")
    builders.grant(place, alice, "PROJECT_ADMIN")
    builders.grant(place, bob, "PROJECT_ADMIN")
    made = (
        api(alice)
        .post(f"projects/{origin.project.key}/repos/{origin.slug}", {"project": {"key": "TEAM"}})
        .json()
    )
    fork = Repository.objects.get(pk=made["id"])
    sync = f"/rest/sync/latest/projects/TEAM/repos/{fork.slug}"
    assert api(alice).post(sync, {"enabled": True}).status_code == 200
    seen = change(origin)
    run_jobs()
    assert tip(fork) == seen

    ProjectGrant.objects.filter(user=alice, project=origin.project).delete()
    change(origin)
    run_jobs()
    assert tip(fork) == seen
    assert not api(bob).get(sync).json()["available"]
