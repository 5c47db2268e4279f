"""Whether a push merged a pull request: the target must take its commits in, not the source go back."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from gitengine.types import ZERO_ID, RefCommand
from repos.models import Push
from repos.services import ref_updates
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


def tip(repo, branch):
    return git("rev-parse", branch, cwd=folder(repo))


@pytest.fixture
def state(api, alice):
    """What became of it, once all jobs are done."""

    def told():
        run_jobs()
        return api(alice).get(N).json()["state"]

    return told


def test_a_source_that_goes_back_asks_for_nothing(api, alice, repo, propose, state):
    propose()
    move(repo, "topic", tip(repo, "main"))
    assert state() == "OPEN"
    able = api(alice).get(f"{N}/merge").json()
    assert [one["summaryMessage"] for one in able["vetoes"]] == ["There is nothing to merge"]
    assert api(alice).post(f"{N}/merge", {}).status_code == 409
    assert api(alice).get(f"{N}/changes").json()["values"] == []
    # What the target does without it changes nothing.
    commit(repo, "main", {"later.txt": "later\n"})
    assert state() == "OPEN"
    commit(repo, "topic", {"new.txt": "again\n"})
    run_jobs()
    assert api(alice).get(f"{N}/merge").json()["canMerge"]
    move(repo, "main", _joined(repo))
    assert state() == "MERGED"


def test_a_source_that_follows_the_target(api, alice, repo, propose, state):
    """Both moved before anybody looked, and still nothing was merged."""
    propose()
    move(repo, "topic", commit(repo, "main", {"later.txt": "later\n"}))
    assert state() == "OPEN"
    move(repo, "topic", "")
    assert state() == "DECLINED"


def test_the_target_goes_on_to_the_source(repo, propose, state):
    propose()
    move(repo, "main", tip(repo, "topic"))
    assert state() == "MERGED"


def test_a_merge_is_pushed_before_anybody_looked(api, alice, repo, propose, state):
    body = {"title": "News", "fromRef": {"id": "topic"}, "toRef": {"id": "main"}}
    assert api(alice).post(P, body).status_code == 201
    commit(repo, "main", {"later.txt": "later\n"})
    move(repo, "main", _joined(repo))
    assert state() == "MERGED"


@pytest.mark.parametrize("order", [["topic", "main"], ["main", "topic"], []])
def test_source_and_target_move_both(repo, propose, state, order):
    """One after the other, or in one push."""
    propose()
    old = {branch: tip(repo, branch) for branch in ("main", "topic")}
    new = commit(repo, "other", {"new.txt": "newer\n"}, on="topic")
    for branch in order:
        move(repo, branch, new)
    if not order:
        commands = [RefCommand(f"refs/heads/{one}", old[one], new) for one in old]
        ref_updates.move(Actor.system(), repo, commands, reason=Push.Reason.PUSH)
    assert state() == "MERGED"


def test_a_source_that_is_merged_and_goes(repo, propose, state):
    propose()
    head = tip(repo, "topic")
    commands = [
        RefCommand("refs/heads/main", tip(repo, "main"), head),
        RefCommand("refs/heads/topic", head, ZERO_ID),
    ]
    ref_updates.move(Actor.system(), repo, commands, reason=Push.Reason.PUSH)
    assert state() == "MERGED"


def _joined(repo):
    """A merge of `topic` into `main` that nobody pushed yet."""
    tree = git("merge-tree", "--write-tree", "main", "topic", cwd=folder(repo)).split()[0]
    return git("commit-tree", tree, "-p", "main", "-p", "topic", "-m", "Join", cwd=folder(repo))
