"""SSH as it is used and abused: keys, access keys, what is served and what never is."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
import uuid

import pytest
import requests

from tests import ssh_keys
from tests.builders import git
from tests.git.histories import work_tree
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow


@pytest.fixture
def place(server):
    return server.over("ssh")


@pytest.fixture
def key(tmp_path):
    """A key that nobody has registered yet."""
    return ssh_keys.make(tmp_path / "a-key")


def ssh(place, *words, key=None, options=(), given=""):
    """Call ssh as a user would; gives status and all that was said."""
    done = subprocess.run(
        [
            *shlex.split(ssh_keys.command(key)),
            *options,
            "-p",
            str(place.ssh_port),
            "git@127.0.0.1",
            *words,
        ],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def rest(place, method, path, body=None, user=ADMINISTRATOR):
    return requests.request(method, f"{place.url}/rest/{path}", auth=user, json=body, timeout=30)


def let_in(place, key, where, permission):
    body = {"key": {"text": key.with_suffix(".pub").read_text()}, "permission": permission}
    answer = rest(place, "POST", f"keys/1.0/{where}/ssh", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]["id"]


def by(key):
    return {"GIT_SSH_COMMAND": ssh_keys.command(key)}


def test_whoami_prints_the_user_and_a_shell_is_refused(place):
    assert ssh(place, "whoami") == (0, "admin\n")
    status, said = ssh(place)
    assert status == 1
    assert "no shell" in said


@pytest.mark.parametrize(
    "command",
    [
        "id",
        "sh -c id",
        "git-upload-pack",
        "git-upload-pack 'prj/repo.git'; id",
        "git-upload-pack 'prj/repo.git' && id",
        "git-upload-pack 'prj/../repo.git'",
        "git-upload-pack '../x.git'",
        "git-upload-pack '/etc/passwd/x/y'",
        "git-upload-pack --strict 'prj/repo.git'",
        "git-upload-pack '--upload-pack=id/x'",
        "git-upload-pack 'prj/repo.git' 'prj/repo.git'",
        'git-upload-pack "prj/repo.git"',
        "git-upload-pack 'prj/`id`.git'",
        "git-upload-pack 'prj/repo.git\nid'",
        "git-shell -c id",
        "git-lfs-authenticate prj/repo.git x",
        "git-receive-pack $(id)/x",
        "scp -f /etc/passwd",
        "git upload-pack  'prj/repo.git'",
        "x" * 10_000,
    ],
)
def test_nothing_but_git_on_a_repository_is_run(place, command):
    status, said = ssh(place, command)
    assert status == 1
    assert "are served" in said or "does not exist" in said
    assert "uid=" not in said


def test_no_terminal_no_forwarding_no_subsystem(place):
    status, said = ssh(place, "whoami", options=["-tt"])
    assert "admin" not in said or "PTY allocation request failed" in said
    status, said = ssh(place, options=["-s"], key=None)
    assert status != 0
    for command in ("sftp",):
        status, said = ssh(place, command, options=["-s"])
        assert status != 0
    port = _free_port()
    tunnel = subprocess.Popen(
        [
            *shlex.split(ssh_keys.command()),
            "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:{place.port}",
            "-p", str(place.ssh_port), "git@127.0.0.1",
        ],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _wait_for(port)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/status", timeout=10)
    finally:
        tunnel.kill()
        tunnel.wait()
    status, said = ssh(
        place, "whoami", options=["-R", "0:127.0.0.1:22", "-o", "ExitOnForwardFailure=yes"]
    )
    assert status != 0
    assert ssh(place, "whoami", options=["-A", "-X"])[1].strip().endswith("admin")


def test_variables_of_the_client_reach_no_child(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work")
    git("push", "-q", address, "main", cwd=work)
    trace = tmp_path / "trace"
    environment = {
        "GIT_SSH_COMMAND": f"{ssh_keys.command()} -o SendEnv=GIT_TRACE -o SendEnv=GIT_PROTOCOL",
        "GIT_TRACE": str(trace),
    }
    git("ls-remote", address, cwd=work, env=environment)
    assert "git-upload-pack" in trace.read_text()
    assert "built-in: git upload-pack" not in trace.read_text()


def test_an_unknown_key_and_a_password_are_refused(place, key):
    status, said = ssh(place, "whoami", key=key)
    assert status == 255
    assert "Permission denied (publickey)" in said
    status, said = ssh(
        place, "whoami", key=key, options=["-o", "PreferredAuthentications=password"]
    )
    assert status == 255


def test_a_removed_key_is_refused_and_so_is_its_open_connection(place, key, tmp_path):
    name = f"u{uuid.uuid4().hex[:8]}"
    user = place.user(name)
    place.ssh_key(key, user)
    assert ssh(place, "whoami", key=key) == (0, f"{name}\n")
    # A connection that is shared outlives its key; its next command does not.
    control = [
        "-o",
        f"ControlPath={tmp_path}/c",
        "-o",
        "ControlMaster=auto",
        "-o",
        "ControlPersist=60",
    ]
    assert ssh(place, "whoami", key=key, options=control)[0] == 0
    assert rest(place, "DELETE", "ssh/1.0/keys", user=user).status_code == 204

    status, said = ssh(place, "whoami", key=key, options=control)
    assert status == 1
    assert name not in said
    ssh(place, key=key, options=[*control, "-O", "exit"])
    assert ssh(place, "whoami", key=key)[0] == 255


def test_a_switched_off_user_is_out_at_once(place, key):
    name = f"u{uuid.uuid4().hex[:8]}"
    user = place.user(name)
    place.ssh_key(key, user)
    assert ssh(place, "whoami", key=key)[0] == 0
    assert rest(place, "DELETE", f"api/1.0/admin/users?name={name}").ok
    assert ssh(place, "whoami", key=key)[0] == 255


def test_access_keys_read_or_write_where_they_stand_and_nowhere_else(place, tmp_path):
    address, elsewhere = place.repository(), place.repository()
    where = f"projects/{address.split('/')[-2]}/repos/repo"
    work = work_tree(tmp_path / "work")
    git("push", "-q", address, "main", cwd=work)
    reader = ssh_keys.make(tmp_path / "reader")
    writer = ssh_keys.make(tmp_path / "writer", "-t", "ecdsa")
    let_in(place, reader, where, "REPO_READ")
    number = let_in(place, writer, where.split("/repos")[0], "PROJECT_WRITE")

    git("clone", "-q", address, "read", cwd=tmp_path, env=by(reader))
    told = git("push", address, "main:other", cwd=work, env=by(reader), check=False)
    assert "You are not permitted to push" in told
    git("clone", "-q", address, "written", cwd=tmp_path, env=by(writer))
    git("push", "-q", address, "main:other", cwd=work, env=by(writer))
    for key in (reader, writer):
        told = git("ls-remote", elsewhere, cwd=work, env=by(key), check=False)
        assert "does not exist" in told
    assert "not a user's" in ssh(place, "whoami", key=reader)[1]

    answer = rest(place, "DELETE", f"keys/1.0/{where.split('/repos')[0]}/ssh/{number}")
    assert answer.status_code == 204
    assert "Permission denied" in git("ls-remote", address, cwd=work, env=by(writer), check=False)


def test_what_cannot_be_seen_does_not_exist(place, key, tmp_path):
    user = place.user(f"u{uuid.uuid4().hex[:8]}")
    place.ssh_key(key, user)
    address = place.repository()
    private = git("ls-remote", address, cwd=tmp_path, env=by(key), check=False)
    missing = git(
        "ls-remote", address.replace("/repo.", "/none."), cwd=tmp_path, env=by(key), check=False
    )
    assert private.replace("/repo ", "/none ") == missing

    public = place.repository(public=True)
    git("ls-remote", public, cwd=tmp_path, env=by(key))


def test_archives_by_branch_tag_and_id(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work", commits=3)
    git("tag", "-am", "t", "v1", cwd=work)
    git("push", "-q", address, "main", "v1", cwd=work)
    commit_id = git("rev-parse", "main", cwd=work)
    for form in ("tar", "zip", "tar.gz"):
        for name in ("main", "v1", "HEAD", commit_id):
            options = [f"--format={form}", "--prefix=x/", "-o", str(tmp_path / "mine")]
            git("archive", *options, name, "file1.txt", cwd=work)
            options[-1] = str(tmp_path / "theirs")
            git("archive", f"--remote={address}", *options, name, "file1.txt", cwd=work)
            if form != "zip":
                assert (tmp_path / "mine").read_bytes() == (tmp_path / "theirs").read_bytes()
    for wrong in (["nothing"], ["main", "no-such-file"], ["main~1"], ["main:file1.txt"]):
        told = git("archive", f"--remote={address}", *wrong, cwd=work, check=False)
        assert any(word in told for word in ("fatal", "error", "failed"))
    told = git(
        "archive", f"--remote={address}", "--remote=x", "--exec=id", "main", cwd=work, check=False
    )
    assert "uid=" not in told


def test_many_who_say_nothing_keep_nobody_out(place, tmp_path):
    address = place.repository()
    held = []
    try:
        for number in range(300):
            held.append(socket.create_connection(("127.0.0.1", place.ssh_port), timeout=10))
            if number % 3 == 0:
                held[-1].sendall(b"SSH-2.0-slow\r\n")
        assert ssh(place, "whoami") == (0, "admin\n")
        git("ls-remote", address, cwd=tmp_path)
    finally:
        for one in held:
            one.close()
    assert ssh(place, "whoami") == (0, "admin\n")


def test_a_client_that_leaves_in_mid_clone_leaves_no_child(place, tmp_path):
    address = place.repository()
    work = work_tree(tmp_path / "work")
    for number in range(4):
        (work / f"large{number}").write_bytes(_noise(8_000_000))
    git("add", ".", cwd=work)
    git("commit", "-qm", "large", cwd=work)
    git("push", "-q", address, "main", cwd=work)
    for version in (0, 2):
        cloning = subprocess.Popen(
            ["git", "-c", f"protocol.version={version}", "clone", "-q", address, f"c{version}"],
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": "/nonexistent",
                "GIT_SSH_COMMAND": ssh_keys.command(),
            },
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(0.4)
        subprocess.run(["pkill", "-9", "-s", str(cloning.pid)], check=False)
        cloning.wait()
    deadline = time.monotonic() + 20
    while place.children("upload-pack") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not place.children("upload-pack")
    git("clone", "-q", address, "after", cwd=tmp_path)


def test_host_keys_stay_and_are_told(place, tmp_path):
    scanned = subprocess.run(
        ["ssh-keyscan", "-p", str(place.ssh_port), "-t", "ed25519", "127.0.0.1"],
        capture_output=True,
        check=True,
    ).stdout
    shown = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=scanned, capture_output=True, check=True
    ).stdout.decode()
    told = rest(place, "GET", "ssh/1.0/settings").json()
    assert f"SHA256:{told['fingerprint']['value']} " in shown
    keys = list((place.home / "ssh").iterdir())
    assert {key.name for key in keys} == {"host_ed25519", "host_ecdsa", "host_rsa"}
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError


def _noise(size):
    with open("/dev/urandom", "rb") as source:
        return source.read(size)
