"""REST: where older versions had what scripts still look for."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository(db):
    return builders.repository(builders.project("PRJ"), "repo", content=True)


def test_archives(api, admin, repository):
    where = "/rest/archive/latest/projects/PRJ/repos/repo/archive"
    given = api(admin).get(where, at="refs/heads/main", format="zip", prefix="x/")
    assert given.status_code == 200
    with zipfile.ZipFile(BytesIO(given.getvalue())) as made:
        assert made.read("x/hello.txt")
    assert api(admin).get(where, format="rar").status_code == 400
    assert api().get(where).status_code == 401
    assert api(admin).get(where.replace("repo/", "none/")).status_code == 404


def test_whom_the_credentials_stand_for(api, admin, alice):
    where = "/plugins/servlet/applinks/whoami"
    for client, name in ((api(alice), "alice"), (api(admin), "admin"), (api(), "")):
        given = client.request("GET", where, headers={"Accept": "text/plain"})
        assert (given.status_code, given.content.decode()) == (200, name)
    wrong = api(alice, password="wrong").get(where)
    assert wrong.status_code == 401
