"""The real server in processes of its own, as an administrator starts it: for git, browsers and kills."""

from __future__ import annotations

import atexit
import copy
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests import ssh_keys
from tests.machines import free_port

ROOT = Path(__file__).resolve().parents[1]
ADMINISTRATOR = ("admin", "correct horse battery")


class Server:
    """One `manage.py serve` with a home of its own."""

    def __init__(self, home: Path, *, is_new: bool = False, **environment: str):
        """A server whose home is prepared, or `is_new`, to be prepared by its first start."""
        self.home = home
        self.port = free_port()
        self.ssh_port = free_port()
        self.way = "http"
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "bitbucket_clone.settings",
            "BITBUCKET_HOME": str(home),
            "SERVER_ADDRESS": "127.0.0.1",
            "SERVER_PORT": str(self.port),
            "SETUP_BASEURL": self.url,
            "SETUP_SYSADMIN_USERNAME": ADMINISTRATOR[0],
            "SETUP_SYSADMIN_PASSWORD": ADMINISTRATOR[1],
            "SETUP_SYSADMIN_EMAILADDRESS": "admin@example.com",
            "WEB_WORKERS": "2",
            # Receivers of webhooks run beside the server.
            "OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8",
            "SSH_PORT": str(self.ssh_port),
            **environment,
        }
        database = os.environ.get("DATABASE_URL", "")
        prepared, template = (None, "template1") if is_new or home.exists() else _prepared()
        if prepared is not None:
            shutil.copytree(prepared, home)
        if database.startswith("postgres") and "DATABASE_URL" not in environment:
            self.environment["DATABASE_URL"] = _database_of_its_own(database, template)

    def start(self) -> Server:
        """Start, and wait until it serves."""
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = requests.get(f"{self.url}/status", timeout=5)
                # The first start makes host keys, which takes a moment.
                socket.create_connection(("127.0.0.1", self.ssh_port), timeout=5).close()
                if answer.status_code == 200:
                    return self
            except (requests.ConnectionError, OSError):
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End every process of the server at once, as a power cut or the kernel would; git's children are left alone."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_jobs(self) -> None:
        """End the loop that does what the queue holds, at once: the supervisor starts it again."""
        wake = str(self.home / "caches" / "wake")
        for pid in _children_of(self.pid):
            held = Path(f"/proc/{pid}/fd")
            try:
                if any(os.readlink(one).startswith(wake) for one in held.iterdir()):
                    os.kill(pid, signal.SIGKILL)
                    return
            except OSError:
                continue

    def stop(self) -> None:
        """Stop as an administrator would."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def rest(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call REST as the administrator; gives the JSON of the answer, None for an empty one."""
        answer = requests.request(
            method,
            f"{self.url}/rest/api/1.0/{path}",
            auth=ADMINISTRATOR,
            json=body,
            params=query,
            timeout=60,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def repository(self, key: str | None = None, name: str = "repo", **fields: Any) -> str:
        """Make a repository in a project that nobody else uses; gives its address for git."""
        key = key or "P" + uuid.uuid4().hex[:10].upper()
        self.rest("POST", "projects", {"key": key, "name": key})
        self.rest("POST", f"projects/{key}/repos", {"name": name, **fields})
        return self.address(f"{key.lower()}/{name}.git")

    def user(self, name: str) -> tuple[str, str]:
        """Make a user who may sign in and nothing else; gives name and password."""
        program = (
            "from accounts.actor import Actor; from accounts.services import users; "
            f"users.create(Actor.system(), name={name!r}, display_name={name.title()!r}, "
            f"password={ADMINISTRATOR[1]!r})"
        )
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", program],
            cwd=ROOT,
            env=self.environment,
            check=True,
        )
        return name, ADMINISTRATOR[1]

    def over(self, way: str) -> Server:
        """The same server, with addresses for "http" or "ssh"; the administrator's key is known to it."""
        other = copy.copy(self)
        other.way = way
        if way == "ssh":
            self.ssh_key(ssh_keys.mine())
        return other

    def ssh_key(self, key: Path, user: tuple[str, str] = ADMINISTRATOR) -> None:
        """Let a user in by a key; done already is well done."""
        answer = requests.post(
            f"{self.url}/rest/ssh/1.0/keys",
            auth=user,
            json={"text": key.with_suffix(".pub").read_text()},
            timeout=60,
        )
        assert answer.status_code in {201, 409}, answer.text

    def address(self, path: str, user: tuple[str, str] = ADMINISTRATOR) -> str:
        """The address of a repository, with credentials in it where they belong there."""
        if self.way == "ssh":
            return f"ssh://git@127.0.0.1:{self.ssh_port}/{path}"
        name, password = (part.replace(" ", "%20") for part in user)
        return f"http://{name}:{password}@127.0.0.1:{self.port}/scm/{path}"

    def path_of(self, repository_id: int) -> Path:
        """Where the files of a repository lie."""
        return self.home / "repositories" / f"{repository_id % 256:02x}" / f"{repository_id}.git"

    def children(self, text: str) -> list[str]:
        """The command lines of running processes that hold `text` and work on this home."""
        done = subprocess.run(
            ["ps", "-eo", "args", "ww"], capture_output=True, text=True, check=True
        )
        return [
            line for line in done.stdout.splitlines() if text in line and str(self.home) in line
        ]


def _children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _database_of_its_own(url: str, template: str = "template1") -> str:
    name = f"server_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{url.rsplit('/', 1)[0]}/{name}"


@functools.cache
def _prepared() -> tuple[Path, str]:
    """A home and a database as the first start leaves them, to begin others with: made once in a process."""
    home = Path(tempfile.mkdtemp(prefix="prepared-")) / "home"
    home.mkdir()
    atexit.register(shutil.rmtree, home.parent, ignore_errors=True)
    database = os.environ.get("DATABASE_URL", "")
    url = _database_of_its_own(database) if database.startswith("postgres") else ""
    program = (
        "from django.core.management import call_command; from bitbucket_clone import assets; "
        "call_command('migrate', verbosity=0); assets.gather()"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", program],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "BITBUCKET_HOME": str(home),
            **({"DATABASE_URL": url} if url else {}),
        },
        check=True,
    )
    return home, url.rpartition("/")[2]
