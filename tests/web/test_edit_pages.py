"""Editing in the browser: each form ends in one commit, keeps what was typed when refused, and asks who may."""

from __future__ import annotations

import re
import subprocess

import pytest
from django.test import Client

from accounts.actor import Actor
from repos import storage
from repos.models import Push, Repository
from repos.services import repositories
from tests import builders

pytestmark = pytest.mark.django_db

R = "/projects/PRJ/repos/repo"
AT = "?at=refs/heads/main"


@pytest.fixture
def repository(db):
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, builders.user("alice"), "REPO_WRITE")
    builders.grant(made, builders.user("reader"), "REPO_READ")
    return made


def browser(name: str = "alice") -> Client:
    client = Client(raise_request_exception=False)
    body = {"j_username": name, "j_password": builders.PASSWORD}
    assert client.post("/j_atl_security_check", body).status_code == 302
    return client


def git(repository: Repository, *args: str) -> bytes:
    where = storage.path_of(repository.pk)
    return subprocess.run(["git", *args], cwd=where, capture_output=True, check=True).stdout


def tip(repository: Repository, branch: str = "main") -> str:
    return git(repository, "rev-parse", f"refs/heads/{branch}").decode().strip()


def write(repository: Repository, path: str, data: bytes) -> None:
    """Somebody else commits to main."""
    script = b"commit refs/heads/main\ncommitter A <a@b> 1700009000 +0000\ndata 1\nm\nfrom refs/heads/main^0\n"
    script += b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(data), data)
    where = storage.path_of(repository.pk)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=where, input=script, check=True)


def seen_in(html: str) -> str:
    (field,) = re.findall(r'<input type="hidden" name="seen"[^>]*>', html)
    found = re.search(r'value="([0-9a-f]+)"', field)
    return found[1] if found else ""


def test_a_file_is_edited_and_keeps_its_line_ends(repository):
    write(repository, "dos.txt", b"one\r\ntwo\r\nthree")
    client = browser()
    page = client.get(f"{R}/edit/dos.txt{AT}").content.decode()
    assert "one\ntwo\nthree</textarea>" in page
    assert 'value="dos.txt edited online with Bitbucket"' in page or ">\ndos.txt edited online with Bitbucket</textarea>" in page  # fmt: skip
    body = {
        "content": "one\r\nTWO\r\nthree",
        "seen": seen_in(page),
        "where": "here",
        "message": "Say it louder",
    }
    answer = client.post(f"{R}/edit/dos.txt{AT}", body)

    assert answer.status_code == 302
    assert answer["Location"] == f"{R}/browse/dos.txt?at=refs%2Fheads%2Fmain"
    assert git(repository, "show", "main:dos.txt") == b"one\r\nTWO\r\nthree"
    assert git(repository, "log", "-1", "--format=%s|%an", "main") == b"Say it louder|Alice\n"
    assert Push.objects.filter(repository=repository, reason=Push.Reason.EDIT).count() == 1


def test_an_edit_goes_to_a_new_branch(repository):
    client = browser()
    seen = seen_in(client.get(f"{R}/edit/hello.txt{AT}").content.decode())
    body = {"content": "changed\n", "seen": seen, "where": "new", "branch": ""}
    answer = client.post(f"{R}/edit/hello.txt{AT}", body)
    assert answer.status_code == 400
    assert "Name the branch." in answer.content.decode()
    assert "changed" in answer.content.decode()
    answer = client.post(f"{R}/edit/hello.txt{AT}", body | {"branch": "feature/one"})
    assert answer.status_code == 409
    assert "already exists" in answer.content.decode()
    before = tip(repository)
    answer = client.post(f"{R}/edit/hello.txt{AT}", body | {"branch": "louder"})
    assert answer["Location"] == f"{R}/browse/hello.txt?at=refs%2Fheads%2Flouder"
    assert tip(repository) == before
    assert git(repository, "show", "louder:hello.txt") == b"changed\n"


