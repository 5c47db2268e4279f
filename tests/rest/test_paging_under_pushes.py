"""REST: every list pages to its end exactly once, whatever is pushed between two pages."""

from __future__ import annotations

import subprocess

import pytest

from repos import storage
from tests import builders
from tests.builders import git

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
WHO = {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b.c", "GIT_COMMITTER_DATE": "1800000000 +0000",
       "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c"}  # fmt: skip


@pytest.fixture
def path(db):
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    builders.fill(made)
    folder = storage.path_of(made.pk)
    for number in range(5):
        git("update-ref", f"refs/heads/b{number}", "main~1", cwd=folder)
        git("update-ref", f"refs/tags/t{number}", "main~1", cwd=folder)
    return folder


def push(folder, branch, *, named="new.txt"):
    """What a push leaves: a commit on top of a branch, newer than all others."""
    blob = git("hash-object", "-w", "--stdin", cwd=folder)
    listed = git("ls-tree", branch, cwd=folder)
    made = subprocess.run(
        ["git", "mktree"], cwd=folder, input=f"100644 blob {blob}\t{named}\n{listed}\n".encode(),
        capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    commit = git("commit-tree", made, "-p", branch, "-m", f"push {named}", cwd=folder, env=WHO)
    git("update-ref", f"refs/heads/{branch}", commit, cwd=folder)
    return commit


def paged(client, address, between, key, **query):
    """All values, page by page of one, with something happening after each page."""
    found, start, pages = [], 0, 0
    while start is not None:
        answer = client.get(f"{REPO}/{address}", limit=1, start=start, **query).json()
        found += [one[key] if key else one for one in answer["values"]]
        start = answer["nextPageStart"]
        between(pages)
        pages += 1
    return found


@pytest.mark.parametrize(
    "ask", [{}, {"until": "main"}, {"until": "refs/heads/main", "since": "b0"}]
)
def test_commits(api, alice, path, ask):
    client = api(alice)
    arguments = ["rev-list", "main", *(["^b0"] if "since" in ask else [])]
    before = git(*arguments, cwd=path).split()

    found = paged(client, "commits", lambda n: push(path, "main", named=f"{n}"), "id", **ask)

    assert found == before
    assert client.get(f"{REPO}/commits", limit=1).json()["values"][0]["id"] != before[0]


@pytest.mark.parametrize("order", ["MODIFICATION", "ALPHABETICAL"])
def test_branches_and_tags(api, alice, path, order):
    client = api(alice)
    everything = ["main", "feature/one", *(f"b{n}" for n in range(5))]

    def stir(number):
        push(path, f"b{number % 5}", named=f"{number}")
        git("update-ref", f"refs/heads/a{number}", "main", cwd=path)

    found = paged(client, "branches", stir, "displayId", orderBy=order)
    assert sorted(found) == sorted(everything)

    tags = client.get(f"{REPO}/tags").json()["values"]
    found = paged(
        client,
        "tags",
        lambda n: git("update-ref", f"refs/tags/a{n}", "main", cwd=path),
        "displayId",
        orderBy=order,
    )
    assert sorted(found) == sorted(one["displayId"] for one in tags)


def test_a_branch_that_is_deleted_meanwhile_is_not_listed(api, alice, path):
    client = api(alice)

    def delete(number):
        if number == 0:
            git("update-ref", "-d", "refs/heads/b4", cwd=path)

    found = paged(client, "branches", delete, "displayId", orderBy="ALPHABETICAL")
    assert sorted(found) == ["b0", "b1", "b2", "b3", "feature/one", "main"]


def test_files_and_changes(api, alice, path):
    client = api(alice)
    files = client.get(f"{REPO}/files").json()["values"]
    found = paged(client, "files", lambda n: push(path, "main", named=f"0{n}"), None)
    assert found == files

    query = {"from": "refs/heads/main", "to": "b0"}
    whole = client.get(f"{REPO}/compare/changes", **query).json()["values"]
    paths = [one["path"]["toString"] for one in whole]
    found = paged(
        client, "compare/changes", lambda n: push(path, "main", named=f"1{n}"), "path", **query
    )
    assert [one["toString"] for one in found] == paths
    commits = [one["id"] for one in client.get(f"{REPO}/compare/commits", **query).json()["values"]]
    found = paged(
        client, "compare/commits", lambda n: push(path, "main", named=f"2{n}"), "id", **query
    )
    assert found == commits


def test_what_is_not_reached_any_more_is_looked_up_anew(api, alice, path):
    client = api(alice)
    assert client.get(f"{REPO}/commits", until="main", limit=1).json()["nextPageStart"] == 1
    lost = git("rev-parse", "main", cwd=path)
    git("update-ref", "refs/heads/main", "b0", cwd=path)

    rest = client.get(f"{REPO}/commits", until="main", start=0).json()["values"]
    later = client.get(f"{REPO}/commits", until="main", start=1, limit=1).json()["values"]

    assert lost not in {one["id"] for one in rest}
    assert later == rest[1:2]


def test_everybody_goes_on_with_their_own_list(api, alice, admin, path):
    assert api(alice).get(f"{REPO}/commits", until="main", limit=1).json()["values"]
    tip = push(path, "main")
    assert api(admin).get(f"{REPO}/commits", until="main", limit=1).json()["values"][0]["id"] == tip
    hers = api(alice).get(f"{REPO}/commits", until="main", start=1, limit=1).json()["values"][0]
    his = api(admin).get(f"{REPO}/commits", until="main", start=1, limit=1).json()["values"][0]
    assert hers["id"] != his["id"]


def test_a_list_of_several_chunks(api, alice, path, monkeypatch):
    """A long list is kept piece by piece, as somebody comes to it."""
    from repos.selectors import stable_paging

    monkeypatch.setattr(stable_paging, "CHUNK", 3)
    before = {f"refs/heads/b{number}" for number in range(5)} | {"refs/heads/main"}
    moved = iter(["b0", "b3", "b1", "main", "b2", "b4", "b0", "b1"])
    counter = iter(range(100))

    def between(pages):
        branch = next(moved, None)
        if branch:
            push(path, branch, named=f"new{next(counter)}.txt")

    found = paged(api(alice), "branches", between, "id")
    assert set(found) >= before
    assert len(found) == len(set(found))
    # Somebody who begins at a late page sees the list as it stands.
    fresh = api(builders.user("bob"))
    late = fresh.get(f"{REPO}/branches", start=4, limit=10).json()
    whole = fresh.get(f"{REPO}/branches", limit=100).json()
    assert [one["id"] for one in late["values"]] == [one["id"] for one in whole["values"]][4:]


def test_a_start_far_behind_the_end_costs_no_more_than_the_list(api, alice, path, monkeypatch):
    from repos.selectors import stable_paging

    client, read = api(alice), []
    client.get(f"{REPO}/branches", limit=1)
    original = stable_paging.begun
    monkeypatch.setattr(stable_paging, "begun", lambda *key: read.append(key) or original(*key))

    answer = client.get(f"{REPO}/branches?start={'9' * 500}").json()

    assert answer["values"] == [] and answer["isLastPage"]
    assert len(read) < 10
