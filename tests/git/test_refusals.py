"""What a hostile or broken client sends: refused in words, nothing changed, the server goes on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import socket
import struct
import subprocess
import time
import zlib

import pytest
import requests

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

ZERO = "0" * 40


@pytest.fixture
def place(server, tmp_path):
    """A repository with a branch: its address for git, for plain HTTP, its files, a work tree."""
    address = server.repository()
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main", cwd=work)
    path = address.split("/scm/")[1]
    number = server.rest("GET", f"projects/{path.split('/')[0]}/repos/repo")["id"]
    return Place(server, address, f"{server.url}/scm/{path}", server.path_of(number), work)


class Place:
    def __init__(self, server, address, url, files, work):
        self.server, self.address, self.url, self.files, self.work = (
            server,
            address,
            url,
            files,
            work,
        )

    def post(self, service, body, **headers):
        return requests.post(
            f"{self.url}/{service}",
            data=body,
            auth=ADMINISTRATOR,
            headers={"Content-Type": f"application/x-{service}-request"} | headers,
            timeout=60,
        )

    def refs(self):
        return git("for-each-ref", cwd=self.files)

    def push_pack(self, pack, new, name="refs/heads/new", old=ZERO):
        command = f"{old} {new} {name}\0report-status"
        return self.post("git-receive-pack", line(command) + b"0000" + pack)

    def is_clean(self):
        return not [*self.files.glob("objects/incoming-*"), *self.files.glob("refs/**/*.lock")]


def line(text):
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return b"%04x" % (len(data) + 4) + data


def pack(*objects, count=None):
    """A pack of undeltified objects, each a kind (1 commit, 2 tree, 3 blob) and its data."""
    parts = [b"PACK", struct.pack(">II", 2, len(objects) if count is None else count)]
    for kind, data in objects:
        size, first = len(data) >> 4, len(data) & 15
        header = bytes([(kind << 4) | first | (128 if size else 0)])
        while size:
            header += bytes([(size & 127) | (128 if size > 127 else 0)])
            size >>= 7
        parts += [header, zlib.compress(data)]
    body = b"".join(parts)
    return body + hashlib.sha1(body).digest()


def object_id(kind, data):
    name = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}[kind]
    return hashlib.sha1(b"%s %d\0%s" % (name, len(data), data)).hexdigest()


def commit_of(tree):
    return f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n".encode()


def tree_with(*entries):
    """A tree; each entry a mode, a name, an id in hex."""
    return b"".join(b"%s %s\0%s" % (m, n, bytes.fromhex(i)) for m, n, i in entries)


@pytest.mark.parametrize(
    "query",
    [
        "service=git-upload-pack&service=git-receive-pack",
        "service=git-upload-pack&service=git-upload-pack",
        "service=git-upload-archive",
        "service=",
        "service=git-upload-pack%0a",
    ],
)
def test_one_service_is_named_or_none_is_served(place, query):
    answer = requests.get(f"{place.url}/info/refs?{query}", auth=ADMINISTRATOR, timeout=30)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["HEAD", "config", ".git/config", "objects/info/packs", "objects/info/alternates", "hooks/update",
     "logs/HEAD", "info/refs", "", "git-upload-archive", "../x", "packed-refs"],
)  # fmt: skip
def test_the_dumb_protocol_and_everything_else_is_404(place, path):
    answer = requests.get(f"{place.url}/{path}", auth=ADMINISTRATOR, timeout=30)
    assert answer.status_code == 404


def test_the_wrong_method_or_media_type_is_refused(place):
    get = requests.get(f"{place.url}/git-upload-pack", auth=ADMINISTRATOR, timeout=30)
    assert get.status_code == 405
    odd = place.post("git-upload-pack", b"0000", **{"Content-Type": "text/plain"})
    assert odd.status_code == 415
    other = {"Content-Type": "application/x-git-upload-pack-request"}
    assert place.post("git-receive-pack", b"0000", **other).status_code == 415


@pytest.mark.parametrize("service", ["git-upload-pack", "git-receive-pack"])
@pytest.mark.parametrize("version", ["", "version=1", "version=2"])
@pytest.mark.parametrize(
    "body",
    [
        b"0003", b"0001", b"0002x", b"ffff short", b"zzzz", b"+005a", b"-001", b"0005", b"000",
        b"0009want", b"\x00" * 100, b"0014command=ls-refs\n00010000" * 3, b"0011command=evil0000",
        b"0032want 0000000000000000000000000000000000000000\n0000",
        b"0032want zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n0000", b"0000", b"",
    ],
)  # fmt: skip
def test_malformed_packets_change_nothing(place, service, version, body):
    before = place.refs()

    answer = place.post(service, body, **{"Git-Protocol": version} if version else {})

    assert answer.status_code < 500
    assert place.refs() == before
    assert place.is_clean()


@pytest.mark.parametrize(
    "broken",
    [
        b"PACK",
        b"",
        b"NOTAPACK" * 10,
        pack((3, b"x"))[:-5],
        pack((3, b"x"))[:-20] + b"\0" * 20,
        pack((3, b"x"), count=4_000_000_000),
        pack((3, b"x"), count=2),
        b"PACK"
        + struct.pack(">II", 2, 1)
        + bytes([0x71])
        + b"\x11" * 20
        + zlib.compress(b"\x01\x01\x01x"),
    ],
)
def test_a_broken_pack_is_refused_and_leaves_nothing(place, broken):
    before = place.refs()

    answer = place.push_pack(broken, "1" * 40)

    assert answer.status_code == 200
    assert b"unpack " in answer.content
    assert b"unpack ok" not in answer.content
    assert b"ng refs/heads/new" in answer.content
    assert str(place.files).encode() not in answer.content
    assert place.refs() == before
    assert place.is_clean()


def test_a_pack_whose_objects_are_not_all_there_is_refused(place):
    blob = object_id(3, b"never sent")
    tree = tree_with((b"100644", b"file", blob))
    made = commit_of(object_id(2, tree))

    answer = place.push_pack(pack((2, tree), (1, made)), object_id(1, made))
    assert b"ng refs/heads/new" in answer.content
    assert "refs/heads/new" not in place.refs()
    # An id that exists nowhere, without any pack that could bring it.
    answer = place.push_pack(pack(), "1" * 40)
    assert b"ng refs/heads/new missing necessary objects" in answer.content
    assert place.is_clean()


@pytest.mark.parametrize(
    "name",
    [b".git", b".GIT", b"git~1", b"..", b".", b"a/b", b"", b".g\xe2\x80\x8cit"],
)
def test_a_tree_that_could_harm_a_check_out_is_refused(place, name):
    blob = b"x"
    inner = tree_with((b"100644", b"file", object_id(3, blob)))
    tree = tree_with((b"40000", name, object_id(2, inner)))
    made = commit_of(object_id(2, tree))

    answer = place.push_pack(pack((3, blob), (2, inner), (2, tree), (1, made)), object_id(1, made))

    assert b"ng refs/heads/new" in answer.content
    assert "refs/heads/new" not in place.refs()


def test_a_hostile_gitmodules_is_refused(place):
    modules = b'[submodule "../../x"]\n\tpath = x\n\turl = -u./payload\n'
    tree = tree_with((b"100644", b".gitmodules", object_id(3, modules)))
    made = commit_of(object_id(2, tree))

    answer = place.push_pack(pack((3, modules), (2, tree), (1, made)), object_id(1, made))

    assert b"ng refs/heads/new" in answer.content


def test_only_history_below_its_boundary_is_a_shallow_update(place):
    head = git("rev-parse", "main", cwd=place.work)
    commands = line(f"shallow {head}") + line(f"{ZERO} {'1' * 40} refs/heads/new\0report-status")

    answer = place.post("git-receive-pack", commands + b"0000" + pack())

    assert b"ng refs/heads/new missing necessary objects" in answer.content


def test_good_refs_pass_among_many_bad_ones(place):
    wanted = {f"refs/heads/bad{number}": f"{number:040x}" for number in range(1, 101)}
    wanted["refs/heads/good"] = git("rev-parse", "main", cwd=place.work)
    commands = [f"{ZERO} {new} {name}" for name, new in wanted.items()]
    commands[0] += "\0report-status"

    answer = place.post("git-receive-pack", b"".join(map(line, commands)) + b"0000" + pack())

    assert answer.content.count(b"missing necessary objects") == 100
    assert b"ok refs/heads/good" in answer.content


def test_a_duplicate_entry_in_a_tree_is_refused(place):
    blob = object_id(3, b"x")
    tree = tree_with((b"100644", b"a", blob), (b"100644", b"a", blob))
    made = commit_of(object_id(2, tree))

    answer = place.push_pack(pack((3, b"x"), (2, tree), (1, made)), object_id(1, made))

    assert b"ng refs/heads/new" in answer.content


@pytest.mark.parametrize(
    "name",
    ["refs/heads/..", "refs/heads/a..b", "refs/heads/x.lock", "refs/heads/a b", "refs/heads/@{u}",
     "refs/heads/a\x07", "HEAD", "refs/x", "refs/heads/" + "x" * 3000, "refs/heads/a//b", "config",
     "refs/heads/.x", "../../x", "refs/heads/a^b"],
)  # fmt: skip
def test_a_name_that_git_would_not_have_is_refused(place, name):
    new = git("rev-parse", "main", cwd=place.work)

    answer = place.push_pack(pack(), new, name=name)

    assert b"ng " in answer.content
    assert b"ok " not in answer.content.replace(b"unpack ok", b"")


@pytest.mark.parametrize(
    "name", ["refs/pull-requests/1/from", "refs/pull-requests/9/merge", "refs/internal/x"]
)
def test_refs_of_the_server_are_neither_made_nor_deleted(place, name):
    new = git("rev-parse", "main", cwd=place.work)
    assert b"belong to the server" in place.push_pack(pack(), new, name=name).content

    git("update-ref", name, new, cwd=place.files)
    deleted = place.post("git-receive-pack", line(f"{new} {ZERO} {name}\0report-status") + b"0000")
    assert b"belong to the server" in deleted.content
    assert name in place.refs()


def test_a_push_is_not_told_of_refs_that_it_could_not_move(place):
    """There may be thousands of them; git hides them in the same way (receive.hideRefs)."""
    head = git("rev-parse", "main", cwd=place.work)
    git("update-ref", "refs/pull-requests/1/from", head, cwd=place.files)

    pushing, fetching = (
        requests.get(
            f"{place.url}/info/refs?service={service}", auth=ADMINISTRATOR, timeout=60
        ).content
        for service in ("git-receive-pack", "git-upload-pack")
    )

    assert b"refs/heads/main" in pushing and b"refs/pull-requests/" not in pushing
    assert b"refs/pull-requests/1/from" in fetching


def test_push_options_and_long_protocol_headers_are_bounded(place):
    git(
        "-c",
        "push.pushOption=ci.skip",
        "push",
        "-q",
        place.address,
        "main:with-option",
        cwd=place.work,
    )
    long = {"Git-Protocol": "version=2:" + "x" * 5000}
    url = f"{place.url}/info/refs?service=git-upload-pack"
    answer = requests.get(url, auth=ADMINISTRATOR, headers=long, timeout=30)
    assert answer.status_code == 200
    assert b"version 2" not in answer.content
    command = f"{ZERO} {'1' * 40} refs/heads/x\0report-status push-options"
    options = b"".join(line("x" * 60000) for _ in range(2000))
    answer = place.post("git-receive-pack", line(command) + b"0000" + options + b"0000")
    assert answer.status_code in {400, 413} or b"push options are taken" in answer.content
    refused = place.post("git-receive-pack", line("push-cert\0x") + b"0000")
    assert b"ERR push certificates are not taken" in refused.content


def test_a_bomb_is_not_inflated(place):
    bomb = gzip.compress(b"0009done\n" * 20_000_000)

    answer = place.post("git-upload-pack", bomb, **{"Content-Encoding": "gzip"})

    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("br", b"x", 415),
        ("gzip", b"not gzip at all", 400),
        ("gzip", gzip.compress(b"0032want " + b"1" * 40 + b"\n", mtime=0)[:-12], 400),
        ("gzip, gzip", b"x", 415),
    ],
)
def test_an_encoding_that_we_do_not_read_is_refused(place, encoding, body, status):
    answer = place.post("git-upload-pack", body, **{"Content-Encoding": encoding})
    assert answer.status_code == status


def test_a_length_beside_chunks_is_refused(place):
    """Two ways to tell where a request ends are one too many (request smuggling)."""
    with socket.create_connection(("127.0.0.1", place.server.port), 10) as connection:
        connection.sendall(
            b"POST /scm/x/y.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")


def test_environment_in_headers_reaches_no_child(place):
    headers = {"GIT-DIR": "/etc", "Git-Config-Count": "1", "GIT_TRACE": "/tmp/trace-of-a-client"}
    url = f"{place.url}/info/refs?service=git-upload-pack"
    assert requests.get(url, auth=ADMINISTRATOR, headers=headers, timeout=30).status_code == 200


def test_an_object_that_no_shown_ref_reaches_is_not_given(place):
    lost = commit(place.work, "secret", "secret")
    git("push", "-q", place.address, "main:gone", cwd=place.work)
    git("push", "-q", place.address, ":gone", cwd=place.work)

    for version in (0, 1, 2):
        told = git(
            "-c", f"protocol.version={version}", "fetch", place.address, lost,
            cwd=place.work.parent, env={"GIT_DIR": str(_empty(place, version))}, check=False,
        )  # fmt: skip
        assert "not our ref" in told


def _empty(place, version):
    folder = place.work.parent / f"empty{version}.git"
    git("init", "-q", "--bare", str(folder), cwd=place.work.parent)
    return folder


@pytest.mark.parametrize(
    "request_lines",
    [
        ["deepen 99999999999999999999"],
        ["deepen 2147483648"],
        ["filter sparse:oid=main:x"],
        ["filter blob:limit=zzz"],
        ["deepen-not --output=/tmp/x"],
        ["shallow zzz"],
    ],
)
def test_odd_limits_of_a_fetch_are_bounded(place, request_lines):
    tip = git("rev-parse", "main", cwd=place.work)
    lines = ["command=fetch"]
    body = b"".join(map(line, lines)) + b"0001" + line(f"want {tip}")
    body += b"".join(map(line, request_lines)) + line("done") + b"0000"

    answer = place.post("git-upload-pack", body, **{"Git-Protocol": "version=2"})

    assert answer.status_code < 500


def test_endless_wants_are_bounded(place):
    wants = b"".join(line(f"want {number:040x}") for number in range(120_000))
    body = line("command=fetch") + b"0001" + wants + line("done") + b"0000"

    answer = place.post("git-upload-pack", body, **{"Git-Protocol": "version=2"})

    assert answer.status_code == 400 or b"ERR upload-pack: " in answer.content


def test_a_push_that_is_not_allowed_is_refused_before_the_pack_is_read(place):
    path = place.url.removeprefix(place.server.url)
    with socket.create_connection(("127.0.0.1", place.server.port), 10) as connection:
        connection.sendall(
            f"POST {path}/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n"
            "Content-Length: 1000000000\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")


def test_git_ends_when_its_client_leaves(place):
    work = place.work
    commit(
        work,
        "large.bin",
        subprocess.run(
            ["head", "-c", "40000000", "/dev/urandom"], capture_output=True, check=True
        ).stdout,
    )
    git("push", "-q", place.address, "main", cwd=work)
    tip = git("rev-parse", "main", cwd=work)
    body = line("command=fetch") + b"0001" + line(f"want {tip}") + line("done") + b"0000"
    path = place.url.removeprefix(place.server.url)
    secret = base64.b64encode(":".join(ADMINISTRATOR).encode()).decode()
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", place.server.port), 10)
        connection.sendall(
            f"POST {path}/git-upload-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {secret}\r\n"
            f"Git-Protocol: version=2\r\nContent-Type: application/x-git-upload-pack-request\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert connection.recv(2000).startswith(b"HTTP/1.1 200")
        connection.close()

    deadline = time.monotonic() + 20
    while place.server.children("upload-pack") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.server.children("upload-pack") == []


def test_five_thousand_refs_in_one_push(place):
    tip = git("rev-parse", "main", cwd=place.work)
    lines = "".join(f"create refs/heads/many/{number} {tip}\n" for number in range(5000))
    subprocess.run(
        ["git", "update-ref", "--stdin"], cwd=place.work, input=lines.encode(), check=True
    )

    git("push", "-q", place.address, "refs/heads/many/*:refs/heads/many/*", cwd=place.work)

    assert len(place.refs().splitlines()) == 5001


def test_stalled_clients_do_not_stop_the_others(place):
    """More than there are threads, stalled in the head, in the body, and before the first byte."""
    stalled = []
    head = b"POST /j_atl_security_check HTTP/1.1\r\nHost: x\r\n"
    for number in range(120):
        connection = socket.create_connection(("127.0.0.1", place.server.port), 10)
        connection.sendall((b"", head, head + b"Content-Le")[number % 3])
        stalled.append(connection)
    began = time.monotonic()
    for _ in range(5):
        assert requests.get(f"{place.server.url}/status", timeout=60).status_code == 200
    assert time.monotonic() - began < 50
    for connection in stalled:
        connection.close()


def test_a_push_that_breaks_off_leaves_nothing(place):
    before = place.refs()
    path = place.url.removeprefix(place.server.url)
    secret = base64.b64encode(":".join(ADMINISTRATOR).encode()).decode()
    body = line(f"{ZERO} {'1' * 40} refs/heads/x\0report-status") + b"0000PACK"
    for framing in (
        b"Content-Length: 5000\r\n\r\n" + body,
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body),
    ):
        connection = socket.create_connection(("127.0.0.1", place.server.port), 10)
        connection.sendall(
            f"POST {path}/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {secret}\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n".encode()
            + framing
        )
        time.sleep(0.5)
        connection.close()
    deadline = time.monotonic() + 20
    while not place.is_clean() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.is_clean()
    assert place.refs() == before


def test_a_push_to_a_repository_that_was_deleted_meanwhile_is_told(place, tmp_path):
    path = place.url.split("/scm/")[1].removesuffix(".git").split("/")
    place.server.rest("DELETE", f"projects/{path[0]}/repos/{path[1]}")
    commit(place.work, "late", "late")

    told = git("push", place.address, "main", cwd=place.work, check=False)

    assert "not found" in told.lower()


def test_the_same_ref_twice_in_one_push_moves_nothing(place):
    tip, before = (git("rev-parse", name, cwd=place.work) for name in ("main", "main~1"))
    name = "refs/heads/main"
    lines = line(f"{tip} {before} {name}\0report-status") + line(f"{tip} {ZERO} {name}")
    answer = place.post("git-receive-pack", lines + b"0000" + pack())
    assert answer.content.count(b"multiple updates") == 2
    assert git("rev-parse", name, cwd=place.files) == tip
    still = place.post(
        "git-receive-pack", line(f"{tip} {tip} {name}\0report-status") + b"0000" + pack()
    )
    assert b"stands there already" in still.content


ODD_HEADERS = [
    b"author A U <a@x 17 +0\ncommitter A U <a@x 17 +0",
    b"author nobody\ncommitter nobody",
    b"author A <a@x> xyz +0000\ncommitter A <a@x> xyz +0000",
    b"author A <a@x> 99999999999999999999999 +0000\ncommitter A <a@x> 99999999999999999999999 +0000",
    b"author A<a@x> 17 +0000\ncommitter A<a@x> 17 +0000",
    b"author A <a@x> 17 +9999999\ncommitter A <a@x> 17 +9999999",
    b"author A <a@x> 17 +0000\ncommitter A <a@x> 17 +0000\nencoding unicode_escape",
    b"author A <a@x> 17 +0000\ncommitter A <a@x> 17 +0000\nencoding utf-7",
]


@pytest.mark.parametrize("headers", ODD_HEADERS)
def test_untidy_objects_that_old_histories_hold_are_taken_and_read(place, headers):
    """What a push may bring in must be shown, cloned, and deleted again."""
    tree = git("rev-parse", "main^{tree}", cwd=place.work)
    message = b"hi \\ud800 +2AA- x\n"
    commit_data = b"tree " + tree.encode() + b"\n" + headers + b"\n\n" + message
    odd = object_id(1, commit_data)
    answer = place.push_pack(pack((1, commit_data)), odd, name="refs/heads/odd")
    if b"ok refs/heads/odd" not in answer.content:
        return  # Not tolerated: then it is not there, and nothing has to be read.
    tagger = headers.split(b"\n")[0].replace(b"author", b"tagger")
    tag_data = b"object " + odd.encode() + b"\ntype commit\ntag t\n" + tagger + b"\n\nt\n"
    made = hashlib.sha1(b"tag %d\0%s" % (len(tag_data), tag_data)).hexdigest()
    place.push_pack(pack((4, tag_data)), made, name="refs/tags/odd")

    path = place.url.split("/scm/")[1].removesuffix(".git").split("/")
    rest = f"{place.server.url}/rest/api/1.0/projects/{path[0]}/repos/{path[1]}"
    for address in ("branches", "branches?details=true", "tags", f"commits/{odd}", "commits?until=odd",
                    "browse?at=odd", "files?at=odd", "raw/file0.txt?at=odd"):  # fmt: skip
        shown = requests.get(f"{rest}/{address}", auth=ADMINISTRATOR, timeout=30)
        assert shown.status_code == 200, (address, shown.content)
    git("clone", "-q", "--mirror", place.address, "again", cwd=place.work.parent)
    git("push", "-q", place.address, ":refs/heads/odd", ":refs/tags/odd", cwd=place.work)
    assert "odd" not in place.refs()


@pytest.mark.parametrize("service", ["git-receive-pack", "git-upload-pack"])
@pytest.mark.parametrize(
    "framing", [b"ZZZ\r\n", b"ffffffffff\r\nx", b"5\r\nab", b"-1\r\n", b"5\r\nabcdeXX"]
)
def test_broken_chunks_are_a_refusal(place, service, framing):
    path = place.url.removeprefix(place.server.url)
    secret = base64.b64encode(":".join(ADMINISTRATOR).encode()).decode()
    with socket.create_connection(("127.0.0.1", place.server.port), 10) as connection:
        connection.sendall(
            f"POST {path}/{service} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {secret}\r\n"
            f"Content-Type: application/x-{service}-request\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + framing
        )
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(20)
        answer = connection.recv(1000)
    assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert requests.get(f"{place.server.url}/status", timeout=30).status_code == 200


def test_a_request_of_countless_tiny_lines_is_refused(place):
    lines = line("command=fetch") + b"0001" + b"0005x" * 150_000
    headers = {"Git-Protocol": "version=2", "Content-Encoding": "gzip"}

    answer = place.post("git-upload-pack", gzip.compress(lines), **headers)

    assert answer.status_code in {400, 413}, answer.text


@pytest.mark.parametrize("version", [0, 2])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--shallow-since=2100-01-01"], "no commits selected for shallow requests"),
        (["--filter=sparse:oid=main:x"], "filter 'sparse:oid' not supported"),
        (["--filter=combine:blob:none+sparse:oid=main:x"], "filter 'sparse:oid' not supported"),
        (["--shallow-exclude=nothing"], "deepen-not"),
    ],
)
@pytest.mark.parametrize("way", ["http", "ssh"])
def test_what_a_fetch_is_refused_is_told_in_words(place, tmp_path, version, options, sentence, way):
    server = place.server.over(way)
    address = server.address(place.url.split("/scm/")[1])
    protocol = f"protocol.version={version}"
    told = git("-c", protocol, "clone", *options, address, "copy", cwd=tmp_path, check=False)
    assert sentence in told
    assert "RPC failed" not in told


@pytest.mark.parametrize(
    "filter_spec",
    ["combine:sparse%3Aoid=main:x", "combine:blob:none+combine%3Asparse%253Aoid=main%253Ax"],
)
def test_a_filter_hidden_in_percent_signs(place, filter_spec):
    tip = git("rev-parse", "main", cwd=place.work)
    body = line("command=fetch") + b"0001" + line(f"want {tip}") + line(f"filter {filter_spec}")
    answer = place.post(
        "git-upload-pack", body + line("done") + b"0000", **{"Git-Protocol": "version=2"}
    )
    assert b"ERR upload-pack: filter 'sparse:oid' not supported" in answer.content


@pytest.mark.parametrize("way", ["http", "ssh"])
def test_a_branch_takes_only_commits(place, tmp_path, way):
    server = place.server.over(way)
    address = server.address(place.url.split("/scm/")[1])
    git("tag", "-a", "-m", "t", "annotated", cwd=place.work)
    told = git("push", address, "annotated:refs/heads/tagged", "main:refs/heads/fine",
               cwd=place.work, check=False)  # fmt: skip
    assert "a branch takes only commits, and this is a tag" in told
    listed = git("ls-remote", address, cwd=tmp_path)
    assert "refs/heads/fine" in listed and "refs/heads/tagged" not in listed


@pytest.mark.parametrize("way", ["http", "ssh"])
def test_too_many_push_options_are_refused_in_words(place, way):
    server = place.server.over(way)
    address = server.address(place.url.split("/scm/")[1])
    options = [f"--push-option=x{number}" for number in range(150)]
    told = git("push", *options, address, "main:refs/heads/other", cwd=place.work, check=False)
    assert "at most 100 push options are taken" in told
    assert "RPC failed" not in told
