"""REST: what differs, as review tools, bots and CI read it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from repos import storage
from tests import builders
from tests.builders import git
from tests.git.changes import STEPS, every_kind

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
TEXT = {"Accept": "text/plain"}


@pytest.fixture
def ids(db):
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    return builders.fill(made) | {"path": storage.path_of(made.pk)}


@pytest.fixture
def steps(db):
    """The repository with every kind of change: each commit by its subject, with its parent."""
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    path = storage.path_of(made.pk)
    every_kind(path)
    listed = git("log", "--format=%s|%H|%P", "main", cwd=path).splitlines()
    fields = [line.split("|") for line in listed]
    return {subject: (parents.split(" ")[0], one) for subject, one, parents in fields}


def text_of(client, path, **query):
    answer = client.request("GET", path, query=query, headers=TEXT)
    assert answer.status_code == 200, answer.getvalue()
    assert answer["Content-Type"] == "text/plain;charset=UTF-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"] and "no-store" in answer["Cache-Control"]
    return b"".join(answer)


def lines_of(file):
    return [
        (segment["type"], line["source"], line["destination"], line["line"])
        for hunk in file["hunks"]
        for segment in hunk["segments"]
        for line in segment["lines"]
    ]


def test_changes_of_a_commit(api, steps):
    parent, commit = steps["rename with an edit"]
    body = api().get(f"{REPO}/commits/{commit}/changes").json()

    assert (body["fromHash"], body["toHash"], body["isLastPage"]) == (parent, commit, True)
    (change,) = body["values"]
    assert (change["type"], change["nodeType"]) == ("MOVE", "FILE")
    assert change["path"]["toString"] == "moved/longer.txt"
    assert change["srcPath"]["toString"] == "long.txt"
    assert 90 < change["percentUnchanged"] < 100
    assert (change["executable"], change["srcExecutable"]) == (False, False)
    assert len(change["contentId"]) == len(change["fromContentId"]) == 40
    (link,) = change["links"]["self"]
    assert link["href"].endswith(f"/projects/PRJ/repos/repo/commits/{commit}#moved/longer.txt")


def test_changes_of_modes_and_kinds(api, steps):
    _, commit = steps["modes and kinds"]
    answer = api().get(f"{REPO}/changes", until=commit).json()
    shown = {one["path"]["toString"]: one for one in answer["values"]}

    assert (shown["run.sh"]["executable"], shown["run.sh"]["srcExecutable"]) == (True, False)
    assert shown["module"]["nodeType"] == "SUBMODULE"
    assert {one["percentUnchanged"] for one in shown.values()} == {-1}
    assert {one["type"] for one in shown.values()} == {"MODIFY"}


def test_changes_of_the_first_commit_and_since(api, steps):
    _, first = steps["begin"]
    client = api()
    body = client.get(f"{REPO}/changes", until=first, limit=4, start=2).json()
    assert (body["fromHash"], body["size"], body["nextPageStart"]) == (None, 4, 6)
    assert "fromContentId" not in body["values"][0]

    seen, start = [], 0
    while start is not None:
        page = client.get(f"{REPO}/commits/{first}/changes", limit=4, start=start).json()
        seen += [one["path"]["toString"] for one in page["values"]]
        start = page["nextPageStart"]
    assert len(seen) == len(set(seen)) == len(STEPS[0][1])

    _, copied = steps["copy while the source changes"]
    body = client.get(f"{REPO}/commits/{copied}/changes", since=first).json()
    assert body["fromHash"] == first
    kinds = {one["path"]["toString"]: one["type"] for one in body["values"]}
    assert kinds == {"copy.txt": "COPY", "moved/longer.txt": "MOVE"}


def test_a_diff_of_a_commit(api, ids):
    answer = api().get(f"{REPO}/commits/{ids['second']}/diff")
    body = answer.json()

    assert "private" in answer["Cache-Control"] and "no-store" in answer["Cache-Control"]
    assert "ETag" not in answer
    assert (body["fromHash"], body["toHash"]) == (ids["first"], ids["second"])
    assert (body["contextLines"], body["whitespace"], body["truncated"]) == (10, "SHOW", False)
    files = {one["destination"]["toString"]: one for one in body["diffs"]}
    script = files["src/main.py"]
    assert script["source"] is None
    (hunk,) = script["hunks"]
    assert [hunk[name] for name in ("sourceLine", "sourceSpan", "destinationLine", "destinationSpan")] == [0, 0, 1, 1]  # fmt: skip
    assert lines_of(script) == [("ADDED", 0, 1, 'print("é")')]
    assert files["data/blob.bin"]["binary"] is True and files["data/blob.bin"]["hunks"] == []
    by_name = api().get(f"{REPO}/diff", until="refs/tags/v1").json()
    assert by_name == body


def test_a_diff_counts_lines_on_both_sides(api, steps):
    _, commit = steps["line endings"]
    answer = api().get(f"{REPO}/commits/{commit}/diff/crlf.txt", contextLines=0).json()
    assert answer["contextLines"] == 0
    assert lines_of(answer["diffs"][0]) == [
        ("REMOVED", 2, 2, "two\r"),
        ("ADDED", 3, 2, "two"),
        ("ADDED", 3, 4, "four\r"),
    ]
    texts = [line["line"] for line in _all_lines(api, steps, "encodings", "latin.txt")]
    assert texts == ["café", "café crème", "naïve", "\x81"]
    assert _all_lines(api, steps, "encodings", "wide.txt")[-1]["line"] == "fünf"
    module = _all_lines(api, steps, "modes and kinds", "module")
    assert [line["line"][:19] for line in module] == ["Subproject commit 1", "Subproject commit 2"]


def _all_lines(api, steps, step, path):
    body = api().get(f"{REPO}/commits/{steps[step][1]}/diff/{path}").json()
    (file,) = body["diffs"]
    return [line for hunk in file["hunks"] for one in hunk["segments"] for line in one["lines"]]


def test_a_path_of_a_diff_and_where_it_came_from(api, steps):
    _, commit = steps["rename with an edit"]
    url = f"{REPO}/commits/{commit}/diff/moved/longer.txt"
    (added,) = api().get(url).json()["diffs"]
    assert added["source"] is None
    for query in ({"srcPath": "long.txt"}, {"autoSrcPath": "true"}, {"autoSrcPath": "True"}):
        (moved,) = api().get(url, **query).json()["diffs"]
        assert moved["source"]["toString"] == "long.txt"
        kinds = {kind for kind, *_ in lines_of(moved)}
        assert kinds == {"CONTEXT", "REMOVED", "ADDED"}
        assert text_of(api(), url, **query).startswith(b"diff --git a/long.txt b/moved/longer.txt")
    (gone,) = api().get(f"{REPO}/commits/{commit}/diff/long.txt").json()["diffs"]
    assert gone["destination"] is None
    below = api().get(f"{REPO}/diff/moved", until=commit).json()
    assert [one["destination"]["name"] for one in below["diffs"]] == ["longer.txt"]
    # A path named like a part of the route.
    assert api().get(f"{REPO}/commits/{commit}/diff/x/diff/y").status_code == 404


def test_white_space_is_passed_over(api, steps):
    _, spaces = steps["spaces"]
    _, words = steps["spaces and words"]
    client = api()
    for flag in ("ignore-all", "IGNORE_ALL"):
        body = client.get(f"{REPO}/commits/{spaces}/diff", whitespace=flag).json()
        assert body["whitespace"] == "IGNORE_ALL"
        assert [one["hunks"] for one in body["diffs"]] == [[]]
        assert text_of(client, f"{REPO}/commits/{spaces}/diff", whitespace=flag) == b""
    sums = client.get(f"{REPO}/commits/{words}/diff-stats-summary", whitespace="ignore-all").json()
    assert sums == {"filesChanged": 1, "totalInsertions": 1, "totalDeletions": 1}
    sums = client.get(f"{REPO}/commits/{words}/diff-stats-summary").json()
    assert sums == {"filesChanged": 1, "totalInsertions": 2, "totalDeletions": 2}


def test_a_diff_is_filtered_by_text(api, steps):
    _, commit = steps["encodings"]

    def shown(text):
        body = api().get(f"{REPO}/commits/{commit}/diff", filter=text).json()
        return {one["destination"]["name"] for one in body["diffs"]}

    assert shown("CRÈME") == {"latin.txt"}
    assert shown("wide") == {"wide.txt"}
    assert shown("%") == set()


def test_sums_of_a_path_and_of_an_empty_difference(api, ids):
    url = f"{REPO}/commits/{ids['second']}/diff-stats-summary"
    one = {"filesChanged": 1, "totalInsertions": 1, "totalDeletions": 0}
    assert api().get(f"{url}/src/main.py").json() == one
    none = {"filesChanged": 0, "totalInsertions": 0, "totalDeletions": 0}
    assert api().get(url, since=ids["second"]).json() == none
    assert api().get(f"{REPO}/changes", until="main", since="main").json()["values"] == []


def test_the_raw_text_is_git_s(api, ids):
    expected = git("diff-tree", "-p", "--full-index", ids["first"], ids["second"], cwd=ids["path"])
    client = api()
    for path, query in (
        (f"{REPO}/commits/{ids['second']}/diff", {}),
        (f"{REPO}/diff", {"until": ids["second"]}),
        (f"{REPO}/diff", {"until": "v1", "since": "light"}),
        (f"{REPO}/compare/diff", {"from": "v1", "to": "light"}),
    ):
        assert text_of(client, path, **query).decode().strip() == expected.strip()
        # Who takes anything gets JSON.
        plain = client.request("GET", path, query=query, headers={"Accept": "*/*"})
        assert plain["Content-Type"].startswith("application/json")
    one = text_of(client, f"{REPO}/diff/src/main.py", until=ids["second"])
    assert one.startswith(b"diff --git a/src/main.py b/src/main.py") and one.count(b"diff --") == 1
    # So does a browser; who takes no JSON gets text, whatever they name.
    for accepted, kind in {
        "text/html,application/xhtml+xml,*/*;q=0.8": "application/json",
        "application/json;q=0.5, text/plain": "text/plain",
        "text/html": "text/plain",
        "text/x-diff": "text/plain",
        "application/octet-stream": "text/plain",
    }.items():
        given = client.request("GET", f"{REPO}/diff", query={"until": "main"}, headers={"Accept": accepted})  # fmt: skip
        assert (given.status_code, given["Content-Type"].partition(";")[0]) == (200, kind)


@pytest.mark.parametrize("path", ["diff", "patch"])
def test_git_is_stopped_when_the_client_leaves(api, ids, path):
    many = b"".join(b"%d\n" % number for number in range(500_000))
    script = b"commit refs/heads/huge\ncommitter A <a@b> 5 +0000\ndata 1\nm\n"
    script += b"M 100644 inline lines\ndata %d\n%s\n" % (len(many), many)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=script, check=True)
    # Only one request: a reader who leaves takes the test's database connection along.
    answer = api().request("GET", f"{REPO}/{path}", query={"until": "huge"}, headers=TEXT)
    pieces = iter(answer)
    assert next(pieces)
    assert _working_for(ids["path"])
    answer.close()
    assert not _working_for(ids["path"])


def _working_for(path):
    mark = f"--git-dir={path}".encode()
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [file] if mark in file.read_bytes() else []
        except OSError:
            continue
    return found


def test_patches(api, ids):
    client = api()
    one = text_of(client, f"{REPO}/patch", until=ids["second"])
    assert one.startswith(f"From {ids['second']} ".encode())
    assert one.count(b"\nSubject: [PATCH]") == 1
    both = text_of(client, f"{REPO}/patch", until="main", since="light")
    assert both.count(b"\nSubject: ") == 2
    whole = text_of(client, f"{REPO}/patch", until="main", since="v1", allAncestors="true")
    assert whole.count(b"\nSubject: ") == 3
    # JSON is no answer here, and a client that names it is not sent away.
    json = client.request("GET", f"{REPO}/patch", query={"until": "main"}, headers={"Accept": "application/json"})  # fmt: skip
    assert json["Content-Type"].startswith("text/plain") and b"".join(json)


def test_other_methods_are_answered_too(api, ids):
    client = api().client
    for path in ("patch", "diff"):
        url = f"/rest/api/latest/{REPO}/{path}?until=main"
        for accepted in ("text/plain", "application/json"):
            headers = {"Accept": accepted}
            assert client.options(url, headers=headers).status_code == 200
            assert client.head(url, headers=headers).status_code == 200
            assert client.post(url, headers=headers).status_code == 405


def test_merge_base(api, ids):
    client = api()
    found = client.get(f"{REPO}/commits/{ids['second']}/merge-base", otherCommitId=ids["feature"])
    expected = git("merge-base", ids["second"], ids["feature"], cwd=ids["path"]).strip()
    assert found.json()["id"] == expected
    assert found.json()["author"]["name"] == "Ada Author"
    assert client.get(f"{REPO}/commits/main/merge-base").status_code == 400
    git_alone = b"commit refs/heads/alone\ncommitter A <a@b> 1 +0000\ndata 1\nm\n\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=git_alone, check=True)
    nothing = client.get(f"{REPO}/commits/main/merge-base", otherCommitId="alone")
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_compare_tells_what_the_source_has_and_the_target_has_not(api, ids):
    client = api()
    base = git("merge-base", ids["second"], ids["feature"], cwd=ids["path"]).strip()
    query = {"from": "feature/one", "to": "refs/tags/v1"}
    listed = client.get(f"{REPO}/compare/commits", **query).json()
    expected = git("rev-list", "feature/one", "^v1", cwd=ids["path"]).split()
    assert [one["id"] for one in listed["values"]] == expected
    body = client.get(f"{REPO}/compare/diff", **query).json()
    # Against where they parted, so that what only the target has is not shown as removed.
    assert (body["fromHash"], body["toHash"]) == (base, ids["feature"])
    paths = {one["destination"]["toString"] for one in body["diffs"]}
    changed = client.get(f"{REPO}/compare/changes", **query).json()
    assert {one["path"]["toString"] for one in changed["values"]} == paths
    assert (changed["fromHash"], changed["toHash"]) == (base, ids["feature"])
    path = sorted(paths)[0]
    one = client.get(f"{REPO}/compare/diff/{path}", **query).json()
    assert [file["destination"]["toString"] for file in one["diffs"]] == [path]
    sums = client.get(f"{REPO}/compare/diff-stats-summary", **query).json()
    assert sums["filesChanged"] == len(paths)
    sums = client.get(f"{REPO}/compare/diff-stats-summary/{path}", **query).json()
    assert sums["filesChanged"] == 1
    assert (
        client.get(f"{REPO}/compare/commits", **{"from": "main", "to": "main"}).json()["size"] == 0
    )
    # What is left out is the default branch.
    default = client.get(f"{REPO}/compare/commits", to="light").json()
    assert default["values"][0]["id"] == ids["merge"]


def test_branches_that_share_nothing_are_compared_as_they_are(api, ids):
    script = b"commit refs/heads/alone\ncommitter A <a@b> 1 +0000\ndata 1\nm\n"
    script += b"M 100644 inline only.txt\ndata 2\no\n\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=script, check=True)
    body = api().get(f"{REPO}/compare/changes", **{"from": "alone", "to": "light"}).json()
    assert body["fromHash"] == ids["first"]
    kinds = {one["path"]["toString"]: one["type"] for one in body["values"]}
    assert kinds.pop("only.txt") == "ADD"
    assert set(kinds.values()) == {"DELETE"}


@pytest.fixture
def fork(ids, alice):
    """A private repository that shares the objects of the public one, with a commit of its own."""
    made = builders.repository(builders.project("FRK"), "fork")
    builders.grant(made, alice, "REPO_READ")
    path = storage.path_of(made.pk)
    (path / "objects/info/alternates").write_text(f"{ids['path']}/objects\n")
    git("update-ref", "refs/heads/main", ids["second"], cwd=path)
    script = b"commit refs/heads/topic\ncommitter F <f@b> 1700009999 +0000\ndata 5\ntopic\nfrom refs/heads/main\n"
    script += b"M 100644 inline new.txt\ndata 4\nnew\n\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=script, check=True)
    return {"id": made.pk, "topic": git("rev-parse", "topic", cwd=path).strip(), "path": path}


def test_compare_with_a_fork(api, ids, fork, alice):
    client = api(alice)
    for named in ("FRK/fork", "frk/fork", str(fork["id"])):
        query = {"from": "topic", "to": "main", "fromRepo": named}
        listed = client.get(f"{REPO}/compare/commits", **query).json()
        assert [one["id"] for one in listed["values"]] == [fork["topic"]]
        body = client.get(f"{REPO}/compare/diff", **query).json()
        assert (body["fromHash"], body["toHash"]) == (ids["second"], fork["topic"])
        assert lines_of(body["diffs"][0]) == [("ADDED", 0, 1, "new")]
        (change,) = client.get(f"{REPO}/compare/changes", **query).json()["values"]
        assert "/projects/FRK/repos/fork/commits/" in change["links"]["self"][0]["href"]
        sums = client.get(f"{REPO}/compare/diff-stats-summary", **query).json()
        assert sums["totalInsertions"] == 1
        assert b"+new\n" in text_of(client, f"{REPO}/compare/diff", **query)
    by_id = {"from": fork["topic"], "to": "main", "fromRepo": "FRK/fork"}
    assert client.get(f"{REPO}/compare/commits", **by_id).json()["size"] == 1


def test_a_fork_is_compared_only_as_far_as_it_is_seen(api, ids, fork, alice):
    query = {"from": "topic", "to": "main", "fromRepo": "FRK/fork"}
    stranger = api(builders.user("stranger"))
    for kind in ("commits", "changes", "diff", "diff-stats-summary"):
        url = f"{REPO}/compare/{kind}"
        assert api().get(url, **query).status_code == 401
        assert stranger.get(url, **query).status_code == 404
        # Its commits are not to be had through the other one, nor the other way round.
        hidden = {"from": fork["topic"], "to": "main"}
        assert api(alice).get(url, **hidden).status_code == 404
        turned = query | {"to": fork["topic"]}
        assert api(alice).get(url, **turned).status_code == 404
        lost = query | {"from": ids["merge"]}
        assert api(alice).get(url, **lost).status_code == 404
        for odd in ("FRK", "FRK/fork/x", "/", "FRK/", "999999999", "9" * 30, "../x"):
            assert api(alice).get(url, **query | {"fromRepo": odd}).status_code in {400, 404}
    git("update-ref", "-d", "refs/heads/topic", cwd=fork["path"])
    gone = query | {"from": fork["topic"]}
    assert api(alice).get(f"{REPO}/compare/diff", **gone).status_code == 404


ODD_REVISIONS = ["none", "main~1", "main^{/first}", ":/first", "HEAD@{1}", "main:hello.txt", "main..feature/one",
                 "--output=/tmp/x", "-x", "0" * 40, "../../etc", "x" * 3000, "a\nb", "\U0001f4a5"]  # fmt: skip


@pytest.mark.parametrize("revision", ODD_REVISIONS)
def test_only_names_and_ids_are_compared(api, ids, revision):
    client = api()
    for path, name, beside in (
        ("changes", "until", {}),
        ("changes", "since", {"until": "main"}),
        ("diff", "until", {}),
        ("diff", "since", {"until": "main"}),
        ("patch", "until", {}),
        ("patch", "since", {"until": "main"}),
        ("compare/diff", "from", {}),
        ("compare/changes", "to", {}),
        ("compare/commits", "from", {}),
        ("compare/diff-stats-summary", "to", {}),
        ("commits/main/diff", "since", {}),
        ("commits/main/merge-base", "otherCommitId", {}),
    ):
        answer = client.get(f"{REPO}/{path}", **beside | {name: revision})
        assert answer.status_code == 404, path
        assert answer.json()["errors"][0]["exceptionName"].endswith("NoSuchCommitException")


def test_what_a_deleted_branch_left_behind_is_not_compared(api, ids):
    script = b"commit refs/heads/gone\ncommitter A <a@b> 5 +0000\ndata 1\nm\nfrom refs/heads/main\n"
    script += b"M 100644 inline secret\ndata 6\nsecret\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=script, check=True)
    lost = git("rev-parse", "gone", cwd=ids["path"]).strip()
    assert api().get(f"{REPO}/commits/{lost}/diff").status_code == 200
    git("update-ref", "-d", "refs/heads/gone", cwd=ids["path"])
    for path, query in (
        (f"commits/{lost}/diff", {}),
        (f"commits/{lost}/changes", {}),
        ("diff", {"until": "main", "since": lost}),
        ("patch", {"until": lost}),
        ("compare/diff", {"from": lost}),
    ):
        assert api().get(f"{REPO}/{path}", **query).status_code == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("changes", {}),
        ("diff", {}),
        ("patch", {}),
        ("changes", {"until": ""}),
        ("diff", {"until": "main", "contextLines": "x"}),
        ("diff", {"until": "main", "contextLines": "-5"}),
        ("diff", {"until": "main", "contextLines": "\u0663"}),
        ("diff", {"until": "main", "whitespace": "odd"}),
        ("compare/diff", {"fromRepo": "odd"}),
        ("changes", {"until": "main", "limit": "-1"}),
    ],
)
def test_a_wrong_query_is_400(api, ids, path, query):
    answer = api().get(f"{REPO}/{path}", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == (list(query)[-1] if (query and path != "changes") or "limit" in query else "until")  # fmt: skip


@pytest.mark.parametrize("path", ["none", "../x", "%2e%2e/x", "a//b", "src/../hello.txt", "x" * 9000, "*.txt", ":(glob)*", "--output=x"])  # fmt: skip
def test_a_path_that_stands_on_neither_side_is_404(api, ids, path):
    for kind in (f"commits/{ids['second']}/diff", f"commits/{ids['second']}/diff-stats-summary"):
        answer = api().get(f"{REPO}/{kind}/{path}")
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["exceptionName"].endswith("NoSuchPathException")
    odd = api().get(f"{REPO}/commits/{ids['second']}/diff/src/main.py", srcPath="../x")
    assert odd.status_code == 404


def test_huge_numbers_of_context_lines_are_bounded(api, ids):
    for number in ("10000", "999999999", "9" * 400, "-1"):
        assert api().get(f"{REPO}/commits/main/diff", contextLines=number).status_code == 200


def test_a_huge_difference_is_cut_and_says_so(api, ids):
    many = b"".join(b"%d\n" % number for number in range(500_000))
    script = b"commit refs/heads/huge\ncommitter A <a@b> 5 +0000\ndata 1\nm\n"
    for name, text in (b"lines", many), (b"long", b"y" * 8_000_000), (b"small", b"s\n"):
        script += b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(text), text)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=ids["path"], input=script, check=True)

    body = api().get(f"{REPO}/commits/huge/diff").json()

    assert body["truncated"] is True
    files = {one["destination"]["name"]: one for one in body["diffs"]}
    assert [files[name]["truncated"] for name in ("lines", "long", "small")] == [True, False, False]
    (hunk,) = files["lines"]["hunks"]
    assert hunk["truncated"] is True and hunk["segments"][-1]["truncated"] is True
    (long,) = files["long"]["hunks"][0]["segments"][0]["lines"]
    assert long["truncated"] is True and len(long["line"]) == 5000


def test_the_same_below_the_owner_s_name(api, alice):
    own = builders.actor(alice)
    from repos.services import projects, repositories

    made = repositories.create(
        own, projects.personal(own, alice), name="mine", default_branch="main"
    )
    builders.fill(made)
    answer = api(alice).get("users/alice/repos/mine/commits/main/changes")
    assert answer.status_code == 200
    assert api().get("users/alice/repos/mine/commits/main/changes").status_code == 401


def test_a_list_costs_the_same_however_long_it_is(api, steps, django_assert_max_num_queries):
    client = api()
    client.get(f"{REPO}/changes", until="main")
    with django_assert_max_num_queries(6):
        client.get(f"{REPO}/changes", until=steps["begin"][1], limit=100)
        client.get(f"{REPO}/changes", until=steps["begin"][1], limit=1)
