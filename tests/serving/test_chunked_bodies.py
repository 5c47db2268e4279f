"""Clients that stream what they send (Go, Java, Node) are heard over the real server like all others."""

from __future__ import annotations

import json
import socket
import uuid
from base64 import b64encode

import pytest
import requests

from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
LIMIT = 5 * 1024 * 1024


def streamed(data: bytes, size: int = 7):
    """What `requests` sends in chunks, because it does not know the length."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def call(server, method, path, data, *, api="/rest/api/latest/", **options):
    if not isinstance(data, bytes):
        options.setdefault("headers", JSON)
        data = json.dumps(data).encode()
    size = options.pop("size", 7)
    answer = requests.request(
        method,
        server.url + api + path,
        data=streamed(data, size),
        auth=options.pop("auth", ADMINISTRATOR),
        timeout=60,
        allow_redirects=False,
        **options,
    )
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    return answer


@pytest.fixture
def repo(server):
    """The path of a repository with a branch in it."""
    key = "C" + uuid.uuid4().hex[:8].upper()
    assert call(server, "POST", "projects", {"key": key, "name": key}).status_code == 201
    assert call(server, "POST", f"projects/{key}/repos", {"name": "r"}).status_code == 201
    path = f"projects/{key}/repos/r"
    form = {"content": (None, "one\n"), "message": (None, "one"), "branch": (None, "master")}
    prepared = requests.Request("PUT", server.url, files=form).prepare()
    written = call(
        server, "PUT", f"{path}/browse/a.txt", prepared.body,
        headers={"Content-Type": prepared.headers["Content-Type"]},
    )  # fmt: skip
    assert written.status_code == 200, written.text
    return path


def test_json_and_multipart(server, repo):
    """The fixture has sent a project, a repository and a file; here is what came of them."""
    lines = server.rest("GET", f"{repo}/browse/a.txt")["lines"]
    assert lines == [{"text": "one"}]
    made = call(server, "POST", f"{repo}/branches", {"name": "b", "startPoint": "master"})
    assert made.status_code == 200 and made.json()["displayId"] == "b"


def test_a_call_with_an_optional_body_does_what_was_asked(server, repo):
    """Without the body, the fork would be one in the caller's own project under the same name."""
    key = repo.split("/")[1]
    fork = call(server, "POST", repo, {"name": "other", "project": {"key": key}})
    assert fork.status_code == 201, fork.text
    assert (fork.json()["slug"], fork.json()["project"]["key"]) == ("other", key)
    deleted = call(
        server, "DELETE", f"{repo}/branches", {"name": "refs/heads/nowhere", "dryRun": True},
        api="/rest/branch-utils/latest/",
    )  # fmt: skip
    assert deleted.status_code == 204


def test_an_empty_chunked_body_is_an_empty_body(server, repo):
    missing = call(server, "POST", f"{repo}/branches", b"", headers=JSON)
    assert missing.status_code == 400
    assert "name" in {error["context"] for error in missing.json()["errors"]}
    assert call(server, "GET", repo, b"").status_code == 200


def test_a_form_of_a_page(server):
    """Whoever signs in with a streamed form is read too."""
    with requests.Session() as session:
        page = session.get(f"{server.url}/login", timeout=60)
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {
            "csrfmiddlewaretoken": token,
            "j_username": ADMINISTRATOR[0],
            "j_password": ADMINISTRATOR[1],
        }
        prepared = requests.Request("POST", server.url, data=form).prepare()
        answer = session.post(
            f"{server.url}/j_atl_security_check",
            data=streamed(prepared.body.encode()),
            headers={"Content-Type": prepared.headers["Content-Type"]},
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code == 302, answer.text[:2000]
        assert session.get(f"{server.url}/account", timeout=60).status_code == 200


def test_an_attachment_may_be_larger_than_json(server, repo):
    content = bytes(range(256)) * (4 * LIMIT // 1024)
    prepared = requests.Request("POST", server.url, files={"files": ("a.bin", content)}).prepare()
    kept = call(
        server, "POST", f"{repo}/attachments", prepared.body, api="/", size=65536,
        headers={"Content-Type": prepared.headers["Content-Type"], "X-Atlassian-Token": "no-check"},
    )  # fmt: skip
    assert kept.status_code == 201, kept.text
    (made,) = kept.json()["attachments"]
    found = requests.get(
        f"{server.url}/rest/api/latest/{repo}/attachments/{made['id']}",
        auth=ADMINISTRATOR,
        timeout=60,
    )
    assert found.content == content


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 2 * 1024 * 1024])
def test_too_much_is_413_however_it_is_sent(server, size):
    """Just above what JSON may have, and above what is read at all."""
    body = b'{"name":"' + b"x" * (size - 11) + b'"}'
    answer = raw(server, b"POST", b"/rest/api/latest/projects", [body[:70000], body[70000:]])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"errors":' in answer


def test_a_stream_that_breaks_off_does_nothing(server):
    key = "B" + uuid.uuid4().hex[:8].upper()
    body = json.dumps({"key": key, "name": key}).encode()
    answer = raw(server, b"POST", b"/rest/api/latest/projects", [body], end=b"zz\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and b"interrupted" in answer
    # The name of the project came whole, but not the end: it is not made.
    unmade = requests.get(
        f"{server.url}/rest/api/latest/projects/{key}", auth=ADMINISTRATOR, timeout=60
    )
    assert unmade.status_code == 404


def raw(server, method, path, chunks, *, end=b"0\r\n\r\n"):
    """Send chunks as they are, and give all of the answer."""
    pair = b64encode(":".join(ADMINISTRATOR).encode())
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(
            method + b" " + path + b" HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
            b"Authorization: Basic " + pair + b"\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            for chunk in chunks:
                connection.sendall(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
            connection.sendall(end)
        except OSError:
            pass  # it was answered before all was said
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    return answer
