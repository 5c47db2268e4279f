"""Files with names that Git takes and few people choose: every route of files finds them."""

from __future__ import annotations

import subprocess
from urllib.parse import quote

import pytest
from django.test import Client

from repos import storage
from tests import builders

pytestmark = pytest.mark.django_db

NAMES = [
    "line\nfeed.txt",
    "\n",
    "tab\tand\rreturn",
    "  spaces  ",
    "a?b#c&d=e",
    "100%",
    "%0A",
    "ü☃.txt",
    "\x01\x7f",
]
R = "projects/PRJ/repos/repo"


@pytest.fixture
def repository(alice):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, alice, "REPO_ADMIN")
    return made


def put(repository, name):
    """Commit `folder/<name>` to `main`."""
    escaped = "".join(f"\\{byte:03o}" for byte in f"folder/{name}".encode())
    script = (
        "commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 1\nm\n"
        f'M 100644 inline "{escaped}"\ndata 5\nhello\n\n'
    )
    path = storage.path_of(repository.pk)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=script.encode(), check=True)
    storage.git_of(repository).set_head_branch("refs/heads/main")


@pytest.mark.parametrize("name", NAMES)
def test_every_route_of_a_file(api, alice, repository, name):
    put(repository, name)
    path = quote(f"folder/{name}")
    client = api(alice)
    for route in ("browse", "raw", "diff"):
        more = "?since=&until=main" if route == "diff" else ""
        answer = client.get(f"{R}/{route}/{path}{more}")
        assert answer.status_code == 200, (route, answer.content)
    assert client.get(f"{R}/raw/{path}").getvalue() == b"hello"
    listed = client.get(f"{R}/files").json()["values"]
    assert listed == [f"folder/{name}"]
    commits = client.get(f"{R}/commits?path={path}").json()["values"]
    assert len(commits) == 1
    page = Client(raise_request_exception=False)
    page.force_login(alice)
    for route in ("browse", "raw", "last-change"):
        assert page.get(f"/{R}/{route}/{path}").status_code == 200, route
