"""REST: what a repository holds, as bots and CI read it."""

from __future__ import annotations

import subprocess

import pytest

from repos import storage
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"


@pytest.fixture
def ids(db):
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    return builders.fill(made) | {"path": storage.path_of(made.pk)}


def values(answer, key):
    assert answer.status_code == 200, answer.content
    return [one[key] for one in answer.json()["values"]]


def test_branches_are_listed_filtered_and_ordered(api, ids):
    client = api()

    assert values(client.get(f"{REPO}/branches"), "displayId") == ["main", "feature/one"]
    by_name = client.get(f"{REPO}/branches", orderBy="ALPHABETICAL")
    assert values(by_name, "displayId") == ["feature/one", "main"]
    assert values(client.get(f"{REPO}/branches", filterText="ONE"), "id") == [
        "refs/heads/feature/one"
    ]
    main = client.get(f"{REPO}/branches").json()["values"][0]
    assert main["isDefault"] is True
    assert main["latestCommit"] == ids["merge"]
    assert client.get(f"{REPO}/branches", orderBy="ODD").status_code == 400


def test_branch_details_tell_the_latest_commit_and_the_distance(api, ids):
    answer = api().get(f"{REPO}/branches", details="true", filterText="one")

    metadata = answer.json()["values"][0]["metadata"]
    distance = metadata[
        "com.atlassian.bitbucket.server.bitbucket-branch:ahead-behind-metadata-provider"
    ]
    assert distance == {"ahead": 0, "behind": 2}
    latest = metadata["com.atlassian.bitbucket.server.bitbucket-branch:latest-commit-metadata"]
    assert latest["message"] == "feature"


def test_tags_tell_annotated_from_light(api, ids):
    listed = {one["displayId"]: one for one in api().get(f"{REPO}/tags").json()["values"]}

    assert listed["light"]["hash"] is None
    assert listed["light"]["latestCommit"] == ids["first"]
    assert listed["v1"]["latestCommit"] == ids["second"]
    assert listed["v1"]["hash"] not in {None, ids["second"]}
    assert api().get(f"{REPO}/tags/v1").json() == listed["v1"]
    assert api().get(f"{REPO}/tags/none").status_code == 404


def test_commits_are_listed_newest_first(api, ids):
    client = api()

    assert values(client.get(f"{REPO}/commits"), "message") == [
        "merge",
        "feature",
        "second\n\na body",
        "first",
    ]
    page = client.get(f"{REPO}/commits", limit=1, start=1).json()
    assert (page["values"][0]["id"], page["nextPageStart"]) == (ids["feature"], 2)
    since = client.get(f"{REPO}/commits", since="refs/tags/v1", until="main")
    assert values(since, "message") == ["merge", "feature"]
    assert values(client.get(f"{REPO}/commits", merges="only"), "message") == ["merge"]
    assert len(values(client.get(f"{REPO}/commits", merges="exclude"), "id")) == 3
    assert values(client.get(f"{REPO}/commits", path="src/main.py"), "id") == [ids["second"]]
    assert values(client.get(f"{REPO}/commits", path="src"), "id") == [ids["second"]]
    counted = client.get(f"{REPO}/commits", withCounts="true", limit=1).json()
    assert (counted["totalCount"], counted["authorCount"]) == (4, 2)
    assert client.get(f"{REPO}/commits", limit=500).json()["limit"] == 100


def test_a_commit_by_id_short_id_and_name(api, ids):
    client = api()
    whole = client.get(f"{REPO}/commits/{ids['merge']}").json()

    assert whole["displayId"] == ids["merge"][:11]
    assert whole["author"] == {"name": "Ada Author", "emailAddress": "ada@example.com"}
    assert whole["authorTimestamp"] == 1700003000000
    assert [one["id"] for one in whole["parents"]] == [ids["second"], ids["feature"]]
    for name in (ids["merge"][:7], "main", "refs%2Fheads%2Fmain", "HEAD"):
        assert client.get(f"{REPO}/commits/{name}").json() == whole
    by_path = client.get(f"{REPO}/commits/main", path="hello.txt").json()
    assert by_path["id"] == ids["first"]


