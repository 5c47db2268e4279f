"""Many at once: one wins, every loser is told, nothing is half."""

from __future__ import annotations

import base64
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

PUSHERS = 20
ROUNDS = 3


def test_of_twenty_pushers_on_one_branch_exactly_one_wins_each_round(server, tmp_path):
    address = server.repository()
    first = work_tree(tmp_path / "first", commits=1)
    git("push", "-q", address, "main", cwd=first)
    clones = []
    for number in range(PUSHERS):
        git("clone", "-q", address, f"c{number}", cwd=tmp_path)
        clones.append(tmp_path / f"c{number}")
    winners = []
    for turn in range(ROUNDS):
        made = {}
        for number, clone in enumerate(clones):
            git("fetch", "-q", cwd=clone)
            git("reset", "-q", "--hard", "origin/main", cwd=clone)
            made[clone] = commit(clone, f"{turn}-{number}", f"{turn} {number}")
        with ThreadPoolExecutor(PUSHERS) as pool:
            told = dict(
                zip(
                    clones,
                    pool.map(lambda c: git("push", address, "main", cwd=c, check=False), clones),
                    strict=True,
                )
            )
        tip = git("ls-remote", address, "refs/heads/main", cwd=first).split()[0]
        won = [clone for clone in clones if made[clone] == tip]
        assert len(won) == 1
        winners.append(tip)
        for clone, text in told.items():
            if clone not in won:
                assert "rejected" in text, text
            else:
                assert "main -> main" in text and "rejected" not in text
    git("fetch", "-q", cwd=clones[0])
    log = git("log", "--format=%H", "origin/main", cwd=clones[0]).splitlines()
    assert set(winners) <= set(log)
    assert len(log) == ROUNDS + 1


def test_parallel_pushes_to_different_branches_all_arrive(server, tmp_path):
    address = server.repository()
    clones = []
    for number in range(12):
        clones.append(work_tree(tmp_path / f"w{number}", branch=f"b{number}"))
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda c: git("push", "-q", address, f"b{c.name[1:]}", cwd=c), clones))

    listed = git("ls-remote", "--heads", address, cwd=clones[0]).splitlines()
    assert len(listed) == 12


def test_repositories_of_one_name_are_made_once(server):
    server.rest("POST", "projects", {"key": "RACE", "name": "race"})

    def make(_):
        try:
            return bool(server.rest("POST", "projects/RACE/repos", {"name": "same"}))
        except AssertionError as error:
            assert " 409 " in str(error)
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(16))) == 1


def test_a_repository_deleted_in_the_middle_of_pushes_leaves_no_half(server, tmp_path):
    address = server.repository()
    path = address.split("/scm/")[1].removesuffix(".git").split("/")
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main", cwd=work)
    number = server.rest("GET", f"projects/{path[0]}/repos/{path[1]}")["id"]

    def push(n):
        return git("push", address, f"main:b{n}", cwd=work, check=False)

    with ThreadPoolExecutor(8) as pool:
        pushes = [pool.submit(push, n) for n in range(16)]
        server.rest("DELETE", f"projects/{path[0]}/repos/{path[1]}")
        for one in pushes:
            assert (
                "rejected" in one.result()
                or "RPC failed" in one.result()
                or "not found" in one.result().lower()
                or "new branch" in one.result()
            )
    server.rest("POST", f"projects/{path[0]}/repos", {"name": path[1]})
    assert git("ls-remote", address, cwd=work) == ""
    for _ in range(100):
        if not server.path_of(number).exists():
            break
        time.sleep(0.1)
    assert not server.path_of(number).exists()


def test_clients_that_take_nothing_keep_nobody_from_cloning(server, tmp_path):
    """More of them than there are places to make packs at."""
    address = server.repository()
    work = work_tree(tmp_path / "work")
    for number in range(6):
        (work / f"noise{number}").write_bytes(os.urandom(5_000_000))
        git("add", "-A", cwd=work)
        git("commit", "-qm", f"noise {number}", cwd=work)
    git("push", "-q", address, "main", cwd=work)
    key = address.split("/")[-2]
    stalled = []
    try:
        for number in range(8 * (os.cpu_count() or 1)):
            wanted = git("rev-parse", f"main~{number % 3}", cwd=work)
            lines = [b"command=fetch", b"", b"ofs-delta", b"want " + wanted.encode(), b"done"]
            framed = [b"%04x%s\n" % (len(one) + 5, one) if one else b"0001" for one in lines]
            body = b"".join(framed) + b"0000"
            pair = base64.b64encode(":".join(ADMINISTRATOR).encode())
            client = socket.create_connection(("127.0.0.1", server.port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(
                b"POST /scm/%s/repo.git/git-upload-pack HTTP/1.1\r\nHost: x\r\n" % key.encode()
                + b"Authorization: Basic %s\r\nGit-Protocol: version=2\r\n" % pair
                + b"Content-Type: application/x-git-upload-pack-request\r\n"
                + b"Content-Length: %d\r\n\r\n" % len(body)
                + body
            )
            stalled.append(client)
        time.sleep(1)

        git("clone", "-q", "--depth=1", address, "other", cwd=tmp_path)
    finally:
        for client in stalled:
            client.close()
