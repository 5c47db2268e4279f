"""REST: a file is written, as every kind of client sends it; and what cannot be is refused."""

from __future__ import annotations

import json
import subprocess
import threading

import pytest
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from core.errors import DomainError
from gitengine.edit import is_git_folder
from repos import storage
from repos.models import Push
from repos.services import edits, ref_updates
from repos.services.edits import EditTarget
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
CONTENT = "com.atlassian.bitbucket.content."


@pytest.fixture
def ids(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, alice, "REPO_WRITE")
    return builders.fill(made) | {"path": storage.path_of(made.pk), "repository": made}


def form(parts, *, as_files=()):
    """A multipart body; the parts named in `as_files` carry a file name, as some clients send them."""
    lines = []
    for name, value in parts.items():
        data = value if isinstance(value, bytes) else value.encode()
        file = f'; filename="{name}"' if name in as_files else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        lines += [head.encode(), data, b"\r\n"]
    return b"".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


def put(client, path, parts, **options):
    data = form(parts, **options)
    return client.request("PUT", f"{REPO}/browse/{path}", data=data, content_type=MULTIPART_CONTENT)


def error(answer):
    return answer.status_code, answer.json()["errors"][0]["exceptionName"]


def content(ids, path, at="main"):
    return builders.git("show", f"{at}:{path}", cwd=ids["path"])


def listing(ids, at="main"):
    return builders.git("ls-tree", "-r", at, cwd=ids["path"])


NAMES = ("content", "message", "branch", "sourceCommitId")


@pytest.mark.parametrize("as_files", [(), ("content",), NAMES])
def test_a_file_is_edited_however_the_parts_come(api, alice, ids, as_files):
    parts = dict(zip(NAMES, ("new\n", "Say it anew", "main", ids["merge"]), strict=True))
    made = put(api(alice), "src/main.py", parts, as_files=as_files)

    assert made.status_code == 200, made.content
    shown = made.json()
    assert shown["message"] == "Say it anew"
    assert shown["parents"][0]["id"] == ids["merge"]
    assert shown["author"]["name"] == shown["committer"]["name"] == "alice"
    assert content(ids, "src/main.py") == "new"
    # Nothing else has changed.
    changed = builders.git("diff", "--name-only", ids["merge"], shown["id"], cwd=ids["path"])
    assert changed == "src/main.py"
    assert builders.git("fsck", "--strict", cwd=ids["path"]) == ""
    assert not list((ids["path"] / "objects").glob("incoming-*"))
    push = Push.objects.get()
    assert (push.reason, push.user) == ("EDIT", alice)