def test_an_author_with_an_account_is_shown_as_user_to_people_who_signed_in(api, alice, ids):
    shown = api(alice).get(f"{REPO}/commits/{ids['feature']}").json()["author"]
    assert (shown["slug"], shown["displayName"]) == ("alice", "Alice")

    hidden = api().get(f"{REPO}/commits/{ids['feature']}").json()["author"]
    assert "slug" not in hidden


@pytest.mark.parametrize(
    "revision",
    [
        "none",
        "main~1",
        "main^{/first}",
        ":/first",
        "HEAD@{1}",
        "main:hello.txt",
        "main..feature/one",
        "--output=/tmp/x",
        "-x",
        "0" * 40,
        "../../etc",
        "refs/heads/../../HEAD",
        "x" * 5000,
    ],
)
def test_only_names_and_ids_are_revisions(api, ids, revision):
    for path, parameter in (("commits", "until"), ("browse", "at"), ("files", "at")):
        answer = api().get(f"{REPO}/{path}", **{parameter: revision})
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["exceptionName"].endswith("NoSuchCommitException")


def test_a_folder_is_browsed(api, ids):
    body = api().get(f"{REPO}/browse").json()

    assert body["revision"] == "refs/heads/main"
    shown = {one["path"]["toString"]: one for one in body["children"]["values"]}
    assert list(shown) == ["data", "docs", "src", "README.md", "hello.txt", "link"]
    assert shown["hello.txt"]["type"] == "FILE"
    assert shown["hello.txt"]["size"] == 12
    assert shown["hello.txt"]["path"]["extension"] == "txt"
    assert shown["src"]["type"] == "DIRECTORY"
    deep = api().get(f"{REPO}/browse/docs/deep", at="feature/one").json()
    assert deep["path"]["components"] == ["docs", "deep"]
    assert deep["children"]["values"][0]["path"]["name"] == "guide.md"


def test_a_file_is_browsed_by_its_lines(api, ids):
    body = api().get(f"{REPO}/browse/README.md", start=1, limit=1).json()
    assert body["lines"] == [{"text": ""}]
    assert (body["start"], body["size"], body["isLastPage"], body["nextPageStart"]) == (
        1,
        1,
        False,
        2,
    )

    assert api().get(f"{REPO}/browse/src/main.py").json()["lines"] == [{"text": 'print("é")'}]
    assert api().get(f"{REPO}/browse/data/blob.bin").json()["binary"] is True
    # A link is its text, never what it names.
    assert api().get(f"{REPO}/browse/link").json()["lines"] == [{"text": "/etc/passwd"}]


def test_what_stands_at_a_path(api, ids):
    client = api()
    assert client.get(f"{REPO}/browse/src", type="true").json() == {"type": "DIRECTORY"}
    assert client.get(f"{REPO}/browse/src/main.py", type="true").json() == {"type": "FILE"}
    assert client.get(f"{REPO}/browse/hello.txt", size="true").json() == {"size": 12}
    assert client.get(f"{REPO}/browse/hello.txt", noContent="true").json()["lines"]


@pytest.mark.parametrize(
    "path",
    [
        "none",
        "hello.txt/x",
        "../x",
        "%2e%2e/x",
        "a//b",
        "src/../hello.txt",
        "%5c..%5cx",
        "x" * 9000,
        "src/./main.py",
    ],
)
def test_a_path_that_is_not_there_is_404(api, ids, path):
    for kind in ("browse", "raw", "files"):
        answer = api().get(f"{REPO}/{kind}/{path}")
        assert answer.status_code in {404, 400}
        assert answer.json()["errors"][0]["message"]


def test_nul_is_400_before_anything_else(api, ids):
    assert api().get(f"{REPO}/browse/a%00b").status_code == 400
    assert api().get(f"{REPO}/browse?at=a%00b").status_code == 400


