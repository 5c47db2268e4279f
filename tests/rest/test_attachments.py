"""REST: files that comments show: sent in a form, given so that nothing in them runs."""

from __future__ import annotations

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from discussions import storage, tasks
from discussions.models import Attachment
from repos.models import Repository
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
FILES = "/projects/PRJ/repos/repo/attachments"


@pytest.fixture
def made(db, settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, builders.user("bob"), "REPO_READ")
    builders.grant(made, builders.user("root"), "REPO_ADMIN")
    return made


@pytest.fixture
def bob(api, made):
    return api(User.objects.get(name="bob"))


@pytest.fixture
def root(api, made):
    return api(User.objects.get(name="root"))


def send(client, *files, field="files"):
    return client.client.post(
        FILES,
        {field: [SimpleUploadedFile(name, data) for name, data in files]},
        headers=client.headers,
    )


def stored(made):
    return list(storage.folder_of(made.pk).glob("*"))


def test_a_file_is_kept_and_given_back(bob, made):
    answer = send(bob, ("a note.txt", b"0123456789"), ("two.bin", b"\x00\x01"))

    assert answer.status_code == 201, answer.content
    note, two = answer.json()["attachments"]
    assert note["links"]["attachment"]["href"] == f"attachment:{made.pk}/{note['id']}"
    assert note["url"].endswith(f"{FILES}/{note['id']}")
    shown = bob.get(f"{REPO}/attachments/{note['id']}")
    assert (shown.status_code, shown.getvalue()) == (200, b"0123456789")
    assert shown["Content-Type"] == "text/plain;charset=UTF-8"
    assert shown["Content-Disposition"] == "inline; filename*=UTF-8''a%20note.txt"
    beside = bob.get(f"{FILES}/{two['id']}")
    assert beside.getvalue() == b"\x00\x01"
    assert beside["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.html", b"<script>alert(1)</script>", "text/plain;charset=UTF-8"),
        ("x.svg", b"<svg onload=alert(1)>", "text/plain;charset=UTF-8"),
        ("x.xml", b"<?xml version='1.0'?><x/>", "text/plain;charset=UTF-8"),
        ("x.png", b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        ("x.png", b"<html>\x00", "application/octet-stream"),
        ("x.pdf", b"%PDF-1.7\x00", "application/octet-stream"),
        ("empty", b"", "text/plain;charset=UTF-8"),
    ],
)
def test_nothing_in_it_runs(bob, made, name, data, kind):
    one = builders.attachment(made, name=name, data=data)

    shown = bob.get(f"{FILES}/{one.pk}")

    assert (shown["Content-Type"], shown.getvalue()) == (kind, data)
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert "default-src 'none'" in shown["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "status", "data", "told"),
    [
        ("bytes=0-3", 206, b"some", "bytes 0-3/10"),
        ("bytes=5-", 206, b"words", "bytes 5-9/10"),
        ("bytes=-5", 206, b"words", "bytes 5-9/10"),
        ("bytes=-99", 206, b"some words", "bytes 0-9/10"),
        ("bytes=8-999999", 206, b"ds", "bytes 8-9/10"),
        ("bytes=0-1,3-4", 200, b"some words", None),
        ("bytes=4-2", 200, b"some words", None),
        ("lines=1-2", 200, b"some words", None),
        ("bytes=-", 200, b"some words", None),
    ],
)
def test_ranges(bob, made, asked, status, data, told):
    one = builders.attachment(made)

    shown = bob.request("GET", f"{REPO}/attachments/{one.pk}", headers={"Range": asked})

    assert (shown.status_code, shown.getvalue(), shown.get("Content-Range")) == (status, data, told)
    assert shown["Content-Length"] == str(len(data))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=-0"])