def test_a_conflict_keeps_what_was_typed_and_offers_ways_out(repository):
    client = browser()
    seen = seen_in(client.get(f"{R}/edit/hello.txt{AT}").content.decode())
    write(repository, "hello.txt", b"somebody else\n")
    body = {"content": "mine <b>\n", "seen": seen, "where": "here", "message": "Mine"}
    answer = client.post(f"{R}/edit/hello.txt{AT}", body)
    html = answer.content.decode()

    assert answer.status_code == 409
    assert "has changed since" in html
    assert "mine &lt;b&gt;\n</textarea>" in html
    assert ">\nMine</textarea>" in html
    assert seen_in(html) == seen
    # Way one: a branch from where the editor saw the file.
    answer = client.post(f"{R}/edit/hello.txt{AT}", body | {"where": "new", "branch": "mine"})
    assert answer.status_code == 302
    assert git(repository, "rev-parse", "mine^").decode().strip() == seen
    # Way two: in the place of the other change, which the tick names, after the commit that was seen.
    fields = re.findall(r'name="seen" [^>]*value="([0-9a-f]+)"', html)
    assert fields == [seen, tip(repository)]
    answer = client.post(f"{R}/edit/hello.txt{AT}", body | {"seen": [seen, tip(repository)]})
    assert answer.status_code == 302
    assert git(repository, "show", "main:hello.txt") == b"mine <b>\n"


def test_a_file_that_is_gone_meanwhile_is_a_conflict_too(repository):
    client = browser()
    seen = seen_in(client.get(f"{R}/edit/hello.txt{AT}").content.decode())
    page = client.get(f"{R}/delete/hello.txt{AT}").content.decode()
    assert client.post(f"{R}/delete/hello.txt{AT}", {"seen": seen_in(page), "where": "here"}).status_code == 302  # fmt: skip
    answer = client.post(
        f"{R}/edit/hello.txt{AT}", {"content": "mine\n", "seen": seen, "where": "here"}
    )
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "no longer exists" in html and "mine\n</textarea>" in html
    assert "Overwrite the newer version" not in html


def test_nothing_changed_is_said(repository):
    client = browser()
    seen = seen_in(client.get(f"{R}/edit/hello.txt{AT}").content.decode())
    body = {"content": "hello world\r\n", "seen": seen, "where": "here"}
    answer = client.post(f"{R}/edit/hello.txt{AT}", body)
    assert answer.status_code == 409
    assert "No change was committed" in answer.content.decode()


def test_a_file_is_created(repository):
    client = browser()
    page = client.get(f"{R}/create{AT}&path=src").content.decode()
    assert 'value="src/"' in page
    body = {
        "path": "/src/new/one.py",
        "content": "x = 1\r\n",
        "seen": seen_in(page),
        "where": "here",
    }
    answer = client.post(f"{R}/create{AT}", body)
    assert answer["Location"] == f"{R}/browse/src/new/one.py?at=refs%2Fheads%2Fmain"
    assert git(repository, "show", "main:src/new/one.py") == b"x = 1\n"
    assert (
        git(repository, "log", "-1", "--format=%s", "main")
        == b"one.py created online with Bitbucket\n"
    )
    answer = client.post(f"{R}/create{AT}", body | {"content": "other\r\n"})
    assert answer.status_code == 409
    assert "already exists" in answer.content.decode() and "other" in answer.content.decode()
    answer = client.post(
        f"{R}/create{AT}", body | {"path": "from/here", "where": "new", "branch": "made"}
    )
    assert answer.status_code == 302
    assert git(repository, "show", "made:from/here") == b"x = 1\n"
    for path in ("../up", ".git/config", "a//b", "src", "x" * 5000, ""):
        answer = client.post(f"{R}/create{AT}", body | {"path": path})
        assert answer.status_code == 400, path
        assert "x = 1" in answer.content.decode()


def test_the_first_file_of_an_empty_repository(repository):
    empty = builders.repository(repository.project, "empty")
    builders.grant(empty, builders.user("writer"), "REPO_WRITE")
    base = "/projects/PRJ/repos/empty"
    client = browser("writer")
    assert f'href="{base}/create"' in client.get(f"{base}/browse").content.decode()
    page = client.get(f"{base}/create").content.decode()
    assert seen_in(page) == "" and "Create a new branch" not in page
    body = {"path": "README.md", "content": "# Empty no more\n", "seen": "", "where": "here"}
    answer = client.post(f"{base}/create", body)
    assert answer["Location"] == f"{base}/browse/README.md?at=refs%2Fheads%2Fmain"
    assert git(empty, "show", "main:README.md") == b"# Empty no more\n"


