"""REST: who wrote what and when, what last changed each entry, archives, the files that tell of a repository."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile

import pytest
from django.core.cache import caches

from repos import storage, tasks
from tests import builders
from tests.builders import git, hits_of

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"


@pytest.fixture
def ids(db):
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    return builders.fill(made) | {"path": storage.path_of(made.pk), "number": made.pk}


def body(answer):
    assert answer.status_code == 200, answer.content
    return answer.getvalue() if answer.streaming else answer.content


def test_blame_stands_beside_the_lines_or_alone(api, ids):
    path = f"{REPO}/browse/README.md"

    beside = api().get(path, blame="").json()
    assert [line["text"] for line in beside["lines"]] == ["# Title", "", "Some *text*."]
    (run,) = beside["blame"]
    assert (run["lineNumber"], run["spannedLines"], run["fileName"]) == (1, 3, "README.md")
    assert (run["commitId"], run["commitHash"]) == (ids["first"], ids["first"])
    assert run["author"] == {"name": "Ada Author", "emailAddress": "ada@example.com"}
    assert run["authorTimestamp"] == 1700000000000

    assert api().get(path, blame="true", noContent="true").json() == beside["blame"]
    part = api().get(path, blame="true", noContent="true", start=1, limit=1).json()
    assert [(one["lineNumber"], one["spannedLines"]) for one in part] == [(2, 1)]
    assert "blame" not in api().get(path, blame="false").json()
    assert api().get(path, noContent="true").json()["lines"]
    assert api().get(f"{REPO}/browse/src", blame="true", noContent="true").json()["children"]
    assert api().get(f"{REPO}/browse/data/blob.bin", blame="1", noContent="1").json() == []
    both = api().get(path, size="true", type="true").json()
    assert both == {"size": len(b"# Title\n\nSome *text*.\n")}


def test_authors_of_blame_who_have_an_account_are_users_and_queries_stay_few(
    api, ids, alice, django_assert_max_num_queries
):
    builders.user("ada")
    with django_assert_max_num_queries(20):
        (run,) = api(alice).get(f"{REPO}/browse/README.md", blame="1", noContent="1").json()
    assert run["author"]["slug"] == "ada"


def test_commits_of_an_author(api, ids):
    def messages(**query):
        return [one["message"] for one in api().get(f"{REPO}/commits", **query).json()["values"]]

    assert messages(author="alice") == ["feature"]
    assert messages(author="ALICE@EXAMPLE") == ["feature"]
    assert messages(author=".*") == []
    assert api().get(f"{REPO}/commits", author="a\nb").status_code == 400


def test_what_last_changed_each_entry(api, ids):
    caches["pages"].clear()
    tasks.index_last_changes(ids["number"])

    found = api().get(f"{REPO}/last-modified", at="main").json()
    assert {name: one["id"] for name, one in found["files"].items()} == {
        "README.md": ids["first"],
        "hello.txt": ids["first"],
        "data": ids["second"],
        "src": ids["second"],
        "link": ids["second"],
        "docs": ids["feature"],
    }
    assert found["latestCommit"]["id"] == ids["merge"]
    inside = api().get(f"{REPO}/last-modified/docs", at="refs/heads/main").json()
    assert {name: one["id"] for name, one in inside["files"].items()} == {"deep": ids["feature"]}
    assert inside["latestCommit"]["id"] == ids["feature"]
    assert api().get(f"{REPO}/last-modified/hello.txt").status_code == 400
    assert api().get(f"{REPO}/last-modified/none", at="main").status_code == 404
    assert api().get(f"{REPO}/last-modified", at="none").status_code == 404

    hits = hits_of("last-changes")
    assert api().get(f"{REPO}/last-modified", at="main").json() == found
    assert hits_of("last-changes") == hits + 1


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tgz", "zip"])
def test_archives_equal_those_of_git(api, ids, form):
    answer = api().get(f"{REPO}/archive", format=form, at="refs/heads/main", prefix="a/b")

    assert (
        body(answer)
        == subprocess.run(
            ["git", "archive", f"--format={form}", "--prefix=a/b/", ids["merge"]],
            cwd=ids["path"],
            capture_output=True,
            check=True,
            env=builders.GIT_ENVIRONMENT | {"TZ": "UTC"},
        ).stdout
    )
    assert answer["Content-Disposition"].startswith(
        f'attachment; filename="repo-main@{ids["merge"][:11]}.{form}"'
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"]


def test_archives_hold_the_paths_that_are_named_and_bear_the_name_that_is_given(api, ids):
    address = f"/rest/api/latest/{REPO}/archive?path=src&path=/hello.txt&filename=my%20%22x%2F.zip"
    answer = api().get(address)

    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert sorted(archive.namelist()) == ["hello.txt", "src/", "src/main.py"]
    assert answer["Content-Disposition"].startswith('attachment; filename="my -x-.zip"')
    with tarfile.open(
        fileobj=io.BytesIO(body(api().get(f"{REPO}/archive", format="tar", at=ids["first"])))
    ) as archive:
        assert archive.getnames() == ["README.md", "hello.txt"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"format": "rar"}, 400),
        ({"at": "none"}, 404),
        ({"path": "none"}, 404),
        ({"path": "../etc"}, 404),
        ({"path": "--output=/tmp/x"}, 404),
        ({"prefix": "../up"}, 400),
        ({"prefix": "/top"}, 400),
        ({"prefix": "a\0--output=/tmp/x"}, 400),
        ({"prefix": "a\n"}, 400),
        ({"at": "--output=/tmp/x"}, 404),
        ({"at": "main:src"}, 404),
    ],
)
def test_archives_that_nobody_gets(api, ids, query, status):
    answer = api().get(f"{REPO}/archive", **query)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


def test_the_archive_ends_when_its_reader_leaves(api, ids):
    answer = api().get(f"{REPO}/archive", format="tar")
    next(iter(answer.streaming_content))
    answer.close()
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not [one for one in left.splitlines() if " archive " in one and str(ids["path"]) in one]


def test_well_known_files_raw_and_rendered(api, ids):
    raw = api().get(f"{REPO}/readme")
    assert (body(raw), raw["Content-Type"]) == (
        b"# Title\n\nSome *text*.\n",
        "text/plain;charset=UTF-8",
    )
    shown = api().get(f"{REPO}/readme", markup="true", at="main")
    assert b"<em>text</em>" in body(shown)
    assert shown["Content-Security-Policy"].startswith("default-src 'none'")
    assert api().get(f"{REPO}/license").status_code == 404
    assert api().get(f"{REPO}/contributing", at="none").status_code == 404
    assert b"<em>text</em>" in body(api().get(f"{REPO}/raw/README.md", markup="true"))
    assert api().get(f"{REPO}/raw/data/blob.bin", markup="true").status_code == 400


def test_a_hostile_readme_is_rendered_harmless(api, ids):
    script = (
        b"commit refs/heads/bad\ncommitter A <a@b> 1700009999 +0000\ndata 1\nm\n"
        b"M 100644 inline license.md\ndata 67\n<script>alert(1)</script> [x](javascript:alert) <img onerror=alert>\n\n"
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=script, check=True)
    assert git("rev-parse", "bad", cwd=ids["path"])

    html = body(api().get(f"{REPO}/license", markup="true", at="bad")).decode()

    assert "<script" not in html and "onerror" not in html and 'href="javascript' not in html