def test_ranges_beyond_the_end(bob, made, asked):
    one = builders.attachment(made)

    shown = bob.request("GET", f"{REPO}/attachments/{one.pk}", headers={"Range": asked})

    assert (shown.status_code, shown["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a"; filename="b.html', 'a"; filename="b.html'),
        ("bell\x07\u202etxt.exe", "belltxt.exe"),
        ("ünï ☃.txt", "ünï ☃.txt"),
        ("", "attachment"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_odd_names(bob, made, name, kept):
    one = builders.attachment(made, name=name)

    assert one.name == kept
    header = bob.get(f"{FILES}/{one.pk}")["Content-Disposition"]
    assert header.count(";") == 1
    assert '"' not in header
    (file,) = stored(made)
    assert file.name == one.stored_as


def test_too_large_is_refused_and_leaves_nothing(bob, made, settings):
    settings.ATTACHMENT_MAX_BYTES = 1000
    assert send(bob, ("x", b"x" * 1001)).status_code == 413
    assert not Attachment.objects.exists()
    assert stored(made) == []
    assert send(bob, ("x", b"x" * 1000)).status_code == 201


def test_larger_than_any_other_form(bob):
    assert send(bob, ("x", b"x" * (8 * 1024 * 1024))).status_code == 201
    # Before anybody begins to read it.
    headers = bob.headers | {"Content-Length": str(22 * 1024 * 1024)}
    assert bob.client.post(FILES, headers=headers).status_code == 413
    other = bob.client.post("/rest/api/latest/markup/preview", headers=headers)
    assert other.status_code == 413


def test_a_form_without_files(bob):
    assert send(bob).status_code == 400
    assert send(bob, ("x", b"x"), field="other").status_code == 400
    wrong = bob.client.post(
        FILES, b"nonsense", content_type="multipart/form-data; boundary=x", headers=bob.headers
    )
    assert wrong.status_code == 400
    assert bob.client.post(FILES, "{}", content_type="application/json", headers=bob.headers).status_code == 415  # fmt: skip


def test_who_may_send_and_delete(api, alice, bob, root, made):
    one = builders.attachment(made)
    assert send(api(), ("x", b"x")).status_code == 401
    assert send(api(alice), ("x", b"x")).status_code == 404
    assert api(alice).get(f"{FILES}/{one.pk}").status_code == 404
    assert bob.delete(f"{REPO}/attachments/{one.pk}").status_code == 401
    other = builders.repository(made.project, "other", content=True)
    builders.grant(other, User.objects.get(name="root"), "REPO_ADMIN")
    elsewhere = f"projects/PRJ/repos/other/attachments/{one.pk}"
    assert root.get(elsewhere).status_code == root.delete(elsewhere).status_code == 404
    assert root.delete(f"{REPO}/attachments/{one.pk}").status_code == 204
    assert bob.get(f"{REPO}/attachments/{one.pk}").status_code == 404


def test_the_bytes_go_when_the_row_is_gone(root, made, django_capture_on_commit_callbacks):
    one = builders.attachment(made)
    assert len(stored(made)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert root.delete(f"{REPO}/attachments/{one.pk}").status_code == 204
    assert stored(made) == []

    builders.attachment(made)
    tasks.delete_files(made.pk)
    assert len(stored(made)) == 1
    number = made.pk
    Repository.objects.filter(pk=number).delete()
    tasks.delete_files(number)
    assert not storage.folder_of(number).exists()


def test_a_page_must_prove_that_it_is_ours(bob, made):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(name="bob"))
    files = {"files": SimpleUploadedFile("x", b"x")}

    assert client.post(FILES, files).status_code == 403
    files = {"files": SimpleUploadedFile("x", b"x")}
    assert client.post(FILES, files, headers={"X-Atlassian-Token": "no-check"}).status_code == 201


def test_metadata(bob, root, made):
    one = builders.attachment(made)
    where = f"{REPO}/attachments/{one.pk}/metadata"

    assert bob.get(where).status_code == 404
    assert bob.put(where, {"alt": ["x", 1]}).status_code == 200
    assert bob.get(where).json()["metadata"] == '{"alt":["x",1]}'
    assert bob.request("PUT", where, data="{nonsense").status_code == 400
    assert bob.put(where, "x" * 70_000).status_code == 400
    assert bob.delete(where).status_code == 401
    assert root.delete(where).status_code == 204
    assert root.delete(where).status_code == 404


def test_an_archived_repository_takes_none(bob, root, made):
    one = builders.attachment(made)
    Repository.objects.filter(pk=made.pk).update(is_archived=True)

    assert send(bob, ("x", b"x")).status_code == 409
    assert root.delete(f"{REPO}/attachments/{one.pk}").status_code == 409
    assert bob.get(f"{REPO}/attachments/{one.pk}").status_code == 200


def test_what_a_kill_left_without_a_row_is_swept(bob, made):
    send(bob, ("kept.txt", b"kept"))
    (kept,) = stored(made)
    young, old = storage.store(made.pk, [b"young"]), storage.store(made.pk, [b"old"])
    for name in (kept.name, old):
        os.utime(storage.folder_of(made.pk) / name, (0, 0))

    tasks.sweep()

    assert {file.name for file in stored(made)} == {kept.name, young}