def test_a_file_is_renamed(repository):
    client = browser()
    page = client.get(f"{R}/rename/src/main.py{AT}").content.decode()
    assert 'value="src/main.py"' in page
    body = {"path": "hello.txt", "seen": seen_in(page), "where": "here"}
    answer = client.post(f"{R}/rename/src/main.py{AT}", body)
    assert answer.status_code == 409
    assert "already exists" in answer.content.decode()
    answer = client.post(f"{R}/rename/src/main.py{AT}", body | {"path": "lib/start.py"})
    assert answer["Location"] == f"{R}/browse/lib/start.py?at=refs%2Fheads%2Fmain"
    names = git(repository, "ls-tree", "-r", "--name-only", "main").decode().split()
    assert "lib/start.py" in names and "src/main.py" not in names


def test_a_file_is_deleted_and_the_folder_that_is_left_is_shown(repository):
    client = browser()
    page = client.get(f"{R}/delete/src/main.py{AT}").content.decode()
    assert "<strong>src/main.py</strong>" in page
    answer = client.post(f"{R}/delete/src/main.py{AT}", {"seen": seen_in(page), "where": "here"})
    # The folder went with its only file.
    assert answer["Location"] == f"{R}/browse?at=refs%2Fheads%2Fmain"
    assert b"src/main.py" not in git(repository, "ls-tree", "-r", "--name-only", "main")
    assert (
        git(repository, "log", "-1", "--format=%s", "main")
        == b"main.py deleted online with Bitbucket\n"
    )


def test_a_tag_is_edited_on_a_new_branch_only(repository):
    client = browser()
    page = client.get(f"{R}/edit/hello.txt?at=refs/tags/v1").content.decode()
    assert "This branch" not in page
    body = {"content": "new\n", "seen": seen_in(page), "where": "here"}
    assert client.post(f"{R}/edit/hello.txt?at=refs/tags/v1", body).status_code == 400
    body |= {"where": "new", "branch": "from-tag"}
    assert client.post(f"{R}/edit/hello.txt?at=refs/tags/v1", body).status_code == 302
    assert git(repository, "show", "from-tag:hello.txt") == b"new\n"


@pytest.mark.parametrize("path", ["data/blob.bin", "link", "src", "none", "latin.txt", "large.txt"])
def test_what_is_no_text_file_is_not_edited(repository, path):
    write(repository, "latin.txt", b"caf\xe9\n")
    write(repository, "large.txt", b"a line\n" * 200_000)
    answer = browser().get(f"{R}/edit/{path}{AT}")
    assert answer.status_code in {400, 404}
    assert "<textarea" not in answer.content.decode()


BUTTONS = ("/edit/", "/rename/", "/delete/", "/create")


def test_who_may_not_write_gets_no_buttons_and_is_refused(repository):
    assert f"{R}/edit/hello.txt" in browser().get(f"{R}/browse/hello.txt").content.decode()
    assert f"{R}/create" in browser().get(f"{R}/browse").content.decode()
    for archived in (False, True):
        name = "alice" if archived else "reader"
        if archived:
            repositories.update(Actor.system(), repository, is_archived=True)
        client = browser(name)
        before = tip(repository)
        for page in (f"{R}/browse", f"{R}/browse/hello.txt"):
            html = client.get(page).content.decode()
            assert not [one for one in BUTTONS if f"{R}{one}" in html]
        body = {"content": "x\n", "path": "y", "seen": before, "where": "here"}
        for page in ("create", "edit/hello.txt", "rename/hello.txt", "delete/hello.txt"):
            assert client.get(f"{R}/{page}").status_code in {401, 409}
            assert client.post(f"{R}/{page}", body).status_code in {401, 409}
        assert tip(repository) == before


def test_odd_values_are_refused_politely(repository):
    client = browser()
    good = {"content": "x\n", "seen": tip(repository), "where": "here", "message": ""}
    for bad in (
        {"where": "elsewhere"},
        {"where": "new", "branch": "a..b"},
        {"where": "new", "branch": "refs/tags/x\x01"},
        {"seen": "0" * 40},
        {"seen": "zz"},
        {"message": "x" * 40_000},
        {"content": "a\0b"},
    ):
        answer = client.post(f"{R}/edit/hello.txt{AT}", good | bad)
        assert 400 <= answer.status_code < 410, bad


def test_only_the_editor_may_bring_styles_and_no_page_runs_scripts_of_others(repository):
    client = browser()
    policy = client.get(f"{R}/edit/hello.txt")["Content-Security-Policy"]
    assert re.search(r"style-src 'self' 'nonce-[^']+'", policy)
    assert "unsafe" not in policy
    policy = client.get(f"{R}/browse/hello.txt")["Content-Security-Policy"]
    assert re.search(r"style-src 'self'(;|$)", policy)
