"""Maintenance: quicker afterwards, nothing lost, and a killed maintainer in nobody's way."""

from __future__ import annotations

import fcntl
import os
import time

import pytest

from gitengine import maintenance, quarantine, refs
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, RefCommand
from tests.builders import git, write_history


@pytest.fixture
def repository(tmp_path):
    made = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    write_history(made.path)
    return made


def test_tidying_packs_everything_and_loses_nothing(repository):
    before = sorted(git("rev-list", "--objects", "--all", cwd=repository.path).splitlines())

    assert maintenance.tidy(repository)

    after = sorted(git("rev-list", "--objects", "--all", cwd=repository.path).splitlines())
    assert after == before
    assert list(repository.objects.glob("pack/*.bitmap"))
    assert list(repository.objects.glob("info/commit-graphs/*"))
    git("fsck", "--full", "--strict", cwd=repository.path)


def test_what_a_killed_maintainer_left_is_removed(repository):
    maintenance.tidy(repository)
    (repository.objects / "pack/multi-pack-index.lock").touch()
    (repository.objects / "info/commit-graphs/commit-graph-chain.lock").touch()

    assert maintenance.tidy(repository)

    assert list(repository.objects.rglob("*.lock")) == []


def test_only_one_maintainer_works_at_a_time(repository):
    descriptor = os.open(repository.path / "maintenance.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert not maintenance.tidy(repository)
    finally:
        os.close(descriptor)


def test_many_refs_are_packed_and_stay(repository):
    tip = refs.values(repository, ["refs/heads/main"])["refs/heads/main"]
    commands = [RefCommand(f"refs/heads/b{number}", ZERO_ID, tip) for number in range(80)]
    with repository.exclusive() as held:
        refs.swap(held, commands, atomic=False)
    listed = refs.list_refs(repository)

    maintenance.tidy(repository)

    assert refs.list_refs(repository) == listed
    assert not (repository.path / "refs/heads/b1").exists()


def test_forgotten_quarantines_are_swept_and_living_ones_are_not(repository):
    old = repository.objects / "incoming-old"
    (old / "pack").mkdir(parents=True)
    long_ago = time.time() - 10 * 3600
    for path in (old / "pack", old):
        os.utime(path, (long_ago, long_ago))
    (repository.objects / "incoming-new").mkdir()

    assert quarantine.sweep(repository, older_than=3600) == 1

    assert [path.name for path in repository.objects.glob("incoming-*")] == ["incoming-new"]


def test_an_empty_repository_needs_nothing(tmp_path):
    assert maintenance.tidy(GitRepository.create(tmp_path / "empty.git"))