def test_a_urlencoded_form_and_json_are_taken_too(api, alice, ids):
    client = api(alice)
    made = client.request(
        "PUT", f"{REPO}/browse/one.txt", data=b"content=caf%e9+x&branch=refs%2Fheads%2Fmain",
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert made.status_code == 200
    assert made.json()["message"] == "one.txt created online with Bitbucket"
    body = {"content": "é\n", "branch": "main", "message": "two"}
    assert client.put(f"{REPO}/browse/two.txt", body).status_code == 200
    raw = b"".join(client.get(f"{REPO}/raw/one.txt"))
    assert raw == b"caf\xe9 x"
    assert b"".join(client.get(f"{REPO}/raw/two.txt")) == "é\n".encode()


@pytest.mark.parametrize("as_files", [(), ("content",)])
@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe\r\n\x80", bytes(range(256)) * 20])
def test_content_is_kept_byte_for_byte(api, alice, ids, data, as_files):
    parts = {"content": data, "branch": "main", "message": ""}
    assert put(api(alice), "new/file.bin", parts, as_files=as_files).status_code == 200
    assert b"".join(api(alice).get(f"{REPO}/raw/new/file.bin")) == data


def test_the_mode_of_a_file_stays(api, alice, ids):
    script = "M 100755 inline run.sh\ndata 2\nx\n"
    _import(ids, script)
    parts = {"content": "y\n", "branch": "odd", "sourceCommitId": "odd"}
    assert put(api(alice), "run.sh", parts).status_code == 200
    assert listing(ids, "odd").startswith("100755 blob")


def test_conflicts(api, alice, ids):
    client = api(alice)
    new = {"content": "new\n", "branch": "main"}
    assert error(put(client, "hello.txt", new)) == (409, f"{CONTENT}FileAlreadyExistsException")
    at_first = new | {"sourceCommitId": ids["first"]}
    # Untouched since then, though the branch went on.
    assert put(client, "hello.txt", at_first).status_code == 200
    assert error(put(client, "hello.txt", at_first)) == (409, f"{CONTENT}FileOutOfDateException")
    same = new | {"sourceCommitId": "main"}
    answer = put(client, "hello.txt", same)
    assert error(answer) == (409, f"{CONTENT}FileContentUnmodifiedException")
    # It was there for whoever looked at another commit.
    other = new | {"sourceCommitId": ids["merge"], "branch": "feature/one"}
    assert error(put(client, "src/main.py", other)) == (409, f"{CONTENT}FileOutOfDateException")
    # Not there then and not there now: that is a new file, whatever the client looked at.
    assert put(client, "brand/new.txt", new | {"sourceCommitId": ids["first"]}).status_code == 200
    missing = new | {"sourceCommitId": "0" * 40}
    assert put(client, "hello.txt", missing).status_code == 404
    assert put(client, "hello.txt", new | {"branch": "none"}).status_code == 404
    assert Push.objects.count() == 2


def test_a_branch_is_made_for_the_edit(api, alice, ids):
    client = api(alice)
    parts = {"content": "x\n", "branch": "patch-1", "sourceBranch": "refs/heads/main"}
    made = put(client, "new.txt", parts)
    assert made.json()["parents"][0]["id"] == ids["merge"]
    assert content(ids, "new.txt", "patch-1") == "x"
    assert builders.git("rev-parse", "main", cwd=ids["path"]) == ids["merge"]
    taken = put(client, "other.txt", parts)
    assert error(taken)[0] == 409
    assert put(client, "other.txt", parts | {"sourceBranch": "patch-1"}).status_code == 200
    clash = put(client, "x.txt", parts | {"branch": "main/x"})
    assert clash.status_code == 409
    assert put(client, "x.txt", parts | {"branch": "-x"}).status_code == 400
    assert put(client, "x.txt", parts | {"branch": "y", "sourceBranch": "none"}).status_code == 404


def test_the_first_commit_of_an_empty_repository(api, admin):
    made = builders.repository(builders.project("PRJ"), "repo")
    parts = {"content": "# Hi\n", "branch": "trunk", "message": "Begin"}
    first = put(api(admin), "docs/README.md", parts)
    assert first.status_code == 200
    assert first.json()["parents"] == []
    assert api(admin).get(f"{REPO}/branches/default").json()["displayId"] == "trunk"
    assert builders.git("ls-tree", "-r", "--name-only", "trunk", cwd=storage.path_of(made.pk)) == (
        "docs/README.md"
    )
    other = put(api(admin), "x", parts | {"branch": "other"})
    assert other.status_code == 404


HOSTILE = [
    ".git/config", ".GIT/config", "a/.Git/hooks/post-update", "git~1/config", "GIT~1", ".git./x",
    ".git /x", ".git::$INDEX_ALLOCATION/x", ".g\u200cit/config", ".\u200dGI\ufeffT", "a\\.git\\config",
    "..\\x", "a/../x", "./x", "a//b", "a/./b", "a\x01b", "x" * 256, "d/" * 2500 + "x",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_names_that_belong_to_git_or_lead_away(alice, ids, path):
    for change in (
        lambda: edits.write(
            builders.actor(alice), ids["repository"], path, b"x", target=EditTarget("main")
        ),
        lambda: edits.rename(
            builders.actor(alice), ids["repository"], "hello.txt", path,
            target=EditTarget("main", "main"),
        ),
    ):  # fmt: skip
        with pytest.raises(DomainError) as refused:
            change()
        assert refused.value.status == 400
    assert Push.objects.count() == 0


@pytest.mark.parametrize(
    "path", [".git/config", "a/%2e%2e/x", "%2e%2e/x", ".g%E2%80%8Cit/x", "git~1", "a%5c.git"]
)
def test_the_same_over_rest(api, alice, ids, path):
    answer = put(api(alice), path, {"content": "x", "branch": "main"})
    assert answer.status_code in {400, 404}
    assert Push.objects.count() == 0
    assert put(api(alice), "a%00b", {"content": "x", "branch": "main"}).status_code == 400


def test_names_that_only_look_so_are_fine():
    for name in (".gitignore", ".github", "git", ".gitx", "git~2", "x.git", "...", "..x"):
        assert not is_git_folder(name)


def test_no_link_is_followed_and_no_folder_overwritten(api, alice, ids):
    client = api(alice)
    new = {"content": "root::0:0\n", "branch": "main", "sourceCommitId": "main"}
    for path in ("link", "link/x", "src", "hello.txt/x", ""):
        answer = put(client, path, new)
        assert answer.status_code in {400, 405}, path
    before = new | {"sourceCommitId": ""}
    assert put(client, "link", before).status_code == 400
    assert put(client, "link/passwd", before).status_code == 400
    assert Push.objects.count() == 0


def test_what_git_calls_hostile_content_is_refused(api, alice, ids):
    modules = '[submodule "../../x"]\n\tpath = x\n\turl = -u./payload\n'
    answer = put(api(alice), ".gitmodules", {"content": modules, "branch": "main"})
    assert answer.status_code == 400
    assert "Git refuses" in answer.json()["errors"][0]["message"]
    assert not list((ids["path"] / "objects").glob("incoming-*"))
    good = '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x.git\n'
    assert put(api(alice), ".gitmodules", {"content": good, "branch": "main"}).status_code == 200


def test_bodies_that_make_no_sense(api, alice, ids):
    client = api(alice)
    assert put(client, "x", {"branch": "main"}).status_code == 400
    assert put(client, "x", {"content": "x"}).status_code == 400
    assert put(client, "x", {"content": "x", "branch": ""}).status_code == 400
    for bad in ({"message": b"\xff"}, {"message": "a\0b"}, {"branch": b"\xff\xfe"}, {"branch": "a\nb"},
                {"message": "m" * 40_000}):  # fmt: skip
        assert put(client, "x", {"content": "x", "branch": "main"} | bad).status_code == 400
    for data, kind in (
        (b"nonsense", MULTIPART_CONTENT),
        (b"x", "multipart/form-data"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"content": 1, "branch": []}', "application/json"),
        (b"&".join(b"x=1" for _ in range(3000)), "application/x-www-form-urlencoded"),
    ):
        path = f"{REPO}/browse/x"
        assert client.request("PUT", path, data=data, content_type=kind).status_code == 400
    many = form({f"x{number}": "1" for number in range(3000)})
    answer = client.request("PUT", f"{REPO}/browse/x", data=many, content_type=MULTIPART_CONTENT)
    assert answer.status_code == 400
    large = form({"content": "x" * 7_000_000, "branch": "main"})
    answer = client.request("PUT", f"{REPO}/browse/x", data=large, content_type=MULTIPART_CONTENT)
    assert answer.status_code == 413
    plain = client.request("PUT", f"{REPO}/browse/x", data=b"x", content_type="text/plain")
    assert plain.status_code == 415
    assert Push.objects.count() == 0


def test_who_may_only_read_and_what_is_archived(api, admin, alice, ids):
    reader = builders.user("reader")
    builders.grant(ids["repository"], reader, "REPO_READ")
    parts = {"content": "x", "branch": "main"}
    assert put(api(reader), "x", parts).status_code == 401
    assert put(api(builders.user("stranger")), "x", parts).status_code == 404
    assert put(api(), "x", parts).status_code == 401
    api(admin).put(REPO, {"archived": True})
    answer = put(api(alice), "x", parts)
    assert answer.status_code == 409
    assert "archived and read-only" in answer.json()["errors"][0]["message"]


def test_a_file_is_renamed_and_deleted(alice, ids):
    actor, repository = builders.actor(alice), ids["repository"]
    seen = EditTarget("main", "main")
    moved = edits.rename(actor, repository, "data/blob.bin", "deep/er/blob.bin", target=seen)
    assert moved.message == "blob.bin renamed online with Bitbucket"
    assert "data/" not in listing(ids)
    assert "deep/er/blob.bin" in listing(ids)
    edits.delete(actor, repository, "deep/er/blob.bin", target=seen, message="Away")
    assert "deep" not in builders.git("ls-tree", "main", cwd=ids["path"])
    both = edits.rename(
        actor, repository, "hello.txt", "bye.txt", content=b"bye\n", target=seen, message="Bye"
    )
    assert content(ids, "bye.txt", both.id) == "bye"
    for refused, status in (
        (lambda: edits.delete(actor, repository, "none", target=seen), 404),
        (lambda: edits.delete(actor, repository, "bye.txt", target=EditTarget("main")), 409),
        (lambda: edits.delete(actor, repository, "src", target=seen), 400),
        (lambda: edits.rename(actor, repository, "none", "x", target=seen), 404),
        (lambda: edits.rename(actor, repository, "bye.txt", "README.md", target=seen), 409),
        (lambda: edits.rename(actor, repository, "bye.txt", "bye.txt", target=seen), 409),
        (lambda: edits.rename(actor, repository, "bye.txt", "bye.txt/x/y", target=seen), None),
    ):
        if status is None:
            # Its own place becomes a folder.
            refused()
            assert "bye.txt/x/y" in listing(ids)
            continue
        with pytest.raises(DomainError) as error:
            refused()
        assert error.value.status == status
    assert builders.git("fsck", "--strict", cwd=ids["path"]) == ""


def test_a_last_file_leaves_an_empty_tree(alice, ids):
    _import(ids, "M 100644 inline only\ndata 2\nx\n")
    edits.delete(builders.actor(alice), ids["repository"], "only", target=EditTarget("odd", "odd"))
    assert listing(ids, "odd") == ""


def test_an_edit_goes_on_top_of_a_push_that_left_the_file_alone(alice, ids, monkeypatch):
    actor, repository = builders.actor(alice), ids["repository"]
    move, raced = ref_updates.move, []

    def move_after_somebody_else(*args, **options):
        if not raced:
            raced.append(True)
            edits.write(actor, repository, "other.txt", b"x", target=EditTarget("main"))
        return move(*args, **options)

    monkeypatch.setattr(ref_updates, "move", move_after_somebody_else)
    made = edits.write(actor, repository, "hello.txt", b"y", target=EditTarget("main", "main"))
    assert content(ids, "other.txt", made.id) == "x"
    assert content(ids, "hello.txt", "main") == "y"


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_of_one_state_one_wins(api, alice, ids):
    answers = []

    def edit(number):
        parts = {"content": f"{number}\n", "branch": "main", "sourceCommitId": ids["merge"]}
        answers.append(put(api(alice), "hello.txt", parts))
        connection.close()

    threads = [threading.Thread(target=edit, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409, 409, 409], [json.loads(one.content) for one in answers]
    (won,) = (answer.json()["id"] for answer in answers if answer.status_code == 200)
    assert builders.git("rev-parse", "main", cwd=ids["path"]) == won
    assert Push.objects.count() == 1


def _import(ids, changes):
    """Commit these changes alone on the branch `odd`."""
    head = "commit refs/heads/odd\ncommitter A <a@example.com> 1700004000 +0000\ndata 3\nodd\n"
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=ids["path"],
        input=(head + changes + "\n").encode(),
        check=True,
        env=builders.GIT_ENVIRONMENT,
    )
