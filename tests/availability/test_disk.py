"""Below the free-space mark nothing comes in any more: a sentence says why, and reads go on."""

from __future__ import annotations

import pytest
import requests

from gitengine import disk_space
from tests import builders
from tests.builders import git
from tests.git.histories import work_tree
from tests.server import ADMINISTRATOR, Server

MORE_THAN_ANY_DISK = 2**60


@pytest.fixture
def full(monkeypatch):
    monkeypatch.setattr(disk_space, "_least_free_bytes", MORE_THAN_ANY_DISK)


@pytest.mark.django_db
def test_edits_and_uploads_are_refused_and_reads_go_on(api, alice, full):
    repository = builders.repository(builders.project("PRJ"), content=True)
    builders.grant(repository, alice, "REPO_WRITE")
    client, path = api(alice), "projects/PRJ/repos/repo"

    edited = client.client.put(
        f"/rest/api/latest/{path}/browse/new.txt",
        b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nnew\r\n'
        b'--x\r\nContent-Disposition: form-data; name="branch"\r\n\r\nmain\r\n--x--\r\n',
        content_type="multipart/form-data; boundary=x",
        headers=client.headers,
    )

    assert edited.status_code == 503
    assert "disk of the server is almost full" in edited.json()["errors"][0]["message"]
    assert client.get(f"{path}/browse").status_code == 200
    assert client.delete(
        "/rest/branch-utils/latest/projects/PRJ/repos/repo/branches",
        {"name": "refs/heads/nothing"},
    ).status_code in {204, 400, 404}


@pytest.mark.slow
def test_a_push_is_refused_with_a_sentence(tmp_path):
    small = Server(tmp_path / "home", DISK_LEAST_FREE_BYTES=str(MORE_THAN_ANY_DISK)).start()
    try:
        address = small.repository(key="FULL", public=True)
        work = work_tree(tmp_path / "work", commits=1)
        told = git("push", address, "main", cwd=work, check=False)
        assert "the disk of the server is full" in told
        assert "main" not in git("ls-remote", address, cwd=tmp_path)
        assert requests.get(f"{small.url}/status", timeout=10).status_code == 200
        assert requests.get(
            f"{small.url}/projects/FULL/repos/repo", timeout=10, auth=ADMINISTRATOR
        ).ok
    finally:
        small.stop()


def test_room_is_asked_for_only_where_there_is_a_mark(tmp_path):
    disk_space.require(tmp_path)
