"""What measurements share: time, memory, a signed-in session, and git itself as the peer."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.server import ADMINISTRATOR, Server


def signed_in(
    server: Server, name: str = ADMINISTRATOR[0], password: str = ADMINISTRATOR[1]
) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{server.url}/login").text
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
    assert found is not None
    body = {
        "csrfmiddlewaretoken": found[1],
        "j_username": name,
        "j_password": password,
    }
    session.post(f"{server.url}/j_atl_security_check", data=body).raise_for_status()
    return session


def wait_for_maintenance(server: Server) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if any(server.home.glob("repositories/*/*/objects/info/commit-graphs/*")):
            time.sleep(1)
            return
        time.sleep(0.5)
    print("the maintenance job has not come by; pages are measured without it")


def plain_git(command: list[str], folder: Path) -> None:
    subprocess.run(["git", *command], cwd=folder, stdout=subprocess.DEVNULL, check=True)


def timed(work: Callable[[], Any]) -> float:
    """Give the seconds that it took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory(root: int, kind: str = "Pss") -> float:
    """Add the proportional set size of a process and all below it, in megabytes.

    `kind` "Pss_Anon" leaves out mapped files, which the kernel takes back when it needs the room.
    """
    total = 0
    for pid in family(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has ended meanwhile
        found = re.search(rf"^{kind}:\s+(\d+)", rollup, re.M)
        total += int(found[1]) if found else 0
    return total / 1024


def family(root: int) -> set[int]:
    """Give a process and all below it."""
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
    return below


def database() -> dict[str, str]:
    url = os.environ.get("DATABASE_URL")
    return {"DATABASE_URL": url} if url else {}
