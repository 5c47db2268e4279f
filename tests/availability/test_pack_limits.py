"""A push has limits for the number of its objects and for their inflated sizes, and leaves nothing when it is refused."""

from __future__ import annotations

import hashlib
import random
import resource
import struct

import pytest
import requests

from gitengine import budgets, pack_limits
from gitengine.errors import InputTooLarge, ProtocolError
from gitengine.pack_limits import PackLimits
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from tests.availability.hostile import packs
from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR, Server

MEGABYTE = 1024 * 1024


@pytest.fixture
def repository(tmp_path) -> GitRepository:
    git("init", "-q", "--bare", "-b", "main", "r.git", cwd=tmp_path)
    return GitRepository.open(tmp_path / "r.git")


@pytest.fixture
def limits(monkeypatch):
    """Set what a pack may hold, for one test."""

    def give(**figures: int) -> None:
        monkeypatch.setattr(pack_limits, "_limits", PackLimits(**figures))

    return give


def refusals(limit: str) -> float:
    return budgets.ENDED.labels("receiving", limit)._value.get()


def unpack(repository: GitRepository, pack: bytes) -> None:
    with quarantine(repository) as incoming:
        incoming.unpack(iter([pack[:5], pack[5:]]), most_bytes=100 * MEGABYTE)


def test_too_many_objects_are_refused_before_the_pack_is_read(repository, limits):
    limits(objects=1000)
    before = refusals("object count")

    def pack():
        yield b"PACK" + struct.pack(">II", 2, 1001)
        raise AssertionError("the pack was read on")

    with (
        quarantine(repository) as incoming,
        pytest.raises(InputTooLarge, match="holds 1,001 objects; at most 1,000 are accepted"),
    ):
        incoming.unpack(pack(), most_bytes=MEGABYTE)
    assert refusals("object count") == before + 1
    assert not [*repository.objects.glob("incoming-*")]


def test_an_object_that_is_too_large_is_refused(repository, limits):
    limits(object_bytes=2 * MEGABYTE)
    before = refusals("object size")
    unpack(repository, packs.delta_bomb(base_bytes=2 * MEGABYTE, deltas=3))
    with pytest.raises(InputTooLarge, match="an object of 3 MB; at most 2 MB are accepted"):
        unpack(repository, packs.delta_bomb(base_bytes=3 * MEGABYTE, deltas=0))
    assert refusals("object size") == before + 1
    assert not [*repository.objects.glob("incoming-*")]


def test_a_pack_that_inflates_to_too_much_is_refused(repository, limits):
    limits(total_bytes=20 * MEGABYTE)
    pack = packs.delta_bomb(base_bytes=MEGABYTE, deltas=20)
    assert len(pack) < 10_000
    with pytest.raises(InputTooLarge, match="inflates to 21 MB; at most 20 MB are accepted"):
        unpack(repository, pack)
    unpack(repository, packs.delta_bomb(base_bytes=MEGABYTE, deltas=19))


@pytest.fixture
def looked_at(monkeypatch):
    """The times that git was asked for the sizes of all objects."""
    asked = []
    sizes = pack_limits._sizes
    monkeypatch.setattr(pack_limits, "_sizes", lambda *where: asked.append(where) or sizes(*where))
    return asked


def test_sizes_are_looked_at_only_where_they_may_be_too_large(repository, limits, looked_at):
    """What git did in a moment holds no object beyond the usual limits."""
    unpack(repository, packs.delta_bomb(base_bytes=MEGABYTE, deltas=3))
    assert not looked_at
    limits(object_bytes=16 * MEGABYTE)
    unpack(repository, packs.delta_bomb(base_bytes=MEGABYTE, deltas=3))
    assert len(looked_at) == 1


