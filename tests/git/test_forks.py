"""Stories of forks with the real git: objects are shared, and nobody reads through another's."""

from __future__ import annotations

import hashlib
import zlib

import pytest
import requests

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.git.test_refusals import ZERO, commit_of, line, object_id, pack, tree_with
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

VERSIONS = [0, 1, 2]


class Network:
    """An origin, a fork that holds a secret, and a fork of that: so the secret has come into the pool."""

    def __init__(self, server, folder):
        self.server = server
        self.origin = server.repository()
        self.key = self.origin.split("/scm/")[1].split("/")[0].upper()
        self.work = work_tree(folder / "work", commits=3)
        git("push", "-q", self.origin, "main", cwd=self.work)
        self.public = git("rev-parse", "HEAD", cwd=self.work)
        self.private = self.fork("repo", "private")
        self.secret = commit(self.work, "secret.txt", "a secret\n" * 50)
        git("push", "-q", self.private, "main:private", cwd=self.work)
        self.second = self.fork("private", "second")
        git("reset", "-q", "--hard", self.public, cwd=self.work)

    def fork(self, slug, name):
        body = {"name": name, "project": {"key": self.key}}
        self.server.rest("POST", f"projects/{self.key}/repos/{slug}", body)
        return self.server.address(f"{self.key.lower()}/{name}.git")

    def files(self, slug):
        found = self.server.rest("GET", f"projects/{self.key}/repos/{slug}")
        return self.server.path_of(found["id"])

    def push_pack(self, slug, data, new, name="refs/heads/stolen"):
        return requests.post(
            f"{self.server.url}/scm/{self.key.lower()}/{slug}.git/git-receive-pack",
            data=line(f"{ZERO} {new} {name}\0report-status") + b"0000" + data,
            auth=ADMINISTRATOR,
            headers={"Content-Type": "application/x-git-receive-pack-request"},
            timeout=60,
        ).content


@pytest.fixture
def network(server, tmp_path):
    return Network(server, tmp_path)


@pytest.mark.parametrize("door", ["http", "ssh"])
def test_a_fork_is_cloned_pushed_to_and_outlives_its_origin(server, network, tmp_path, door):
    place = server.over(door)
    address = place.address(f"{network.key.lower()}/second.git")
    git("clone", "-q", address, "fork", cwd=tmp_path)
    fork = tmp_path / "fork"
    assert git("rev-parse", "origin/private", cwd=fork) == network.secret
    new = commit(fork, "mine.txt", "mine\n")
    git("push", "-q", "origin", "main", cwd=fork)

    for slug in ("repo", "private"):
        server.rest("DELETE", f"projects/{network.key}/repos/{slug}")

    git("clone", "-q", "--mirror", address, "again.git", cwd=tmp_path)
    git("fsck", "--full", "--strict", cwd=tmp_path / "again.git")
    assert git("rev-parse", "main", cwd=tmp_path / "again.git") == new
    git("fsck", "--full", cwd=network.files("second"))
    # And it goes on: a change of an old file is taken, whatever the client makes of it.
    changed = commit(fork, "file0.txt", "changed\n")
    git("push", "-q", "origin", "main", cwd=fork)
    assert git("ls-remote", address, "main", cwd=fork).split()[0] == changed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("door", ["http", "ssh"])
def test_no_object_of_a_fork_is_fetched_through_another(server, network, tmp_path, door, version):
    place = server.over(door)
    tree = git("rev-parse", f"{network.secret}^{{tree}}", cwd=network.work)
    blob = git("rev-parse", f"{network.secret}:secret.txt", cwd=network.work)
    files = network.files("repo")
    assert git("cat-file", "-t", network.secret, cwd=files) == "commit", "the pool has it"
    empty = tmp_path / "empty.git"
    git("init", "-q", "--bare", str(empty), cwd=tmp_path)

    for wanted in (network.secret, tree, blob):
        told = git(
            "-c", f"protocol.version={version}",
            "fetch", place.address(f"{network.key.lower()}/repo.git"), wanted,
            cwd=empty, check=False,
        )  # fmt: skip
        assert "not our ref" in told
    assert git("ls-remote", network.origin, cwd=empty).count("\n") == 1
    # Through the fork whose own it is, it comes.
    own = place.address(f"{network.key.lower()}/second.git")
    git("-c", f"protocol.version={version}", "fetch", "-q", own, network.secret, cwd=empty)


