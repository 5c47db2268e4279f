"""Every secret that a person or program may hold: each clones and pushes, and none is ever told to anybody else."""

from __future__ import annotations

import secrets
import subprocess
import threading
import uuid

import pytest
import requests

from tests import ssh_keys
from tests.builders import git
from tests.git import test_oauth_client as oauth
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR, Server

pytestmark = pytest.mark.slow

SESSION_PAGES = (
    *("/account", "/account/app-passwords", "/account/access-tokens", "/account/sessions"),
    *("/account/ssh-keys", "/account/authorised-applications", "/admin/users", "/admin/oauth"),
    *("/admin/audit", "/admin/authentication", "/admin/users/view?name=admin"),
)


@pytest.fixture(autouse=True)
def _no_tls_here(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def own_server(tmp_path):
    """A server whose log holds what these tests did, and nothing else."""
    running = Server(tmp_path / "home").start()
    yield running
    running.stop()


def make(server, path, *permissions):
    """Make a secret over REST; gives its text."""
    url = f"{server.url}/rest/{path}"
    body = {"name": uuid.uuid4().hex, "permissions": permissions}
    made = requests.put(url, json=body, auth=ADMINISTRATOR, timeout=30)
    assert made.ok, made.text
    return made.json()["token"]


def all_secrets(server, key):
    """What may stand before the @ of a clone address, by the kind of secret."""
    tokens = "access-tokens/latest"
    application = oauth.client(server, *oauth.register(server, "REPO_WRITE"))
    return {
        "password": ADMINISTRATOR,
        "app password": ("admin", make(server, "app-passwords/latest/users/admin", "REPO_WRITE")),
        "user token": ("admin", make(server, f"{tokens}/users/admin", "REPO_WRITE")),
        "project token": (
            "x-token-auth",
            make(server, f"{tokens}/projects/{key}", "PROJECT_WRITE"),
        ),
        "repository token": (
            "x-token-auth",
            make(server, f"{tokens}/projects/{key}/repos/repo", "REPO_WRITE"),
        ),
        "OAuth token": ("admin", oauth.complete(server, application)["access_token"]),
    }


def test_each_clones_and_pushes(own_server, tmp_path):
    key = "P" + uuid.uuid4().hex[:8].upper()
    address = own_server.repository(key)
    git("push", "-q", address, "main", cwd=work_tree(tmp_path / "work"))
    held = all_secrets(own_server, key)
    ways = {
        name: (own_server.address(f"{key.lower()}/repo.git", pair), {})
        for name, pair in held.items()
    }
    over_ssh = own_server.over("ssh").address(f"{key.lower()}/repo.git")
    own_key, access_key = ssh_keys.make(tmp_path / "own"), ssh_keys.make(tmp_path / "access")
    own_server.ssh_key(own_key)
    _let_in(own_server, key, access_key)
    for name, ssh_key in (("user key", own_key), ("access key", access_key)):
        ways[name] = (over_ssh, {"GIT_SSH_COMMAND": ssh_keys.command(ssh_key)})

    head = ""
    for number, (name, (url, environment)) in enumerate(ways.items()):
        copy = f"copy{number}"
        git("clone", "-q", url, copy, cwd=tmp_path, env=environment)
        if head:
            assert git("rev-parse", "HEAD", cwd=tmp_path / copy) == head, name
        head = commit(tmp_path / copy, f"by {name}", name)
        git("push", "-q", "origin", "main", cwd=tmp_path / copy, env=environment)
        assert git("ls-remote", address, "main", cwd=tmp_path).split()[0] == head, name


def _let_in(server, key, ssh_key):
    body = {
        "key": {"text": ssh_key.with_suffix(".pub").read_text()},
        "permission": "REPO_WRITE",
    }
    url = f"{server.url}/rest/keys/1.0/projects/{key}/repos/repo/ssh"
    assert requests.post(url, json=body, auth=ADMINISTRATOR, timeout=30).status_code == 201


def test_no_secret_is_in_logs_process_lists_pages_or_audit(own_server, tmp_path):
    server = own_server
    key = "P" + uuid.uuid4().hex[:8].upper()
    address = server.repository(key)
    work = work_tree(tmp_path / "work")
    commit(work, "noise", secrets.token_bytes(3_000_000))
    git("push", "-q", address, "main", cwd=work)
    held = all_secrets(server, key)
    texts = {text for _, text in held.values()}
    # What people type into the wrong field, and old or mistyped ones.
    slip, wrong = f"slip-{secrets.token_hex(8)}", f"BBDC-{secrets.token_urlsafe(24)}"
    texts |= {slip, wrong}
    who = f"{server.url}/rest/api/latest/projects"
    requests.get(who, auth=(slip, "x"), timeout=30)
    requests.get(who, auth=("admin", wrong), timeout=30)
    requests.get(who, headers={"Authorization": f"Bearer {wrong}"}, timeout=30)
    session = requests.Session()
    page = session.get(f"{server.url}/login", timeout=30).text
    form = {"csrfmiddlewaretoken": oauth._field(page), "j_username": slip, "j_password": wrong}
    assert session.post(f"{server.url}/j_atl_security_check", form, timeout=30).status_code == 401

    seen, done = [], threading.Event()

    def watch():
        while not done.wait(0.02):
            listed = subprocess.run(
                ["ps", "-eo", "pid,args", "ww"], capture_output=True, text=True, check=True
            ).stdout
            mine = {str(server.pid), *map(str, _below(server.pid))}
            seen.extend(line for line in listed.splitlines() if line.split()[0] in mine)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number, pair in enumerate(held.values()):
            url = server.address(f"{key.lower()}/repo.git", pair)
            git("clone", "-q", "--bare", url, f"copy{number}", cwd=tmp_path)
            commit(work, "noise", secrets.token_bytes(1_000_000))
            git("push", "-q", url, "main", cwd=work)
    finally:
        done.set()
        watcher.join()

    browser = oauth.Browser(server).session
    shown = [browser.get(f"{server.url}{page}", timeout=30) for page in SESSION_PAGES]
    assert {answer.status_code for answer in shown} == {200}
    audit = [
        requests.get(f"{server.url}/rest/auditing/1.0/{path}", auth=ADMINISTRATOR, timeout=30)
        for path in ("events?limit=1000", "events/export", "events/export?format=json")
    ]
    assert {answer.status_code for answer in audit} == {200}
    assert any("git" in line and "pack" in line for line in seen), "no child was ever seen"
    for text in texts:
        assert text not in server.log.read_text()
        assert not [line for line in seen if text in line]
        assert not [answer.url for answer in [*shown, *audit] if text in answer.text]
    # What is kept of them is of no use to who reads the database.
    database = (server.home / "bitbucket.db").read_bytes() if "DATABASE_URL" not in server.environment else b""  # fmt: skip
    assert not [text for text in texts if text.encode() in database]


def _below(pid):
    """The pids of all that a process started, children of children included."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[1:]
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed}
    found, wanted = set(), {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted} - found
        found |= wanted
    return found
