"""The matrix over Git: every kind of caller clones, fetches and pushes, over HTTP and over SSH.

What each may is told here by hand: `r` clone and fetch, `w` push.
"""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests import ssh_keys
from tests.builders import git
from tests.git import test_oauth_client as oauth
from tests.git.histories import work_tree
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

# People, by what was granted to them on the private repository, and how.
PEOPLE = {
    "none": "",
    "read": "r",
    "write": "rw",
    "admin": "rw",
    "project admin": "rw",
    "system admin": "rw",
    "switched off": "",
}
GRANTS = {
    "read": ("/repos/repo", "REPO_READ"),
    "write": ("/repos/repo", "REPO_WRITE"),
    "admin": ("/repos/repo", "REPO_ADMIN"),
    "project admin": ("", "PROJECT_ADMIN"),
    "switched off": ("", "PROJECT_ADMIN"),
}
# Secrets of somebody who may everything: what is left is what the secret leaves.
APP_PASSWORDS = {
    "ACCOUNT_READ": "",
    "ACCOUNT_WRITE": "",
    "PROJECT_READ": "",
    "PROJECT_WRITE": "",
    "PROJECT_ADMIN": "",
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rw",
    "REPO_DELETE": "r",
    "PULL_REQUEST_READ": "r",
    "PULL_REQUEST_WRITE": "r",
    "WEBHOOK": "r",
}
TOKENS = {
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rw",
    "PROJECT_READ": "r",
    "PROJECT_WRITE": "rw",
    "PROJECT_ADMIN": "rw",
}
OAUTH = {
    "PUBLIC_REPOS": "",
    "ACCOUNT_WRITE": "",
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rw",
    "PROJECT_ADMIN": "rw",
    "ADMIN_WRITE": "rw",
    "SYSTEM_ADMIN": "rw",
}
ACCESS_KEYS = {
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "PROJECT_READ": "r",
    "PROJECT_WRITE": "rw",
}

HTTP = {
    "anonymous": "",
    **PEOPLE,
    **{f"app password {name}": may for name, may in APP_PASSWORDS.items()},
    **{f"token {name}": may for name, may in TOKENS.items()},
    **{f"project token {name}": may for name, may in TOKENS.items()},
    **{f"repository token {name}": TOKENS[name] for name in TOKENS if name.startswith("REPO")},
    **{f"OAuth {name}": may for name, may in OAUTH.items()},
    "app password of who is switched off": "",
    "token of who is switched off": "",
    "revoked token": "",
    "token of another project": "",
}
SSH = {
    "unknown key": "",
    **PEOPLE,
    **{f"access key {name}": may for name, may in ACCESS_KEYS.items()},
    "access key of another project": "",
    "revoked access key": "",
}


@dataclass
class Caller:
    """How somebody comes: the name and password before the @, a header, or a key."""

    pair: tuple[str, str] | None = None
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def bearer(text: str) -> Caller:
    return Caller(options=("-c", f"http.extraHeader=Authorization: Bearer {text}"))


def unasked(pair: tuple[str, str]) -> Caller:
    """Who shows name and password at once, where git shows them only when it is asked."""
    shown = base64.b64encode(":".join(pair).encode()).decode()
    return Caller(options=("-c", f"http.extraHeader=Authorization: Basic {shown}"))


