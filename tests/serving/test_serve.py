"""`manage.py serve` as an administrator meets it: the first start, refusals, a proxy's path, the end."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
import requests

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.machines import free_port
from tests.server import ADMINISTRATOR, ROOT, Server

pytestmark = pytest.mark.slow


def serve(tmp_path, **environment):
    """Start, expecting that it ends by itself; gives status and what was said."""
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "BITBUCKET_HOME": str(tmp_path / "home"),
            "SERVER_ADDRESS": "127.0.0.1",
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def processes_of(server):
    """The pids of the supervisor's children."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[1:]
    pairs = [tuple(map(int, line.split())) for line in listed]
    return [pid for pid, parent in pairs if parent == server.pid]


def test_the_first_start_makes_an_administrator_and_tells_the_password_once(tmp_path):
    server = Server(tmp_path / "home", is_new=True)
    del server.environment["SETUP_SYSADMIN_PASSWORD"]
    server.start()
    try:
        said = server.log.read_text()
        (password,) = re.findall(r"with the password (\S+)", said)
        url = f"{server.url}/rest/api/1.0/users/admin"
        answer = requests.get(url, auth=("admin", password), timeout=30)
        assert answer.json()["displayName"] == "Administrator"
        key = server.home / "secret_key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert len(key.read_text()) > 40
    finally:
        server.stop()
    server.start()
    server.stop()
    assert server.log.read_text().count("with the password") == 1


def test_it_does_not_start_without_git(tmp_path):
    status, said = serve(tmp_path, PATH="/nonexistent")
    assert status != 0
    assert "The git program was not found. Install git 2.38.0 or newer" in said
    assert "Traceback" not in said


def test_it_does_not_start_with_an_old_git(tmp_path):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.30.1\n")
    program.chmod(0o755)
    status, said = serve(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert status != 0
    assert "git 2.30.1 is too old. Install git 2.38.0 or newer." in said


@pytest.mark.parametrize("setting", ["SERVER_PORT", "SSH_PORT"])
def test_it_does_not_start_when_a_port_is_taken(tmp_path, setting):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = {"SERVER_PORT": str(free_port()), "SSH_PORT": str(free_port())}
        status, said = serve(tmp_path, **(free | {setting: str(port)}))
    assert status != 0
    assert f"Port {port} cannot be used" in said
    assert setting in said
    assert "Traceback" not in said


def test_it_does_not_start_when_the_home_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    status, said = serve(tmp_path, BITBUCKET_HOME=str(tmp_path / "file" / "home"))
    assert status != 0
    assert "cannot be written" in said
    assert "BITBUCKET_HOME" in said
    assert "Traceback" not in said


def test_help_says_what_it_does(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--help"],
        cwd=ROOT, env=os.environ | {"BITBUCKET_HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--port" in done.stdout
    assert "first administrator" in done.stdout


@pytest.fixture
def own_server(tmp_path):
    running = Server(tmp_path / "home").start()
    yield running
    running.stop()


def test_a_child_that_dies_is_started_again(own_server):
    before = processes_of(own_server)
    assert len(before) == 3, "the web server, the job loop and the SSH server"
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = processes_of(own_server)
        if len(now) == 3 and not set(now) & set(before):
            break
        time.sleep(0.1)
    while time.monotonic() < deadline:
        try:
            assert requests.get(f"{own_server.url}/status", timeout=5).json() == {
                "state": "RUNNING"
            }
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    assert set(processes_of(own_server)) != set(before)


def test_children_end_with_the_supervisor(own_server):
    children = processes_of(own_server)
    os.kill(own_server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(_is_alive(pid) for pid in children):
        time.sleep(0.1)
    assert [pid for pid in children if _is_alive(pid)] == []


def test_a_stop_lets_a_running_push_finish(own_server, tmp_path):
    address = own_server.repository()
    work = work_tree(tmp_path / "work")
    noise = os.urandom(30_000_000)
    made = commit(work, "noise", noise)
    push = subprocess.Popen(
        ["git", "push", "-q", address, "main"], cwd=work, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while (
        not own_server.children("index-pack")
        and push.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    own_server.stop()
    said = push.communicate(timeout=60)[1].decode()

    assert push.returncode == 0, said
    own_server.start()
    assert made in git("ls-remote", address, cwd=work)


def test_everything_works_below_a_path_of_a_proxy(tmp_path):
    server = Server(tmp_path / "home", SERVER_CONTEXT_PATH="/bitbucket")
    server.environment["SETUP_BASEURL"] = f"{server.url}/bitbucket"
    server.url = f"{server.url}/bitbucket"
    server.start()
    try:
        server.rest("POST", "projects", {"key": "PRJ", "name": "P"})
        made = server.rest("POST", "projects/PRJ/repos", {"name": "repo"})
        clones = {one["name"]: one["href"] for one in made["links"]["clone"]}
        assert clones["ssh"].endswith(f":{server.ssh_port}/prj/repo.git")
        clone = clones["http"]
        assert clone == f"{server.url}/scm/prj/repo.git"
        user, password = (part.replace(" ", "%20") for part in ADMINISTRATOR)
        address = clone.replace("http://", f"http://{user}:{password}@")
        work = work_tree(tmp_path / "work")
        git("push", "-q", address, "main", cwd=work)
        git("clone", "-q", address, "back", cwd=tmp_path)

        session = requests.Session()
        page = session.get(f"{server.url}/login")
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)[1]
        body = {"csrfmiddlewaretoken": token, "j_username": user, "j_password": ADMINISTRATOR[1]}
        landed = session.post(f"{server.url}/j_atl_security_check", data=body)
        assert landed.url == f"{server.url}/dashboard"
        page = session.get(f"{server.url}/projects/PRJ/repos/repo/browse").text
        addresses = re.findall(r'(?:href|src|action|hx-get)="(/[^"]*)"', page)
        assert addresses
        assert [one for one in addresses if not one.startswith("/bitbucket/")] == []
        # Where forms lead is for posting, and one link signs out.
        for one in re.findall(r'(?:href|src|hx-get)="(/[^"]*)"', page):
            if "logout" not in one:
                url = f"http://127.0.0.1:{server.port}{one.replace('&amp;', '&')}"
                assert session.get(url).status_code == 200, one
        outside = requests.get(f"http://127.0.0.1:{server.port}/status", timeout=10)
        assert outside.status_code == 404
    finally:
        server.stop()


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not state.stdout.startswith("Z")