def test_files_are_paths_relative_to_the_folder(api, ids):
    assert api().get(f"{REPO}/files").json()["values"] == [
        "README.md",
        "data/blob.bin",
        "docs/deep/guide.md",
        "hello.txt",
        "link",
        "src/main.py",
    ]
    assert api().get(f"{REPO}/files/docs").json()["values"] == ["deep/guide.md"]
    assert api().get(f"{REPO}/files", limit=2).json()["nextPageStart"] == 2
    assert api().get(f"{REPO}/files/hello.txt").status_code == 400


def test_raw_files_are_inert(api, ids):
    answer = api().get(f"{REPO}/raw/hello.txt")
    assert b"".join(answer) == b"hello world\n"
    assert answer["Content-Type"] == "text/plain;charset=UTF-8"
    assert answer["Content-Length"] == "12"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]

    answer = api().get(f"{REPO}/raw/data/blob.bin")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer) == b"a\x00b\n"
    assert b"".join(api().get(f"{REPO}/raw/link")) == b"/etc/passwd"
    assert api().get(f"{REPO}/raw/src").status_code == 400


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.svg", "<svg onload=alert(1)/>"), ("x.html", "<script>1</script>"), ("x.xml", "<?xml?>")],
)
def test_nothing_that_a_browser_would_run_is_sent_as_what_it_is(api, ids, name, content):
    _write(ids["path"], {name: content.encode()})

    answer = api().get(f"{REPO}/raw/{name}", at="odd")

    assert answer["Content-Type"] == "text/plain;charset=UTF-8"


def test_a_submodule_is_shown_as_what_it_is(api, ids):
    link = "1234567890" * 4
    script = f"commit refs/heads/sub\ncommitter A <a@b> 1700004000 +0000\ndata 1\nm\nM 160000 {link} module\n\n"
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=ids["path"], input=script.encode(), check=True
    )

    shown = api().get(f"{REPO}/browse/module", at="sub").json()

    assert (shown["type"], shown["contentId"]) == ("SUBMODULE", link)
    assert api().get(f"{REPO}/browse/module", at="sub", type="true").json() == {"type": "SUBMODULE"}
    assert api().get(f"{REPO}/raw/module", at="sub").status_code == 400


def test_missing_commits_are_passed_over_when_asked(api, ids):
    missing = "1" * 40
    assert api().get(f"{REPO}/commits", since=missing).status_code == 404
    found = api().get(f"{REPO}/commits", since=missing, ignoreMissing="true")
    assert found.json()["size"] == 4
    assert api().get(f"{REPO}/commits", until=missing, ignoreMissing="true").json()["size"] == 0


def test_lines_in_other_encodings_are_text(api, ids):
    long = "xé" * 15_000
    _write(
        ids["path"],
        {
            "utf16.txt": "one\ntwo é\n".encode("utf-16"),
            "latin.txt": "caf\xe9\nbar\n".encode("latin-1"),
            "long.txt": f"{long}\nend\n".encode(),
        },
    )

    def lines(name):
        found = api().get(f"{REPO}/browse/{name}", at="odd").json()["lines"]
        return [one["text"] for one in found]

    assert lines("utf16.txt") == ["one", "two é"]
    assert lines("latin.txt") == ["café", "bar"]
    assert lines("long.txt") == [long[:20_000], "end"]


def test_an_empty_repository_says_so(api, admin):
    builders.repository(builders.project("PRJ"))
    client = api(admin)

    for path in ("commits", "browse", "files"):
        answer = client.get(f"{REPO}/{path}")
        assert answer.status_code == 404
        name = answer.json()["errors"][0]["exceptionName"]
        assert name.endswith("NoDefaultBranchException")
    assert client.get(f"{REPO}/branches").json()["values"] == []
    assert client.get(f"{REPO}/tags").json()["values"] == []
    # Which branch will come first is known all the same.
    assert client.get(f"{REPO}/default-branch").json() == {
        "id": "refs/heads/main",
        "displayId": "main",
        "type": "BRANCH",
    }
    assert client.get(f"{REPO}/branches/default").status_code == 204


