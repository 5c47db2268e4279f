"""Browse a repository of 2 GB, and see how much memory that takes.

Run it as `python -m benchmarks.large_files`. The repository holds files that no compressor makes
smaller; every page and file of it is asked for, by several readers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import django
import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from benchmarks.measuring import memory, signed_in  # noqa: E402
from tests.builders import git  # noqa: E402
from tests.server import Server  # noqa: E402

AIM_MEGABYTES = 600
READERS = 4
MEGABYTE = 1024 * 1024


def main() -> int:
    """Measure and print; the exit status tells whether memory stayed within the aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--megabytes", type=int, default=50, help="of each file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        work = _history(Path(folder, "work"), options.files, options.megabytes)
        server = Server(Path(folder, "home")).start()
        try:
            address = server.repository(key="BENCH", name="large")
            with _watched(server) as peak:
                git("push", "-q", address, "main", cwd=work)
            print(
                f"push:   at most {peak[0]:5.0f} MB anonymous, {peak[1]:5.0f} MB with mapped files"
            )
            before = memory(server.pid, "Pss_Anon")
            with _watched(server) as peak:
                _browse(server, options.files)
            print(
                f"browse: at most {peak[0]:5.0f} MB anonymous, {peak[1]:5.0f} MB with mapped files"
            )
            print(f"at rest {before:.0f} MB before, {memory(server.pid, 'Pss_Anon'):.0f} MB after")
            return int(peak[0] > AIM_MEGABYTES)
        finally:
            server.stop()


def _history(work: Path, files: int, megabytes: int) -> Path:
    work.mkdir()
    git("init", "-q", "-b", "main", cwd=work)
    for number in range(files):
        # Text, so that pages try to show it; random, so that it stays large.
        lines = os.urandom(megabytes * MEGABYTE // 2).hex()
        with (work / f"large{number}.txt").open("w") as file:
            for start in range(0, len(lines), 100):
                file.write(lines[start : start + 99] + "\n")
    git("add", "-A", cwd=work)
    git("commit", "-q", "-m", "large", cwd=work)
    with (work / "large0.txt").open("a") as file:
        file.write("one more line\n")
    git("commit", "-qam", "one more line in a large file", cwd=work)
    return work


def _browse(server: Server, files: int) -> None:
    base = f"{server.url}/projects/BENCH/repos/large"
    rest = f"{server.url}/rest/api/1.0/projects/BENCH/repos/large"
    pages = ["browse", "commits", "commits/main", "commits/main~1", "last-changes"]
    addresses = [f"{base}/{page}" for page in pages]
    addresses += [f"{rest}/archive?format=tar", f"{rest}/changes?until=main"]
    for number in range(files):
        addresses += [
            f"{base}/browse/large{number}.txt",
            f"{base}/raw/large{number}.txt",
            f"{rest}/browse/large{number}.txt?limit=500",
        ]
    session = signed_in(server)

    def read(address: str) -> None:
        with requests.get(address, cookies=session.cookies, stream=True, timeout=600) as answer:
            for _ in answer.iter_content(MEGABYTE):
                pass

    with ThreadPoolExecutor(READERS) as readers:
        list(readers.map(read, addresses))


@contextmanager
def _watched(server: Server) -> Iterator[list[float]]:
    """Give the most memory that was seen, anonymous and in all, in megabytes."""
    peak = [0.0, 0.0]
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], memory(server.pid, "Pss_Anon"))
            peak[1] = max(peak[1], memory(server.pid))
            time.sleep(0.2)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    sys.exit(main())
