"""Measure what stays in memory after mixed use: blame, compare, diffs, commits and raw files of a real repository.

Run it as `make bench-memory ARGS="--repository /path/to/a/mirror.git"`. Eight clients ask for ten
minutes; printed is the proportional set size (PSS) of all processes when idle, every minute, and at
the end, beside how many requests were answered and how fast.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measuring import (
    database,
    family,
    memory,
    signed_in,
    timed,
    wait_for_maintenance,
)
from tests.builders import git
from tests.server import Server

AIM_MEGABYTES = 400
CLIENTS = 8


def main() -> int:
    """Measure and print; the exit status tells whether memory stayed within the aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git repository to push")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        mirror = Path(folder) / "mirror.git"
        git("clone", "-q", "--bare", str(options.repository.resolve()), str(mirror), cwd=folder)
        server = Server(Path(folder) / "home", **database()).start()
        try:
            address = server.repository(key="BENCH", name="big")
            git("push", "-q", "--all", address, cwd=mirror)
            wait_for_maintenance(server)
            server.stop()
            server.start()
            signed_in(server)
            print(f"idle: {memory(server.pid):.0f} MB", flush=True)
            taken = _use(server, _paths(mirror), options.minutes * 60)
            after = memory(server.pid)
            each = sorted((memory_of_one(pid) for pid in family(server.pid)), reverse=True)
            print(
                f"{len(taken)} requests, p50 {statistics.median(taken) * 1000:.0f} ms, "
                f"p95 {statistics.quantiles(taken, n=20)[-1] * 1000:.0f} ms"
            )
            print(f"after: {after:.0f} MB; processes: {', '.join(f'{one:.0f}' for one in each)}")
            return int(after > AIM_MEGABYTES)
        finally:
            server.stop()


def memory_of_one(pid: int) -> float:
    """Give the PSS of one process in megabytes, without its children."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return (
        next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    )


def _use(server: Server, paths: list[str], seconds: float) -> list[float]:
    end = time.monotonic() + seconds
    taken: list[float] = []

    def client(seed: int) -> None:
        session = signed_in(server)
        chance = random.Random(seed)
        while time.monotonic() < end:
            url = f"{server.url}/projects/BENCH/repos/big/{chance.choice(paths)}"
            taken.append(timed(lambda url=url: session.get(url).content))  # type: ignore[misc]

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(min(60, seconds / 4))
        print(f"  {memory(server.pid):.0f} MB", flush=True)
    for thread in threads:
        thread.join()
    # What is freed late is not counted.
    time.sleep(5)
    return taken


def _paths(mirror: Path) -> list[str]:
    head = git("symbolic-ref", "HEAD", cwd=mirror)
    chance = random.Random(5)
    files = git("ls-tree", "-r", "--name-only", head, cwd=mirror).splitlines()
    commits = git("rev-list", "--max-count=3000", head, cwd=mirror).split()
    paths = []
    for _ in range(300):
        file = chance.choice(files)
        old, new = sorted(chance.sample(range(len(commits)), 2), reverse=True)
        new = max(new, old - 300)
        compared = f"sourceBranch={commits[new]}&targetBranch={commits[old]}"
        paths += [
            f"browse/{file}",
            f"browse/{file}?blame=true",
            f"raw/{file}",
            f"commits/{chance.choice(commits)}",
            f"commits?until={chance.choice(commits)}",
            f"compare/diff?{compared}",
            f"compare/commits?{compared}",
        ]
    return paths


if __name__ == "__main__":
    sys.exit(main())