def test_a_default_branch_that_is_missing(api, admin, ids):
    builders.git("symbolic-ref", "HEAD", "refs/heads/gone", cwd=ids["path"])
    client = api(admin)

    assert client.get(f"{REPO}/default-branch").json()["displayId"] == "gone"
    assert client.get(f"{REPO}/branches/default").status_code == 404
    assert client.put(f"{REPO}/default-branch", {"id": "main"}).status_code == 204
    shown = client.get(f"{REPO}/branches/default").json()
    assert (shown["displayId"], shown["latestCommit"]) == ("main", ids["merge"])
    assert client.put(f"{REPO}/default-branch", {"id": "none"}).status_code == 404


def test_a_commit_that_no_ref_reaches_is_not_shown(api, admin, ids):
    """What a deleted branch left behind is there for git, and for nobody else."""
    lost = _write(ids["path"], {"secret": b"x"})
    assert api().get(f"{REPO}/commits/{lost}").status_code == 200

    builders.git("update-ref", "-d", "refs/heads/odd", cwd=ids["path"])

    for path in (
        f"commits/{lost}",
        f"browse?at={lost}",
        f"raw/secret?at={lost}",
        f"commits?until={lost}",
    ):
        assert api(admin).get(f"{REPO}/{path}").status_code == 404


def test_names_that_are_not_text_survive_lists(api, ids):
    _write(ids["path"], {b"\xff\xfe name".decode("utf-8", "surrogateescape"): b"x"})
    builders.git("update-ref", "refs/heads/-dash", ids["first"], cwd=ids["path"])
    subprocess.run(
        [b"git", b"update-ref", b"refs/heads/\xff", ids["first"].encode()],
        cwd=ids["path"],
        check=True,
    )

    assert len(values(api().get(f"{REPO}/branches"), "id")) == 5
    assert api().get(f"{REPO}/browse", at="odd").status_code == 200
    assert api().get(f"{REPO}/files", at="odd").json()["size"] == 1
    assert api().get(f"{REPO}/commits", until="-dash").status_code == 200


def test_files_whose_names_are_not_text_are_read(api, ids):
    _write(ids["path"], {"dir/caf\udce9 %41.txt": b"words\n"})
    client = api().client
    for route in ("raw", "browse", "last-modified"):
        name = "dir" if route == "last-modified" else "dir/caf%E9%20%2541.txt"
        # What the server read, from which a name is taken byte for byte.
        path = f"/rest/api/latest/{REPO}/{route}/{name}"
        answer = client.get(path, {"at": "odd"}, RAW_URI=f"{path}?at=odd")
        assert answer.status_code == 200, (route, answer.content)
    assert (
        b"words"
        in client.get(
            f"/rest/api/latest/{REPO}/raw/dir/caf%E9%20%2541.txt",
            {"at": "odd"},
            RAW_URI=f"/rest/api/latest/{REPO}/raw/dir/caf%E9%20%2541.txt?at=odd",
        ).getvalue()
    )


def test_a_tree_a_thousand_folders_deep_is_read(api, ids):
    deep = "/".join("d" for _ in range(1200))
    _write(ids["path"], {f"{deep}/file": b"x"})

    assert api().get(f"{REPO}/files", at="odd").json()["values"] == [f"{deep}/file"]
    assert api().get(f"{REPO}/browse/{deep}", at="odd").status_code == 200
    assert api().get(f"{REPO}/commits", until="odd", path=f"{deep}/file").json()["size"] == 1


@pytest.mark.parametrize("path", ["browse", "commits", "files", "branches"])
def test_queries_do_not_grow_with_the_content(api, alice, ids, path, django_assert_max_num_queries):
    client = api(alice)
    client.get(f"{REPO}/{path}")

    with django_assert_max_num_queries(7):
        assert client.get(f"{REPO}/{path}", limit=100).status_code == 200


def _write(path, files):
    """Commit these files alone on the branch `odd`; gives the commit's id."""
    parts = [b"commit refs/heads/odd\ncommitter A <a@example.com> 1700004000 +0000\ndata 3\nodd\n"]
    for name, content in files.items():
        quoted = name.encode("utf-8", "surrogateescape")
        parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(content), content))
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=path,
        input=b"".join(parts),
        check=True,
        env=builders.GIT_ENVIRONMENT,
    )
    return builders.git("rev-parse", "refs/heads/odd", cwd=path)
