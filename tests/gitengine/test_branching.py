"""Branches of random histories: counted as git counts, in one walk."""

from __future__ import annotations

import random
import subprocess

import pytest

from gitengine import branching
from gitengine.repository import GitRepository
from tests import builders


@pytest.fixture(params=range(4))
def git(request, tmp_path):
    """Sixty commits with merges over two roots, and twenty branches at some of them."""
    made = GitRepository.create(tmp_path / "r.git")
    chance = random.Random(request.param)
    lines = []
    for number in range(1, 61):
        parents = [] if number in {1, 30} else chance.sample(range(1, number), min(number - 1, 1))
        if number > 2 and chance.random() < 0.3:
            parents += [one for one in chance.sample(range(1, number), 1) if one not in parents]
        lines.append(f"commit refs/heads/c{number}\nmark :{number}\n")
        lines.append(f"committer A <a@b> {1_700_000_000 + chance.randrange(99)} +0000\ndata 1\nx")
        lines += [
            f"\n{'merge' if place else 'from'} :{parent}" for place, parent in enumerate(parents)
        ]
        lines.append("\n\n")
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=made.path,
        input="".join(lines).encode(),
        env=builders.GIT_ENVIRONMENT,
        check=True,
    )
    return made


def tips(git):
    listed = builders.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=git.path)
    return dict(line.split(" ") for line in listed.splitlines())


def counted_by_git(git, tip, base):
    spread = builders.git("rev-list", "--count", "--left-right", f"{tip}...{base}", cwd=git.path)
    ahead, behind = spread.split()
    return int(ahead), int(behind)


@pytest.mark.parametrize("most", [branching.MOST_WALKED, 3])
def test_distances_are_those_of_git(git, monkeypatch, most):
    """Also where the walk would be too long, and each is counted for itself."""
    monkeypatch.setattr(branching, "MOST_WALKED", most)
    all_tips = tips(git)
    for base in ("refs/heads/c60", "refs/heads/c31", "refs/heads/c1"):
        some = [*random.Random(1).sample(sorted(all_tips.values()), 12), all_tips[base]]
        found = branching.distances(git, some, all_tips[base])
        assert found == {tip: counted_by_git(git, tip, all_tips[base]) for tip in some}
    assert branching.distances(git, [], all_tips["refs/heads/c1"]) == {}


def test_branches_that_hold_a_commit(git):
    all_tips = tips(git)
    for commit in random.Random(2).sample(sorted(all_tips.values()), 5):
        listed = builders.git(
            "branch", "--contains", commit, "--format=%(refname)", cwd=git.path
        ).split()
        assert branching.containing(git, commit, most=100) == sorted(listed)
        assert branching.containing(git, commit, most=1) == sorted(listed)[:1]
