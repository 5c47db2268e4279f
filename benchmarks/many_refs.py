"""Measure repositories with very many refs: a mirror push, a push of one commit, and the list of branches.

Run it as `make bench-refs`. The peer is git, pushing the same to a path on the same disk. The push
goes over SSH: over HTTP git's own client compares each ref that it pushes with each that it has,
which takes it 14 seconds for 8,000 and 80 for 20,000 before it sends anything, whatever the server.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

SIZES = (2000, 8000, 20_000, 50_000)
ROUNDS = 10
AIM_PUSH_SECONDS = 10
AIM_LIST_MILLISECONDS = 40
LISTS = {
    "list": "branches",
    "filter": "branches?filterText=topic/0001",
    "details": "branches?details=true",
    "names": "branches?orderBy=ALPHABETICAL",
}


def main() -> int:
    """Measure and print; the exit status tells whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from benchmarks.measuring import database
    from tests.server import Server

    failed = False
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = Server(Path(folder) / "home", **database()).start()
        try:
            print(f"{'refs':>7} {'push s':>8} {'git s':>8} {'ratio':>6}", end=" ")
            print(f"{'one commit':>11} {'git':>8} " + " ".join(f"{name:>8}" for name in LISTS))
            for size in options.sizes:
                failed |= _measure(server, Path(folder), size)
        finally:
            server.stop()
    return int(failed)


def _measure(server, folder: Path, size: int) -> bool:  # type: ignore[no-untyped-def]
    from benchmarks.measuring import timed
    from tests import ssh_keys
    from tests.builders import git
    from tests.server import ADMINISTRATOR

    work, peer = folder / f"work{size}.git", folder / f"peer{size}.git"
    for bare in (work, peer):
        git("init", "-q", "--bare", str(bare), cwd=folder)
    _fill(work, size)
    name = f"R{size}"
    server.repository(key=name, name="r")
    address = server.over("ssh").address(f"{name.lower()}/r.git")
    over_ssh = {"GIT_SSH_COMMAND": ssh_keys.command()}

    def push(*words: str) -> None:
        # What is refused (refs/pull-requests) ends git with a status.
        subprocess.run(
            ["git", "push", "-q", *words],
            cwd=work,
            env=os.environ | over_ssh,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    ours = timed(lambda: push("--mirror", address))
    theirs = timed(lambda: push("--mirror", str(peer)))
    rest = f"{server.url}/rest/api/latest/projects/{name}/repos/r"
    session = requests.Session()
    session.auth = ADMINISTRATOR
    listed = session.get(f"{rest}/branches?limit=1000&start={size - 1000}").json()
    assert listed["isLastPage"] is False, "not all branches arrived"
    one, one_peer = [], []
    for number in range(ROUNDS):
        _commit(work, number)
        one.append(timed(lambda: push(address, "main")))
        one_peer.append(timed(lambda: push(str(peer), "main")))
    shown = []
    for address_of_list in LISTS.values():
        url = f"{rest}/{address_of_list}"
        taken = [timed(lambda url=url: session.get(url).raise_for_status()) for _ in range(ROUNDS)]  # type: ignore[misc]
        shown.append(statistics.median(taken) * 1000)
    median, median_peer = statistics.median(one), statistics.median(one_peer)
    print(
        f"{size:7} {ours:8.2f} {theirs:8.2f} {ours / theirs:6.2f} "
        f"{median:11.3f} {median_peer:8.3f} " + " ".join(f"{ms:8.1f}" for ms in shown),
        flush=True,
    )
    return ours > AIM_PUSH_SECONDS * max(1, size / 20_000) or max(shown) > AIM_LIST_MILLISECONDS


def _fill(work: Path, size: int) -> None:
    """A history of 50 commits, with branches on each, and a tenth as many refs of pull requests, which are refused."""
    script = [_commit_text("main", number, "", mark=number + 1) for number in range(50)]
    for number in range(size):
        start = f":{number % 50 + 1}"
        script.append(f"reset refs/heads/topic/{number:05}\nfrom {start}\n\n")
        if number % 10 == 0:
            script.append(f"reset refs/pull-requests/{number + 1}/from\nfrom {start}\n\n")
    _import(work, "".join(script))


def _commit(work: Path, number: int) -> None:
    _import(work, _commit_text("main", 100 + number, "refs/heads/main^0"))


def _commit_text(branch: str, number: int, start: str, *, mark: int = 0) -> str:
    text = f"commit refs/heads/{branch}\n" + (f"mark :{mark}\n" if mark else "")
    text += f"committer A <a@b> {number + 1} +0000\ndata 1\nm\n"
    if start:
        text += f"from {start}\n"
    return text + f"M 100644 inline f\ndata {len(str(number))}\n{number}\n\n"


def _import(work: Path, script: str) -> None:
    subprocess.run(["git", "fast-import", "--quiet"], cwd=work, input=script.encode(), check=True)


if __name__ == "__main__":
    sys.exit(main())
