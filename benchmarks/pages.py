"""Measure the pages that people look at all day on a real repository, git itself beside each.

Run it as `make bench-pages ARGS="--repository /path/to/a/mirror.git"`. On top of the real history it
lays what such histories have somewhere: a folder of 3,000 entries, a file of 5,000 lines that 200
commits changed, a change of 3,000 lines, and 1,000 branches. The peer of a page is the git program,
asked the same question: its time is what a page could cost at least, with a process for each.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import (
    database,
    memory,
    plain_git,
    signed_in,
    timed,
    wait_for_maintenance,
)
from tests.builders import git
from tests.server import Server

AIM_MILLISECONDS = 150
AIM_FIRST_MILLISECONDS = 1000
ENTRIES = 3000
LINES = 5000
BLAMED_COMMITS = 200
CHANGED_LINES = 3000
BRANCHES = 1000


@dataclass(frozen=True)
class Question:
    """A page, and what git is asked instead."""

    name: str
    path: str
    command: list[str]
    # Fragments that follow a page, and whole comparisons, are measured, and have no aim.
    has_aim: bool = True


def main() -> int:
    """Measure and print; the exit status tells whether the aims are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git repository to push")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        mirror = place / "mirror.git"
        git("clone", "-q", "--bare", str(options.repository.resolve()), str(mirror), cwd=place)
        _lay_on_top(mirror)
        server = Server(place / "home", **database()).start()
        try:
            address = server.repository(key="BENCH", name="big")
            git("push", "-q", "--all", address, cwd=mirror)
            git("push", "-q", "--tags", address, cwd=mirror, check=False)
            wait_for_maintenance(server)
            # Whoever comes first after a start finds nothing remembered.
            server.stop()
            server.start()
            slow = _measure(server, mirror, options.rounds)
            print(f"memory of all processes (PSS) after it: {memory(server.pid):.0f} MB")
        finally:
            server.stop()
    return int(bool(slow))


def _measure(server: Server, peer: Path, rounds: int) -> list[str]:
    session = signed_in(server)
    base = f"{server.url}/projects/BENCH/repos/big"
    slow = []
    print(f"{'page':30} {'first':>8} {'p50 ms':>8} {'p95 ms':>8} {'git ms':>8} {'ratio':>6}")
    for question in _questions(peer):
        url = base + question.path

        def ask(url: str = url) -> None:
            session.get(url).raise_for_status()

        first = timed(ask) * 1000
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(timed(ask) * 1000)
            theirs.append(timed(lambda command=question.command: plain_git(command, peer)) * 1000)
        p95 = statistics.quantiles(ours, n=20)[-1]
        p50, git_ms = statistics.median(ours), statistics.median(theirs)
        print(
            f"{question.name:30} {first:8.0f} {p50:8.1f} {p95:8.1f} {git_ms:8.1f} {p50 / git_ms:6.1f}",
            flush=True,
        )
        if question.has_aim and (p95 > AIM_MILLISECONDS or first > AIM_FIRST_MILLISECONDS):
            slow.append(question.name)
    print(
        f"slower than {AIM_MILLISECONDS} ms at p95, or {AIM_FIRST_MILLISECONDS} ms at first: "
        + (", ".join(slow) or "none")
    )
    return slow


def _questions(peer: Path) -> Iterator[Question]:
    head = git("symbolic-ref", "HEAD", cwd=peer)
    listed = git("ls-tree", "-r", "-l", "--full-tree", head, cwd=peer).splitlines()
    source = [
        line for line in listed if line.endswith((".py", ".c")) and 20_000 < _size(line) < 60_000
    ]
    path = (source or listed)[0].split("\t")[1]
    at = "?at=refs%2Fheads%2Fbench"
    past = git("rev-parse", "bench~1100", cwd=peer)
    thousand = git("rev-parse", "bench~100", cwd=peer)
    tip = git("rev-parse", head, cwd=peer)
    wide = git("rev-parse", "wide", cwd=peer)
    compared = f"sourceBranch={thousand}&targetBranch={past}"
    yield Question("source root", "/browse", ["ls-tree", head])
    yield Question("its last commits", "/last-changes", ["log", "-1", head], has_aim=False)
    yield Question("directory of 3,000", f"/browse/bench/many{at}", ["ls-tree", "bench:bench/many"])
    yield Question(
        "its last commits",
        f"/last-changes/bench/many{at}",
        ["log", "--name-only", "--format=%H", "-300", "bench", "--", "bench/many"],
        has_aim=False,
    )
    yield Question("file", f"/browse/{path}", ["cat-file", "blob", f"{head}:{path}"])
    yield Question("commits", "/commits", ["log", "-50", head])
    yield Question("history of a path", f"/commits?path={path}", ["log", "-50", head, "--", path])
    yield Question(
        "history of a file, renames",
        f"/commits?path={path}&followRenames=true",
        ["log", "--follow", "-50", head, "--", path],
    )
    yield Question("commit", f"/commits/{tip}", ["show", tip])
    yield Question("diff of 3,000 lines", f"/commits/{wide}", ["show", wide])
    yield Question(
        "blame of 5,000 lines",
        f"/browse/bench/long.txt{at}&blame=true",
        ["blame", "--porcelain", "bench", "--", "bench/long.txt"],
    )
    yield Question("branches, 25 of 1,000", "/branches?limit=25", ["for-each-ref", "refs/heads"])
    yield Question(
        "compare, diff of 1,000 commits",
        f"/compare/diff?{compared}",
        ["diff", f"{past}...{thousand}"],
    )
    yield Question(
        "compare, 1,000 commits",
        f"/compare/commits?{compared}",
        ["log", "-50", f"{past}..{thousand}"],
    )


def _size(line: str) -> int:
    text = line.split(maxsplit=4)[3]
    return int(text) if text.isdigit() else 0


def _lay_on_top(mirror: Path) -> None:
    """Add what real histories have somewhere, and this one may not."""
    chance = random.Random(5)
    head = git("symbolic-ref", "HEAD", cwd=mirror)
    now = int(git("log", "-1", "--format=%ct", head, cwd=mirror))
    lines = [f"line {number}\n" for number in range(LINES)]
    wide = [f"was {number}\n" for number in range(CHANGED_LINES)]
    script: list[str] = []

    def commit(branch: str, files: dict[str, str], start: str = "") -> None:
        nonlocal now
        now += 60
        who = f"committer Ada Author <ada@example.com> {now} +0000\n"
        script.append(f"commit refs/heads/{branch}\n{who}data 6\nbench\n")
        script.append(f"from {start}\n" if start else "")
        for name, text in files.items():
            script.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")

    many = {f"bench/many/file{number:04}.txt": f"{number}\n" for number in range(ENTRIES)}
    commit("bench", many | {"bench/long.txt": "".join(lines)}, f"{head}^0")
    for number in range(BLAMED_COMMITS):
        for _ in range(25):
            lines[chance.randrange(LINES)] = f"changed in {number} {chance.random()}\n"
        touched = f"bench/many/file{chance.randrange(ENTRIES):04}.txt"
        commit("bench", {"bench/long.txt": "".join(lines), touched: f"again {number}\n"})
    commit("wide", {"bench/wide.txt": "".join(wide)}, "refs/heads/bench")
    commit("wide", {"bench/wide.txt": "".join(wide).replace("was", "is")})
    history = git("rev-list", "--first-parent", "--max-count=3000", head, cwd=mirror).split()
    for number in range(BRANCHES):
        script.append(f"reset refs/heads/topic/{number:04}\nfrom {chance.choice(history)}\n\n")
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=mirror,
        input="".join(script).encode(),
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
