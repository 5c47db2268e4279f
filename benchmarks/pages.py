"""Push a real repository, clone it back, and measure the pages that people look at all day.

Run it as `make bench ARGS="--repository /path/to/a/mirror.git"`. The peer of a page is git itself,
asked for the same content: its time is what a page could cost at least, with a process for each.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.builders import git  # noqa: E402
from tests.git.histories import assert_same  # noqa: E402
from tests.server import ADMINISTRATOR, Server  # noqa: E402

AIM_MILLISECONDS = 150
AIM_MEGABYTES = 250


def main() -> int:
    """Measure and print; the exit status tells whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git repository to push")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        server = Server(place / "home", **_database()).start()
        try:
            print(
                f"idle memory of all processes (PSS): {_memory(server.pid):.0f} MB, aim {AIM_MEGABYTES} MB"
            )
            idle = _memory(server.pid)
            slow = _measure(server, options.repository.resolve(), place, options.rounds)
        finally:
            server.stop()
    return int(bool(slow) or idle > AIM_MEGABYTES)


def _measure(server: Server, source: Path, place: Path, rounds: int) -> list[str]:
    address = server.repository(key="BENCH", name="big")
    mirror = place / "mirror.git"
    git("clone", "-q", "--mirror", str(source), str(mirror), cwd=place)
    counted = git("count-objects", "-v", cwd=mirror)
    objects = sum(int(number) for number in re.findall(r"(?:^count|in-pack): (\d+)", counted, re.M))
    print(
        f"repository: {objects} objects, {len(git('for-each-ref', cwd=mirror).splitlines())} refs"
    )
    peer = place / "peer.git"
    git("init", "-q", "--bare", str(peer), cwd=place)
    ours = _timed(lambda: git("push", "-q", "--mirror", address, cwd=mirror, check=False))
    theirs = _timed(lambda: git("push", "-q", "--mirror", str(peer), cwd=mirror))
    print(
        f"push --mirror: {ours:.1f} s; git to a local path: {theirs:.1f} s; ratio {ours / theirs:.2f}"
    )
    back = place / "back.git"
    ours = _timed(lambda: git("clone", "-q", "--mirror", address, str(back), cwd=place))
    no_links = ("clone", "-q", "--mirror", "--no-local", str(peer), str(place / "peer-back.git"))
    theirs = _timed(lambda: git(*no_links, cwd=place))
    print(
        f"clone --mirror: {ours:.1f} s; git from a local path: {theirs:.1f} s; ratio {ours / theirs:.2f}"
    )
    assert_same(mirror, back)
    git("fsck", "--full", cwd=back)
    print("what came back is identical, and fsck is content")
    _wait_for_maintenance(server)
    return _pages(server, back, rounds)


def _pages(server: Server, back: Path, rounds: int) -> list[str]:
    session = _signed_in(server)
    tip = git("rev-parse", "HEAD", cwd=back)
    listed = git("ls-tree", "-r", "-l", "--full-tree", "HEAD", cwd=back).splitlines()
    source = [line for line in listed if line.endswith(".py") and int(line.split()[3]) > 20_000]
    path = (source or listed)[0].split("\t")[1]
    folder = str(Path(path).parent)
    base = f"{server.url}/projects/BENCH/repos/big"
    pages = {
        "source root": (f"{base}/browse", ["ls-tree", "HEAD"]),
        "last commits of the root": (f"{base}/last-changes", ["log", "-1", "--", folder]),
        "directory": (f"{base}/browse/{folder}", ["ls-tree", f"HEAD:{folder}"]),
        "file": (f"{base}/browse/{path}", ["cat-file", "blob", f"HEAD:{path}"]),
        "commits": (f"{base}/commits", ["log", "-50", "HEAD"]),
        "commits of a path": (f"{base}/commits?path={path}", ["log", "-50", "HEAD", "--", path]),
        "commit": (f"{base}/commits/{tip}", ["show", tip]),
        "branches": (f"{base}/branches", ["for-each-ref", "refs/heads"]),
        "REST commits": (
            f"{server.url}/rest/api/1.0/projects/BENCH/repos/big/commits",
            ["log", "-25"],
        ),
    }
    slow = []
    print(f"{'page':26} {'first':>8} {'p50 ms':>8} {'p95 ms':>8} {'git ms':>8} {'ratio':>6}")
    for name, (url, command) in pages.items():
        first = _timed(lambda url=url: session.get(url).raise_for_status()) * 1000
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_timed(lambda url=url: session.get(url).raise_for_status()) * 1000)
            theirs.append(_timed(lambda command=command: _plain_git(command, back)) * 1000)
        p95 = statistics.quantiles(ours, n=20)[-1]
        p50, peer = statistics.median(ours), statistics.median(theirs)
        print(f"{name:26} {first:8.0f} {p50:8.1f} {p95:8.1f} {peer:8.1f} {p50 / peer:6.1f}")
        if p95 > AIM_MILLISECONDS:
            slow.append(name)
    print(f"slower than {AIM_MILLISECONDS} ms at p95: {', '.join(slow) or 'none'}")
    return slow


def _signed_in(server: Server) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{server.url}/login").text
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
    assert found is not None
    body = {
        "csrfmiddlewaretoken": found[1],
        "j_username": ADMINISTRATOR[0],
        "j_password": ADMINISTRATOR[1],
    }
    session.post(f"{server.url}/j_atl_security_check", data=body).raise_for_status()
    return session


def _wait_for_maintenance(server: Server) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if any(server.home.glob("repositories/*/*/objects/info/commit-graphs/*")):
            time.sleep(1)
            return
        time.sleep(0.5)
    print("the maintenance job has not come by; pages are measured without it")


def _plain_git(command: list[str], folder: Path) -> None:
    subprocess.run(["git", *command], cwd=folder, stdout=subprocess.DEVNULL, check=True)


def _timed(work) -> float:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _memory(root: int) -> float:
    """Add the proportional set size of a process and all below it, in megabytes."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(text.rpartition(")")[2].split()[1])
    below = {root}
    while grown := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= grown
    total = 0
    for pid in below:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
        total += int(found[1]) if found else 0
    return total / 1024


def _database() -> dict[str, str]:
    url = os.environ.get("DATABASE_URL")
    return {"DATABASE_URL": url} if url else {}


if __name__ == "__main__":
    sys.exit(main())
