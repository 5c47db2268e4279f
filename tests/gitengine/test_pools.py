"""Object pools: shared by links, borrowed by all members, and nothing lost wherever a step is cut off."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from gitengine import maintenance, merge, pools, reachability, refs
from gitengine.errors import GitError
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, Person, RefCommand
from tests.builders import git, write_history

ADA = Person("Ada", "ada@example.com")


class Cut(BaseException):
    """A kill in the middle of a step."""


@pytest.fixture
def origin(tmp_path):
    made = GitRepository.create(tmp_path / "repos/01/1.git", "refs/heads/main")
    write_history(made.path)
    return made


def pool_of(origin):
    return GitRepository.create(origin.path.parents[1] / "pools/01/1.git")


def forked(origin, pool, number=2):
    listed = refs.list_refs(origin, (refs.BRANCHES, refs.TAGS))
    pools.lend(origin, pool)
    pools.borrow(origin, pool)
    path = origin.path.parents[1] / f"{number:02x}/{number}.git"
    return pools.fork(path, pool, listed, origin.head_branch())


def listed(repository):
    return sorted(git("rev-list", "--objects", "--all", cwd=repository.path).splitlines())


def local_objects(repository):
    return [*repository.objects.glob("pack/*.pack"), *repository.objects.glob("??/*")]


def add_commit(repository, branch="main", text="new\n"):
    """Commit straight into the repository, as loose objects."""
    tip = git("rev-parse", branch, cwd=repository.path)
    tree = git("rev-parse", f"{branch}^{{tree}}", cwd=repository.path)
    made = git("commit-tree", tree, "-p", tip, "-m", text, cwd=repository.path)
    git("update-ref", f"refs/heads/{branch}", made, cwd=repository.path)
    return made


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_fork_is_refs_alone_and_has_everything(origin, is_packed):
    if is_packed:
        maintenance.tidy(origin)
    pool = pool_of(origin)

    fork = forked(origin, pool)

    assert local_objects(fork) == []
    assert listed(fork) == listed(origin)
    assert refs.list_refs(fork) == refs.list_refs(origin)
    assert fork.libgit2().revparse_single("main").id == origin.libgit2().revparse_single("main").id
    shutil.rmtree(origin.path)
    git("fsck", "--full", "--strict", cwd=fork.path)


def test_maintenance_moves_a_members_objects_into_the_pool(origin):
    pool = pool_of(origin)
    fork = forked(origin, pool)
    new = add_commit(fork)
    before = listed(fork)

    assert maintenance.tidy(fork, pool)
    assert maintenance.tidy(origin, pool)
    assert maintenance.tidy_pool(pool, [new])

    assert local_objects(fork) == local_objects(origin) == []
    assert listed(fork) == before
    assert list(pool.objects.glob("pack/*.bitmap"))
    assert list(pool.objects.glob("info/commit-graphs/*.graph"))
    for member in (origin, fork):
        git("fsck", "--full", "--strict", cwd=member.path)


def test_a_pool_keeps_what_no_ref_reaches(origin):
    pool = pool_of(origin)
    fork = forked(origin, pool)
    new = add_commit(fork)
    maintenance.tidy(fork, pool)

    for _ in range(2):
        assert maintenance.tidy_pool(pool, [])

    assert git("cat-file", "-t", new, cwd=pool.path) == "commit"
    assert listed(fork)


def test_all_repositories_can_be_moved_together(origin, tmp_path):
    pool = pool_of(origin)
    fork = forked(origin, pool)
    before = listed(fork)

    (tmp_path / "repos").rename(tmp_path / "elsewhere")

    assert listed(GitRepository(tmp_path / "elsewhere/02/2.git")) == before


def test_only_a_borrower_gives_its_objects_away(origin):
    pool = pool_of(origin)

    with pytest.raises(GitError):
        pools.give(origin, pool)
    assert local_objects(origin)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_kill_anywhere_while_objects_move_loses_nothing(origin, monkeypatch, is_packed):
    if is_packed:
        maintenance.tidy(origin)
    before = listed(origin)
    pool = pool_of(origin)
    pools.borrow(origin, pool)
    steps = []
    allowed = 0
    link, unlink = os.link, Path.unlink

    def counted(step):
        def do(*args, **kwargs):
            steps.append(step)
            if len(steps) > allowed:
                raise Cut
            return step(*args, **kwargs)

        return do

    monkeypatch.setattr(os, "link", counted(link))
    monkeypatch.setattr(Path, "unlink", counted(unlink))
    is_done = False
    while not is_done:
        steps.clear()
        try:
            pools.give(origin, pool)
            is_done = True
        except Cut:
            assert listed(origin) == before
            allowed += 1
    assert local_objects(origin) == []
    assert allowed > 5
    git("fsck", "--full", "--strict", cwd=origin.path)


def test_pushes_and_readers_pass_while_objects_move(origin):
    pool = pool_of(origin)
    fork = forked(origin, pool)
    stop = threading.Event()
    failures = []

    def move():
        while not stop.is_set():
            try:
                maintenance.tidy(fork, pool)
                maintenance.tidy_pool(pool, [ref.peeled for ref in refs.list_refs(fork)])
            except Exception as error:
                failures.append(error)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for _ in range(15):
            tip = refs.find(fork, "refs/heads/main").target
            with quarantine(fork) as incoming:
                tree = git("rev-parse", "main^{tree}", cwd=fork.path)
                new = merge.write_commit(
                    incoming, tree, [tip], message="x", author=ADA, committer=ADA, time=1
                )
                assert incoming.is_connected([new])
                with fork.exclusive() as held:
                    incoming.accept()
                    (moved,) = refs.swap(
                        held, [RefCommand("refs/heads/main", tip, new)], atomic=True
                    )
            assert moved.refusal is None
            assert len(listed(fork)) > 5
    finally:
        stop.set()
        mover.join()
    assert failures == []
    assert git("rev-list", "--count", "--first-parent", "main", cwd=fork.path) == "18"
    git("fsck", "--full", "--strict", cwd=fork.path)


def test_what_only_the_pool_has_is_neither_reached_nor_connected(origin):
    pool = pool_of(origin)
    fork = forked(origin, pool)
    new = add_commit(fork)
    maintenance.tidy(fork, pool)

    assert git("cat-file", "-t", new, cwd=origin.path) == "commit"
    assert reachability.unreachable(origin, {new}) == {new}
    assert reachability.unreachable(fork, {new}) == set()
    for member, is_its_own in ((origin, False), (fork, True)):
        with quarantine(member) as incoming:
            assert incoming.is_connected([new]) is is_its_own


def test_what_was_reached_once_is_not_when_the_ref_is_gone(origin):
    tip = refs.find(origin, "refs/heads/feature/one").target
    side = add_commit(origin, "feature/one")
    assert reachability.unreachable(origin, {side, tip}) == set()
    below = add_commit(origin, "feature/one")
    assert reachability.unreachable(origin, {side}) == set()

    with origin.exclusive() as held:
        refs.swap(held, [RefCommand("refs/heads/feature/one", below, ZERO_ID)], atomic=True)

    assert reachability.unreachable(origin, {side}) == {side}


def test_a_merge_joins_both_sides_and_names_what_conflicts(origin):
    ours, theirs = (
        refs.find(origin, name).target for name in ("refs/heads/main", "refs/heads/feature/one")
    )
    with quarantine(origin) as incoming:
        first = git("rev-parse", "refs/tags/light", cwd=origin.path)
        second = git("rev-parse", "refs/tags/v1^{}", cwd=origin.path)

        joined = merge.merge(incoming, second, theirs)

        assert joined.conflicts == ()
        assert joined.tree == git("rev-parse", f"{ours}^{{tree}}", cwd=origin.path)
        # From a base of one's own: what led from `first` to `feature`, on top of `second`.
        assert merge.merge(incoming, second, theirs, base=first).tree == joined.tree
        # The same way back takes it away again.
        back = merge.merge(incoming, ours, first, base=theirs)
        assert back.tree == git("rev-parse", f"{second}^{{tree}}", cwd=origin.path)


def test_a_merge_of_what_both_changed_conflicts(origin, tmp_path):
    work = tmp_path / "work"
    git("clone", "-q", str(origin.path), str(work), cwd=tmp_path)
    for side in ("one", "two"):
        git("checkout", "-q", "-b", side, "v1", cwd=work)
        (work / "hello.txt").write_text(f"{side}\n")
        git("commit", "-q", "-am", side, cwd=work)
        git("push", "-q", "origin", side, cwd=work)
    with quarantine(origin) as incoming:
        ids = [refs.find(origin, f"refs/heads/{side}").target for side in ("one", "two")]

        assert merge.merge(incoming, *ids).conflicts == ("hello.txt",)
    assert not list(origin.objects.glob("incoming-*"))


def test_an_origin_whose_first_fork_was_killed_stands_alone_again(origin):
    pool = pool_of(origin)
    pools.lend(origin, pool)
    pools.borrow(origin, pool)
    before = listed(origin)
    # What came since may be in the pool alone, as after a push that others made before.
    for file in local_objects(origin)[:1]:
        file.unlink()

    maintenance.tidy(origin)
    assert origin.is_borrowing, "a fork may be under way"

    os.utime(origin.objects / "info" / "alternates", (0, 0))
    maintenance.tidy(origin)

    assert not origin.is_borrowing
    shutil.rmtree(pool.path)
    assert listed(origin) == before
    git("fsck", "--strict", cwd=origin.path)
