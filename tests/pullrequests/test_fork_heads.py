"""Heads of a source in a fork: each that it ever had stays, however fast the next one came."""

from __future__ import annotations

import pytest

from pullrequests.models import PullRequest
from repos.models import Repository
from tests.builders import git
from tests.pullrequests.worlds import P, R, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.fixture
def fork(api, alice, repo, propose):
    """Alice's fork, whose `fix` wants to be merged."""
    made = Repository.objects.get(pk=api(alice).post(R, {}).json()["id"])
    commit(made, "fix", {"fix.txt": "x\n"}, on="main")
    place = {"slug": "repo", "project": {"key": "~alice"}}
    propose(fromRef={"id": "fix", "repository": place}, toRef={"id": "main"})
    return made


def kept(repo):
    shown = git("for-each-ref", "--format=%(objectname)", "refs/internal", cwd=folder(repo))
    return set(shown.split())


def test_heads_between_two_jobs_are_kept(api, bob, repo, fork):
    first = git("rev-parse", "fix", cwd=folder(fork))
    second = commit(fork, "fix", {"fix.txt": "y\n"}, on="main")
    third = commit(fork, "fix", {"more.txt": "y\n"})
    last = commit(fork, "fix", {"fix.txt": "z\n"}, on="main")
    run_jobs()
    # The second is in the third.
    assert kept(repo) == {first, third}
    moves = api(bob).get(f"{N}/activities").json()["values"][:3]
    assert [(one["previousFromHash"], one["fromHash"]) for one in moves] == [
        (third, last),
        (second, third),
        (first, second),
    ]
    assert [(one["added"]["total"], one["removed"]["total"]) for one in moves] == [
        (1, 2),
        (1, 0),
        (1, 1),
    ]
    commit(fork, "fix", {"fix.txt": "end\n"}, on="main")
    run_jobs()
    assert kept(repo) == {first, third, last}


def test_a_head_that_is_lost_stops_nothing(api, bob, repo, fork):
    lost = commit(fork, "fix", {"fix.txt": "y\n"}, on="main")
    last = commit(fork, "fix", {"fix.txt": "z\n"}, on="main")
    (folder(fork) / "objects" / lost[:2] / lost[2:]).unlink()
    run_jobs()
    assert not PullRequest.objects.get().is_updating
    assert api(bob).get(f"{N}/merge").json()["canMerge"]
    moves = api(bob).get(f"{N}/activities").json()["values"]
    assert moves[0]["fromHash"] == last and lost not in kept(repo)


def test_back_and_forth(repo, fork):
    first = git("rev-parse", "fix", cwd=folder(fork))
    away = commit(fork, "fix", {"fix.txt": "y\n"}, on="main")
    move(fork, "fix", first)
    run_jobs()
    assert kept(repo) == {away}
