"""Clone and ask over SSH, beside HTTP and beside OpenSSH's own server, in one run.

Run it as `python -m benchmarks.ssh`. OpenSSH's sshd is started in a temporary folder where it is
installed; it serves the very same repository by git's own programs, and finds keys by a program, as a
server with many users must. Rounds are interleaved; the best of each is compared.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests import ssh_keys  # noqa: E402
from tests.builders import GIT_ENVIRONMENT, git  # noqa: E402
from tests.machines import free_port  # noqa: E402
from tests.server import Server  # noqa: E402


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100, help="size of the repository")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        source = _source(folder / "source", options.megabytes)
        server = Server(folder / "home").start()
        try:
            ways = _ways(server, source, folder)
            for title, measure, least in (
                ("clone", _clone, 1),
                ("ls-remote", _ls_remote, 5),
            ):
                _compare(title, ways, measure, options.rounds * least, folder)
            _beside_idle(server, ways["ssh"], folder)
        finally:
            server.stop()
    return 0


def _source(folder: Path, megabytes: int) -> Path:
    folder.mkdir()
    git("init", "-q", "-b", "main", cwd=folder)
    for part in range(20):
        for number in range(100):
            file = folder / f"d{part}" / f"f{number}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(os.urandom(megabytes * 1024 * 1024 // 2000))
        git("add", "-A", cwd=folder)
        git("commit", "-q", "-m", f"part {part}", cwd=folder)
    return folder


def _ways(server: Server, source: Path, folder: Path) -> dict[str, str]:
    http = server.repository(key="BENCH", name="big")
    git("push", "-q", http, "main", cwd=source)
    ways = {"http": http, "ssh": server.over("ssh").address("bench/big.git")}
    number = server.rest("GET", "projects/BENCH/repos/big")["id"]
    port = _sshd(folder / "sshd")
    if port is None:
        print("sshd is not installed: no comparison with it")
    else:
        ways["sshd"] = f"ssh://root@127.0.0.1:{port}{server.path_of(number)}"
    return ways


def _sshd(folder: Path) -> int | None:
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    if not os.path.exists(program):
        return None
    folder.mkdir()
    os.makedirs("/run/sshd", exist_ok=True)
    ssh_keys.make(folder / "host")
    # sshd asks that the program belong to root and that no one else may write beside it.
    finder = Path(tempfile.mkdtemp(prefix="find-key-", dir="/usr/local/lib")) / "find-key"
    finder.write_text(f"#!/bin/sh\ncat {ssh_keys.mine()}.pub\n")
    finder.chmod(0o755)
    finder.parent.chmod(0o755)
    port = free_port()
    sshd = subprocess.Popen(
        [
            program, "-D", "-p", str(port), "-h", folder / "host", "-f", "/dev/null",
            "-o", f"AuthorizedKeysCommand={finder}", "-o", "AuthorizedKeysCommandUser=root",
            "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none", "-o", "PermitRootLogin=yes",
            "-o", "AcceptEnv=GIT_PROTOCOL", "-o", "UsePAM=no",
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    atexit.register(shutil.rmtree, finder.parent)
    atexit.register(sshd.kill)
    time.sleep(1)
    return port


def _clone(address: str, folder: Path) -> None:
    target = folder / "clone"
    git("clone", "-q", "--bare", address, str(target), cwd=folder)
    shutil.rmtree(target)


def _ls_remote(address: str, folder: Path) -> None:
    git("ls-remote", "-q", address, cwd=folder)


def _compare(
    title: str,
    ways: dict[str, str],
    measure: Callable[[str, Path], None],
    rounds: int,
    folder: Path,
) -> None:
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, address in ways.items():
            start = time.perf_counter()
            measure(address, folder)
            best[name] = min(best[name], time.perf_counter() - start)
    shown = "   ".join(f"{name} {seconds * 1000:8.1f} ms" for name, seconds in best.items())
    ratios = "   ".join(
        f"ssh/{name} {best['ssh'] / seconds:5.2f}"
        for name, seconds in best.items()
        if name != "ssh"
    )
    print(f"{title:10} {shown}   {ratios}")


def _beside_idle(server: Server, address: str, folder: Path) -> None:
    """The same question while a hundred connections are open and idle."""
    idle = [
        subprocess.Popen(
            [*ssh_keys.command().split(), "-N", "-p", str(server.ssh_port), "git@127.0.0.1"],
            env=GIT_ENVIRONMENT,
        )
        for _ in range(100)
    ]
    try:
        time.sleep(15)
        best = float("inf")
        for _ in range(10):
            start = time.perf_counter()
            _ls_remote(address, folder)
            best = min(best, time.perf_counter() - start)
        print(f"ls-remote  ssh {best * 1000:8.1f} ms beside 100 idle connections")
    finally:
        for one in idle:
            one.kill()
            one.wait()


if __name__ == "__main__":
    sys.exit(main())