class World:
    """A private repository on a running server, a public one beside it, another project, and all callers."""

    def __init__(self, server, folder: Path):
        self.server, self.folder = server, folder
        self.key = "P" + uuid.uuid4().hex[:8].upper()
        self.other = "P" + uuid.uuid4().hex[:8].upper()
        private = server.repository(self.key)
        server.repository(self.other)
        server.rest("POST", f"projects/{self.key}/repos", {"name": "open", "public": True})
        self.work = work_tree(folder / "work")
        for address in (private, private.replace("/repo.git", "/open.git")):
            git("push", "-q", address, "main", cwd=self.work)
        number = server.rest("GET", f"projects/{self.key}/repos/repo")["id"]
        self.on_disk = server.path_of(number)
        self.tip = git("rev-parse", "main", cwd=self.work)
        self.http: dict[str, Caller] = {"anonymous": Caller()}
        self.ssh: dict[str, Caller] = {"unknown key": self.keeper("unknown")}
        self._people()
        self._secrets()
        self._access_keys()

    def address(self, way: str, caller: Caller, name: str = "repo") -> str:
        path = f"{self.key.lower()}/{name}.git"
        if way == "ssh":
            return f"ssh://git@127.0.0.1:{self.server.ssh_port}/{path}"
        if caller.pair:
            return self.server.address(path, caller.pair)
        return f"{self.server.url}/scm/{path}"

    def keeper(self, name: str) -> Caller:
        """Who comes with a key made for them."""
        key = ssh_keys.make(self.folder / f"key of {name}".replace(" ", "-"))
        return Caller(environment={"GIT_SSH_COMMAND": ssh_keys.command(key)})

    def public_key(self, name: str) -> Path:
        return self.folder / f"key of {name}".replace(" ", "-")

    def _rest(self, method, path, body=None, user=ADMINISTRATOR):
        url = f"{self.server.url}/rest/{path}"
        answer = requests.request(method, url, json=body, auth=user, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def _people(self) -> None:
        for name in PEOPLE:
            self.ssh[name] = self.keeper(name)
            if name == "system admin":
                self.http[name] = Caller(ADMINISTRATOR)
                self.server.ssh_key(self.public_key(name))
                continue
            pair = (f"{name.replace(' ', '-')}-{self.key.lower()}", ADMINISTRATOR[1])
            fields = {"displayName": name, "emailAddress": "a@example.com", "password": pair[1]}
            self.server.rest("POST", "admin/users", name=pair[0], **fields)
            self.http[name] = Caller(pair)
            self.server.ssh_key(self.public_key(name), pair)
            if name in GRANTS:
                where, step = GRANTS[name]
                path = f"projects/{self.key}{where}/permissions/users"
                self.server.rest("PUT", path, name=pair[0], permission=step)
            if name == "switched off":
                self._switch_off(pair)

    def _switch_off(self, pair) -> None:
        for kind, path in (("app password", "app-passwords"), ("token", "access-tokens")):
            body = {"name": "own", "permissions": ["REPO_WRITE"]}
            made = self._rest("PUT", f"{path}/latest/users/{pair[0]}", body, pair)
            self.http[f"{kind} of who is switched off"] = Caller((pair[0], made["token"]))
        browser = oauth.Browser(self.server)
        page = f"{self.server.url}/admin/users/view?name={pair[0]}"
        token = oauth._field(browser.session.get(page, timeout=30).text)
        form = {"action": "off", "csrfmiddlewaretoken": token}
        assert browser.session.post(page, form, timeout=30).ok

    def _secrets(self) -> None:
        def made(path: str, permission: str) -> dict[str, str]:
            body = {"name": uuid.uuid4().hex, "permissions": [permission]}
            return self._rest("PUT", path, body)

        tokens = "access-tokens/latest"
        for name in APP_PASSWORDS:
            text = made("app-passwords/latest/users/admin", name)["token"]
            self.http[f"app password {name}"] = Caller(("admin", text))
        for name in TOKENS:
            text = made(f"{tokens}/users/admin", name)["token"]
            self.http[f"token {name}"] = bearer(text)
            text = made(f"{tokens}/projects/{self.key}", name)["token"]
            self.http[f"project token {name}"] = Caller(("x-token-auth", text))
            if name.startswith("REPO"):
                text = made(f"{tokens}/projects/{self.key}/repos/repo", name)["token"]
                self.http[f"repository token {name}"] = bearer(text)
        for name in OAUTH:
            pair = oauth.register(self.server, name)
            session = oauth.client(self.server, *pair, scope=name)
            self.http[f"OAuth {name}"] = bearer(
                oauth.complete(self.server, session)["access_token"]
            )
        text = made(f"{tokens}/projects/{self.other}", "PROJECT_ADMIN")["token"]
        self.http["token of another project"] = bearer(text)
        revoked = made(f"{tokens}/users/admin", "REPO_WRITE")
        self.http["revoked token"] = bearer(revoked["token"])
        self._rest("DELETE", f"{tokens}/users/admin/{revoked['id']}")

    def _access_keys(self) -> None:
        for name in ACCESS_KEYS:
            place = f"projects/{self.key}" + ("/repos/repo" if name.startswith("REPO") else "")
            self._access_key(f"access key {name}", place, name)
        self._access_key("access key of another project", f"projects/{self.other}", "PROJECT_WRITE")
        place = f"projects/{self.key}/repos/repo"
        number = self._access_key("revoked access key", place, "REPO_WRITE")
        self._rest("DELETE", f"keys/1.0/{place}/ssh/{number}")

    def _access_key(self, name: str, place: str, step: str) -> int:
        self.ssh[name] = self.keeper(name)
        text = self.public_key(name).with_suffix(".pub").read_text()
        body = {"key": {"text": text}, "permission": step}
        return self._rest("POST", f"keys/1.0/{place}/ssh", body)["key"]["id"]


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield World(server, tmp_path_factory.mktemp("callers"))


def does(world: World, caller: Caller, *words: str, cwd: Path) -> bool:
    """Run git as this caller; whether it worked. A refusal is one, and no accident of the server's."""
    try:
        git(*caller.options, *words, cwd=cwd, env=caller.environment)
    except AssertionError as told:
        assert not re.search(r"error: 5\d\d|early EOF|hung up unexpectedly|Traceback", str(told))
        return False
    return True


@pytest.mark.parametrize(
    ("way", "name"), [("http", name) for name in HTTP] + [("ssh", name) for name in SSH]
)
def test_clone_fetch_and_push(world, tmp_path, way, name):
    caller = getattr(world, way)[name]
    may = (HTTP if way == "http" else SSH)[name]
    address = world.address(way, caller)

    assert does(world, caller, "clone", "-q", "--bare", address, "copy", cwd=tmp_path) == (
        "r" in may
    )
    git("init", "-q", "--bare", "empty", cwd=tmp_path)
    empty = tmp_path / "empty"
    assert does(world, caller, "fetch", "-q", address, "main:main", cwd=empty) == ("r" in may)
    branch = f"refs/heads/{way}-{name.replace(' ', '-')}"
    pushed = does(world, caller, "push", "-q", address, f"main:{branch}", cwd=world.work)
    assert pushed == ("w" in may)

    assert (tmp_path / "copy").exists() == ("r" in may)
    got = git("for-each-ref", "--format=%(objectname)", cwd=empty)
    assert got == (world.tip if "r" in may else "")
    there = git("for-each-ref", "--format=%(objectname)", branch, cwd=world.on_disk)
    assert there == (world.tip if "w" in may else "")


@pytest.mark.parametrize(
    ("way", "name", "may"),
    [
        ("http", "anonymous", True),
        ("http", "none", True),
        ("http", "OAuth PUBLIC_REPOS", True),
        ("http", "switched off", False),
        ("http", "revoked token", False),
        ("ssh", "none", True),
        ("ssh", "unknown key", False),
        ("ssh", "switched off", False),
    ],
)
def test_what_is_public_is_read_by_all_who_are_not_refused_and_written_by_none(
    world, tmp_path, way, name, may
):
    caller = getattr(world, way)[name]
    if caller.pair and not may:
        # Nobody is asked for a name here, so git would come as anybody.
        caller = unasked(caller.pair)
    address = world.address(way, caller, "open")
    assert does(world, caller, "clone", "-q", "--bare", address, "copy", cwd=tmp_path) == may
    assert not does(world, caller, "push", "-q", address, f"main:{name}", cwd=world.work)