def test_sizes_of_a_large_push_are_not_looked_at(repository, limits, looked_at, monkeypatch):
    """As if git had worked for a minute: no delta can be too large, nor what takes little of the pack."""
    monkeypatch.setattr(pack_limits, "CLOCK_TICK_SECONDS", 60)
    limits(object_bytes=128 * MEGABYTE)
    small = 4096
    pack = packs.of_blobs([hashlib.sha512(b"%d" % n).digest() * 1000 for n in range(small)])
    unpack(repository, pack)
    assert len(pack) > 2 * 128 * MEGABYTE / 1032
    assert not looked_at
    # One that takes as much of the pack as an object that inflates to the limit.
    unpack(repository, packs.of_blobs([random.Random(1).randbytes(small * 64)]))
    assert len(looked_at) == 1


def test_a_delta_that_makes_too_large_an_object_is_stopped_by_git(
    repository, limits, looked_at, monkeypatch
):
    """Before it is made, and without looking at sizes afterwards."""
    monkeypatch.setattr(pack_limits, "TABLE_BYTES", 0)
    limits(object_bytes=2 * MEGABYTE)
    with pytest.raises(InputTooLarge, match="an object of 3 MB; at most 2 MB are accepted"):
        unpack(repository, packs.delta_bomb(base_bytes=2 * MEGABYTE, deltas=1, grown=MEGABYTE))
    assert not looked_at
    assert not [*repository.objects.glob("incoming-*")]


@pytest.mark.parametrize("pack", [b"", b"PACK\0\0\0\2", b"no pack at all, but long enough"])
def test_what_is_no_pack_is_refused(repository, pack):
    with pytest.raises(ProtocolError, match="could not be read"):
        unpack(repository, pack)


def test_a_chain_of_many_deltas_is_followed_without_recursion(repository):
    """It costs what its objects hold together, which is limited, however deep it is."""
    depth = 50_000
    pack = packs.delta_bomb(base_bytes=64, deltas=depth)
    with quarantine(repository) as incoming:
        incoming.unpack(iter([pack]), most_bytes=10 * MEGABYTE)
        incoming.accept()
    content = bytes(60) + struct.pack(">I", depth)
    last = hashlib.sha1(b"blob 64\0" + content, usedforsecurity=False).hexdigest()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert repository.libgit2()[last].data == content
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 5
    assert git("cat-file", "-s", last, cwd=repository.path) == "64"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server that accepts small pushes."""
    running = Server(
        tmp_path_factory.mktemp("limits") / "home",
        GIT_MAX_PACK_OBJECTS="100",
        GIT_MAX_OBJECT_BYTES=str(MEGABYTE),
        GIT_MAX_INFLATED_BYTES=str(3 * MEGABYTE),
    ).start()
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["http", "ssh"])
def test_refusals_are_told_over_http_and_ssh(place, way, tmp_path):
    address = place.over(way).repository()
    work = work_tree(tmp_path / "work", commits=2)

    def push(branch: str) -> str:
        return git("push", address, branch, cwd=work, check=False)

    assert "main -> main" in push("main")
    cases = {
        "large": ([("large.txt", "x" * (MEGABYTE + 1))], "at most 1 MB are accepted"),
        "sum": ([(f"{n}.txt", f"{n}" * MEGABYTE) for n in range(4)], "at most 3 MB are accepted"),
        "many": ([(f"{n}.txt", f"{n}") for n in range(110)], "at most 100 are accepted"),
    }
    for branch, (files, sentence) in cases.items():
        git("checkout", "-q", "-b", branch, "main", cwd=work)
        for name, content in files[:-1]:
            (work / name).write_text(content)
        commit(work, *files[-1])
        told = push(branch)
        assert sentence in told and "remote unpack failed" in told, told
    assert git("ls-remote", "--heads", address, cwd=tmp_path).count("refs/heads/") == 1
    assert not [*place.home.glob("repositories/*/*.git/objects/incoming-*")]
    # What comes after a refusal is taken as before.
    git("checkout", "-q", "main", cwd=work)
    commit(work, "more.txt", "more\n")
    assert "main -> main" in push("main")
    shown = requests.get(f"{place.url}/metrics", auth=ADMINISTRATOR, timeout=10).text
    for limit in ("object count", "object size", "inflated size"):
        assert f'kind="receiving",limit="{limit}"' in shown
