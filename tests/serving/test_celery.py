"""With REDIS_URL: real Celery workers do the jobs, and what Redis loses is done all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.builders import git
from tests.git.histories import work_tree
from tests.server import ROOT, Server

pytestmark = [pytest.mark.slow, pytest.mark.redis]


def test_a_worker_removes_the_files_of_a_deleted_repository(tmp_path, redis_url):
    server = Server(tmp_path / "home", REDIS_URL=redis_url).start()
    worker = _worker(server)
    try:
        gone = _push_and_delete(server, tmp_path / "one", "one")
        _wait_until(lambda: not gone.exists(), 12)

        # Nobody takes what is handed to Redis: the sweep of the loop does it.
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        gone = _push_and_delete(server, tmp_path / "two", "two")
        _wait_until(lambda: not gone.exists(), 40)
    finally:
        worker.kill()
        server.stop()


def _worker(server):
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "bitbucket_clone", "worker", "-P", "threads", "-c", "2",
         "--without-gossip", "--without-mingle", "-l", "warning"],
        cwd=ROOT, env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _push_and_delete(server, folder, name):
    address = server.repository(name=name)
    key = address.split("/scm/")[1].split("/")[0]
    git("push", "-q", address, "main", cwd=work_tree(folder))
    files = server.path_of(server.rest("GET", f"projects/{key}/repos/{name}")["id"])
    assert files.exists()
    server.rest("DELETE", f"projects/{key}/repos/{name}")
    return files


def _wait_until(is_so, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")
