"""PostgreSQL or Redis goes away and comes back under load: clear answers, nothing lost, no hand needed."""

from __future__ import annotations

import os
import threading
import time

import pytest
import requests

from tests import machines, ssh_keys
from tests.builders import GIT_ENVIRONMENT, git
from tests.git.histories import work_tree
from tests.server import ADMINISTRATOR
from tests.stack import stack

pytestmark = [pytest.mark.slow, pytest.mark.redis]


@pytest.fixture
def parts(tmp_path):
    if not (machines.redis_is_installed() and machines.postgresql_is_installed()):
        assert not os.environ.get("CI"), "Redis or PostgreSQL is missing, and CI must not skip it"
        pytest.skip("Redis or PostgreSQL is not installed")
    with stack(tmp_path, RATE_LIMIT_ENABLED="true") as running:
        yield running


def ask(parts, path, method="GET", body=None):
    return requests.request(
        method,
        parts.web.url + path,
        json=body,
        auth=ADMINISTRATOR,
        timeout=30,
        allow_redirects=False,
    )


def signed_in(parts):
    """A browser's session."""
    browser = requests.Session()
    url = f"{parts.web.url}/login"
    browser.get(url, timeout=30)
    form = {"j_username": ADMINISTRATOR[0], "j_password": ADMINISTRATOR[1]}
    token = browser.cookies["bitbucket_csrf"]
    form = {**form, "csrfmiddlewaretoken": token}
    answer = browser.post(f"{parts.web.url}/j_atl_security_check", data=form, timeout=30)
    assert answer.ok
    return browser


def test_redis_and_postgresql_go_and_come_back(parts, tmp_path):
    address = parts.web.repository(key="OUT")
    work = work_tree(tmp_path / "work")
    git("push", "-q", address, "main", cwd=work)
    repository = "/rest/api/1.0/projects/OUT/repos/repo"

    # Without Redis everything goes on, only slower; what is to do later is found by the sweep.
    parts.redis.kill()
    for number in range(3):
        begun = time.monotonic()
        changed = ask(parts, repository, "PUT", {"description": f"without Redis {number}"})
        assert changed.ok, changed.text
        assert time.monotonic() - begun < 5
    page = f"{parts.web.url}/projects/OUT/repos/repo/browse"
    browser = signed_in(parts)
    assert browser.get(page, timeout=30).status_code == 200
    git("push", "-q", address, "main:no-redis", cwd=work)
    parts.redis.start()

    # Budgets of requests are kept without it too.
    parts.redis.kill()
    limited = requests.Session()
    limited.auth = ADMINISTRATOR
    codes = [
        limited.get(parts.web.url + "/rest/api/1.0/projects", timeout=30).status_code
        for _ in range(75)
    ]
    assert 429 in codes
    parts.redis.start()
    time.sleep(1)

    load = _Load(parts, repository)
    load.start()
    time.sleep(0.5)
    parts.postgresql.kill()
    refused = ask(parts, repository)
    assert refused.status_code == 503
    assert "database is not available" in refused.json()["errors"][0]["message"]
    assert refused.headers["Retry-After"]
    shown = browser.get(page, timeout=30)
    assert shown.status_code == 503
    assert "Temporarily unavailable" in shown.text
    advertised = ask(parts, "/scm/out/repo.git/info/refs?service=git-receive-pack")
    assert advertised.status_code == 503
    assert advertised.headers["Content-Type"].startswith("text/plain")
    status = requests.get(parts.web.url + "/status", timeout=30)
    assert (status.status_code, status.json()) == (503, {"state": "ERROR"})
    git("commit", "-q", "--allow-empty", "-m", "while it is away", cwd=work)
    failed = git("push", address, "main:away", cwd=work, check=False)
    assert "503" in failed
    time.sleep(1)

    parts.postgresql.start()
    _until(lambda: ask(parts, repository).status_code == 200, 20)
    load.stop()
    assert load.acknowledged
    assert set(load.answers) <= {200, 201, 429, 503}
    git("push", "-q", address, "main:away", cwd=work)
    refs = git("ls-remote", address, cwd=work)
    assert "refs/heads/away" in refs and "refs/heads/no-redis" in refs
    # The last that was acknowledged is there, unless a later one was done and could not be told.
    said = ask(parts, repository).json()["description"]
    assert int(said.split()[-1]) >= load.acknowledged[-1]


class _Load:
    """Somebody who changes a repository all the time."""

    def __init__(self, parts, path):
        self._parts, self._path = parts, path
        self._is_over = threading.Event()
        self.acknowledged: list[int] = []
        self.answers: list[int] = []
        self._thread = threading.Thread(target=self._work)

    def start(self):
        self._thread.start()

    def stop(self):
        self._is_over.set()
        self._thread.join()

    def _work(self):
        number = 0
        while not self._is_over.is_set():
            number += 1
            answer = ask(self._parts, self._path, "PUT", {"description": f"load {number}"})
            self.answers.append(answer.status_code)
            if answer.ok:
                self.acknowledged.append(number)
            time.sleep(0.2)


def _until(is_so, seconds):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_ssh_says_that_it_has_to_wait(parts, tmp_path):
    address = parts.web.over("ssh").address("out/repo.git")
    parts.web.repository(key="OUT")
    git(
        "ls-remote",
        address,
        cwd=tmp_path,
        env={**GIT_ENVIRONMENT, "GIT_SSH_COMMAND": ssh_keys.command()},
    )
    parts.postgresql.kill()
    told = git("ls-remote", address, cwd=tmp_path, check=False)
    assert "The database is not available at the moment" in told
    parts.postgresql.start()
    _until(lambda: "fatal" not in git("ls-remote", address, cwd=tmp_path, check=False), 20)