def test_a_push_that_names_an_object_of_another_member_is_refused(network):
    tree = git("rev-parse", f"{network.secret}^{{tree}}", cwd=network.work)
    blob = git("rev-parse", f"{network.secret}:secret.txt", cwd=network.work)
    wrapped = tree_with((b"100644", b"file", blob))
    over_blob = commit_of(object_id(2, wrapped))
    over_tree = commit_of(tree)
    child = f"tree {tree}\nparent {network.secret}\nauthor A <a@b> 1 +0000\n".encode()
    child += b"committer A <a@b> 1 +0000\n\nx\n"
    before = git("for-each-ref", cwd=network.files("repo"))

    for number, (data, new) in enumerate(
        (
            (pack(), network.secret),
            (pack(), blob),
            (pack((2, wrapped), (1, over_blob)), object_id(1, over_blob)),
            (pack((1, over_tree)), object_id(1, over_tree)),
            (pack((1, child)), object_id(1, child)),
        )
    ):
        name = f"refs/tags/stolen{number}"
        told = network.push_pack("repo", data, new, name)
        assert f"ng {name} missing necessary objects".encode() in told
        assert f"ok {name}".encode() in network.push_pack("second", data, new, name)
    assert git("for-each-ref", cwd=network.files("repo")) == before


def test_a_delta_against_an_object_of_another_member_gives_nothing_away(network):
    blob = git("rev-parse", f"{network.secret}:secret.txt", cwd=network.work)
    content = b"a secret\n" * 50
    # "Copy that object twice": whoever reads the result reads the secret.
    twice = bytes([0xB0, 0xC2, 0x01]) * 2
    delta = bytes([0xC2, 0x03, 0x84, 0x07]) + twice
    entry = bytes([(7 << 4) | len(delta)]) + bytes.fromhex(blob) + zlib.compress(delta)
    tree = tree_with((b"100644", b"file", object_id(3, content * 2)))
    made = commit_of(object_id(2, tree))
    data = _sealed(pack((2, tree), (1, made), count=3)[:-20] + entry)

    told = network.push_pack("repo", data, object_id(1, made))

    assert b"unpack ok" not in told
    assert "stolen" not in git("for-each-ref", cwd=network.files("repo"))
    # The pack itself is a good one: who shares nothing has bases of their own only.
    network.server.rest("POST", f"projects/{network.key}/repos", {"name": "alone"})
    alone = network.server.address(f"{network.key.lower()}/alone.git")
    git("push", "-q", alone, f"{network.secret}:refs/heads/main", cwd=network.work)
    assert b"ok refs/heads/stolen" in network.push_pack("alone", data, object_id(1, made))


def test_old_objects_of_its_own_may_be_named_without_sending_them(network):
    """A client that knows what the server has sends only the commit of a revert."""
    tree = git("rev-parse", f"{network.public}~1^{{tree}}", cwd=network.work)
    made = f"tree {tree}\nparent {network.public}\nauthor A <a@b> 1 +0000\n".encode()
    made += b"committer A <a@b> 1 +0000\n\nrevert\n"

    told = network.push_pack("repo", pack((1, made)), object_id(1, made), "refs/heads/revert")

    assert b"ok refs/heads/revert" in told


def test_what_was_lost_in_a_member_is_lost_there(network, tmp_path):
    git("push", "-q", network.second, ":private", cwd=network.work)
    empty = tmp_path / "empty.git"
    git("init", "-q", "--bare", str(empty), cwd=tmp_path)

    for version in VERSIONS:
        protocol = ("-c", f"protocol.version={version}")
        told = git(*protocol, "fetch", network.second, network.secret, cwd=empty, check=False)
        assert "not our ref" in told
    # Pushed again by somebody who has it, it is there again.
    git("push", "-q", network.second, f"{network.secret}:refs/heads/back", cwd=network.work)
    git("fetch", "-q", network.second, network.secret, cwd=empty)


def _sealed(data):
    return data + hashlib.sha1(data).digest()
