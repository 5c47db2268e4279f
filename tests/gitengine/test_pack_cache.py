"""Kept answers: given again only for the same refs and the same request, never half, never beyond their room."""

from __future__ import annotations

import os

import pytest

from gitengine.pack_cache import PackCache
from gitengine.refs import everything
from gitengine.repository import GitRepository
from tests.builders import git, write_history


@pytest.fixture
def repository(tmp_path):
    made = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    write_history(made.path)
    return made


@pytest.fixture
def cache(tmp_path):
    return PackCache(tmp_path / "packs", 1000, "7")


def test_what_came_to_its_end_is_given_again(cache):
    assert cache.read("k") is None
    assert list(cache.keep("k", [b"a", b"b"])) == [b"a", b"b"]
    assert b"".join(cache.read("k")) == b"ab"


def test_what_was_broken_off_is_not_kept(cache):
    answer = cache.keep("k", iter([b"a", b"b"]))
    next(answer)
    answer.close()
    assert cache.read("k") is None

    def fails():
        yield b"a"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(cache.keep("k", fails()))
    assert cache.read("k") is None
    assert list(cache.folder.iterdir()) == []


def test_the_key_follows_what_is_seen_and_what_is_asked(cache, repository):
    asked = [b"want 1", b"ofs-delta"]
    key = cache.key(repository, asked, everything)
    assert cache.key(repository, reversed(asked), everything) == key
    assert cache.key(repository, [*asked, b"deepen 1"], everything) != key
    assert cache.key(repository, asked, lambda name: "feature" not in name) != key
    git("update-ref", "refs/heads/new", "main", cwd=repository.path)
    assert cache.key(repository, asked, everything) != key


def test_what_was_not_used_for_longest_goes_first(cache):
    for number in range(4):
        list(cache.keep(str(number), [b"x" * 240]))
        os.utime(cache.folder / f"7-{number}.answer", (number, number))
    list(cache.read("0"))

    list(cache.keep("4", [b"x" * 240]))

    assert cache.read("1") is None
    assert cache.read("0") is not None
    assert sum(path.stat().st_size for path in cache.folder.iterdir()) <= 1000


def test_what_is_too_large_is_passed_on_and_not_kept(cache):
    assert sum(map(len, cache.keep("k", [b"x" * 300] * 3))) == 900
    assert cache.read("k") is None


def test_forgetting_takes_only_ones_own(cache, tmp_path):
    other = PackCache(tmp_path / "packs", 1000, "77")
    list(cache.keep("k", [b"a"]))
    list(other.keep("k", [b"b"]))

    cache.forget()

    assert cache.read("k") is None
    assert other.read("k") is not None
