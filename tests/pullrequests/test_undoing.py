"""Revert and cherry-pick: of what the pull request brought, however it was merged."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from pullrequests.models import PullRequest
from pullrequests.services import reverts
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.fixture
def joining(repo):
    """`main` goes on, `topic` takes that in, and `release` stays at the beginning."""
    git("branch", "release", "main", cwd=folder(repo))
    commit(repo, "main", {"main.txt": "main\n"})
    tree = git("merge-tree", "--write-tree", "topic", "main", cwd=folder(repo)).split()[0]
    parents = ("-p", "topic", "-p", "main")
    made = git("commit-tree", tree, *parents, "-m", "Take main in", cwd=folder(repo))
    move(repo, "topic", made)
    return made


def files(repo, branch):
    return git("ls-tree", "--name-only", branch, cwd=folder(repo)).split()


def both(user):
    """Take it back, and bring it to `release`; gives the names of both branches."""
    actor, found = Actor(user=user), PullRequest.objects.get()
    return reverts.revert(actor, found), reverts.cherry_pick(actor, found, "release")


def test_a_fast_forward_to_a_merge(api, alice, repo, propose, joining):
    propose()
    assert api(alice).post(f"{N}/merge", {"strategyId": "ff-only"}).status_code == 200
    reverted, picked = both(alice)
    assert files(repo, reverted) == ["main.txt", "one.txt", "two.txt"]
    assert files(repo, picked) == ["new.txt", "one.txt", "two.txt"]
    said = git("log", "-1", "--format=%B", reverted, cwd=folder(repo))
    before = git("rev-parse", "main^2", cwd=folder(repo))
    assert said.startswith('Revert "Take main in"') and said.endswith(f"changes made to {before}.")


def test_a_merge_that_was_pushed(api, alice, repo, propose, joining):
    propose()
    commit(repo, "main", {"later.txt": "later\n"})
    tree = git("merge-tree", "--write-tree", "main", "topic", cwd=folder(repo)).split()[0]
    parents = ("-p", "main", "-p", "topic")
    move(repo, "main", git("commit-tree", tree, *parents, "-m", "Join", cwd=folder(repo)))
    run_jobs()
    assert api(alice).get(N).json()["state"] == "MERGED"
    reverted, picked = both(alice)
    assert files(repo, reverted) == ["later.txt", "main.txt", "one.txt", "two.txt"]
    assert files(repo, picked) == ["new.txt", "one.txt", "two.txt"]


def test_a_row_of_commits_stays_one(api, alice, repo, propose):
    git("branch", "release", "main", cwd=folder(repo))
    commit(repo, "topic", {"more.txt": "more\n"}, message="Say more")
    propose()
    assert api(alice).post(f"{N}/merge", {"strategyId": "ff-only"}).status_code == 200
    reverted, picked = both(alice)

    def said(span):
        return git("log", "--format=%s", span, cwd=folder(repo)).split("\n")

    assert said(f"main..{reverted}") == ['Revert "Change new.txt"', 'Revert "Say more"']
    assert said(f"release..{picked}") == ["Say more", "Change new.txt"]
    assert files(repo, reverted) == ["one.txt", "two.txt"]
    assert files(repo, picked) == ["more.txt", "new.txt", "one.txt", "two.txt"]
