"""Clone a real repository many times at once: kept packs beside packs made anew, in one run.

Run it as `python -m benchmarks.clones --repository /path/to/a/mirror.git`. Clients only read what
the server sends, so that the server is what is measured; its CPU counts with all its children.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.builders import git  # noqa: E402
from tests.server import ADMINISTRATOR, Server  # noqa: E402


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, required=True, help="a git repository to push")
    parser.add_argument("--clients", type=int, default=8, help="clones at the same time")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        results = {}
        for name, bytes_kept in (("made anew", "0"), ("kept", str(5 * 1024**3))):
            place = Path(folder, name.replace(" ", "-"))
            place.mkdir()
            server = Server(place / "home", GIT_PACK_CACHE_BYTES=bytes_kept).start()
            try:
                results[name] = _measure(server, options.repository.resolve(), options)
            finally:
                server.stop()
    for name, (wall, first, cpu) in results.items():
        print(
            f"{name:10} wall {wall:6.2f} s   first pack byte {first * 1000:7.1f} ms   server CPU {cpu:6.2f} s"
        )
    anew, kept = results["made anew"], results["kept"]
    print("ratios     " + "   ".join(f"{a / b:6.1f}" for a, b in zip(anew, kept, strict=True)))
    return 0


def _measure(
    server: Server, source: Path, options: argparse.Namespace
) -> tuple[float, float, float]:
    address = server.repository(key="BENCH", name="big")
    git("push", "-q", "--all", address, cwd=source)
    git("push", "-q", "--tags", address, cwd=source, check=False)
    time.sleep(25)  # The maintenance job comes 20 seconds after a push.
    listed = git("ls-remote", "--heads", "--tags", "--refs", address, cwd=source).splitlines()
    wants = sorted({line.split("\t")[0] for line in listed})
    body = _line("command=fetch") + _line("object-format=sha1") + b"0001"
    for capability in ("thin-pack", "no-progress", "include-tag", "ofs-delta"):
        body += _line(capability)
    body += b"".join(_line(f"want {want}") for want in wants) + _line("done") + b"0000"
    url = f"{server.url}/scm/bench/big.git/git-upload-pack"
    _fetch(url, body)
    best = None
    for _ in range(options.rounds):
        cpu = _cpu(server.pid)
        start = time.perf_counter()
        with ThreadPoolExecutor(options.clients) as pool:
            firsts = list(pool.map(lambda _: _fetch(url, body), range(options.clients)))
        found = (
            time.perf_counter() - start,
            sorted(firsts)[len(firsts) // 2],
            _cpu(server.pid) - cpu,
        )
        best = found if best is None or found < best else best
    assert best is not None
    return best


def _fetch(url: str, body: bytes) -> float:
    headers = {
        "Content-Type": "application/x-git-upload-pack-request",
        "Git-Protocol": "version=2",
    }
    start = time.perf_counter()
    with requests.post(
        url, body, auth=ADMINISTRATOR, headers=headers, stream=True, timeout=600
    ) as answer:
        answer.raise_for_status()
        pieces = answer.iter_content(256 * 1024)
        next(pieces)
        first = time.perf_counter() - start
        for _ in pieces:
            pass
    return first


def _line(text: str) -> bytes:
    return b"%04x%s\n" % (len(text) + 5, text.encode())


def _cpu(root: int) -> float:
    """Seconds of CPU of a process and all below it, ended children included."""
    parents, spent = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(folder.name)
        parents[pid] = int(fields[1])
        spent[pid] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    below = {root}
    while grown := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= grown
    return sum(spent[pid] for pid in below)


if __name__ == "__main__":
    sys.exit(main())
