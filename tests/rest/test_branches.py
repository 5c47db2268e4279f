"""REST: branches and tags are made, moved and deleted, and every refusal says why."""

from __future__ import annotations

import pytest

from repos import storage
from repos.models import Push, RefChange
from repos.selectors import branch_metadata
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
UTILS = "/rest/branch-utils/1.0/projects/PRJ/repos/repo"
GIT = "/rest/git/1.0/projects/PRJ/repos/repo"
DUPLICATE = "com.atlassian.bitbucket.repository.DuplicateRefException"


@pytest.fixture
def ids(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, alice, "REPO_WRITE")
    return builders.fill(made) | {"path": storage.path_of(made.pk), "repository": made}


def error(answer):
    return answer.status_code, answer.json()["errors"][0]["exceptionName"]


def ref(ids, name):
    return builders.git("rev-parse", "--verify", "-q", name, cwd=ids["path"], check=False)


def test_a_branch_is_made_from_any_name_or_id(api, alice, ids):
    client = api(alice)
    for number, start in enumerate(
        ("main", "refs/heads/main", "HEAD", ids["merge"], ids["merge"][:9])
    ):
        made = client.post(
            f"{UTILS}/branches", {"name": f"refs/heads/new/{number}", "startPoint": start}
        )
        assert made.status_code == 201
        assert made.json() == {
            "id": f"refs/heads/new/{number}",
            "displayId": f"new/{number}",
            "type": "BRANCH",
            "latestCommit": ids["merge"],
            "latestChangeset": ids["merge"],
            "isDefault": False,
        }
    tagged = client.post(f"{REPO}/branches", {"name": "from-tag", "startPoint": "v1"})
    assert (tagged.status_code, tagged.json()["latestCommit"]) == (200, ids["second"])
    assert ref(ids, "refs/heads/new/1") == ids["merge"]
    push = Push.objects.first()
    assert (push.reason, push.user, push.state) == ("BRANCH", alice, "APPLIED")


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        ({"name": "main", "startPoint": "main"}, (409, DUPLICATE)),
        ({"name": "refs/heads/main", "startPoint": "main"}, (409, DUPLICATE)),
        ({"name": "main/below", "startPoint": "main"}, (409, DUPLICATE)),
        ({"name": "feature", "startPoint": "main"}, (409, DUPLICATE)),
        ({"name": "x", "startPoint": "none"}, (404, None)),
        ({"name": "x", "startPoint": "main~1"}, (404, None)),
        ({"name": "x", "startPoint": "--output=/tmp/x"}, (404, None)),
        ({"name": "x", "startPoint": "0" * 40}, (404, None)),
        ({"name": "x"}, (400, None)),
        ({"startPoint": "main"}, (400, None)),
        ({"name": "refs/tags/x", "startPoint": "main"}, (400, None)),
        ({"name": "refs/pull-requests/1/from", "startPoint": "main"}, (400, None)),
    ],
)
def test_a_branch_that_cannot_be(api, alice, ids, body, answered):
    for path in (f"{UTILS}/branches", f"{REPO}/branches"):
        answer = api(alice).post(path, body)
        assert answer.status_code == answered[0]
        assert answered[1] in {None, error(answer)[1]}
        assert answer.json()["errors"][0]["message"]
    assert Push.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    ["-x", "--help", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{u}", "a.lock",
     "a/.b", "a//b", "a/", "a.", "\x01", "a\x7fb", "HEAD", "@", "x" * 300, "☃" * 100, "../x", "\ud800"],
)  # fmt: skip
def test_names_that_git_refuses_or_that_look_like_options(api, alice, ids, name):
    client = api(alice)
    for path in (f"{UTILS}/branches", f"{REPO}/tags", f"{GIT}/tags"):
        answer = client.post(path, {"name": name, "startPoint": "main"})
        assert answer.status_code == 400, (path, name)
        assert answer.json()["errors"][0]["message"]


def test_a_branch_is_deleted(api, alice, ids):
    client = api(alice)
    delete = {"name": "feature/one", "endPoint": ids["feature"], "dryRun": True}
    assert client.delete(f"{UTILS}/branches", delete).status_code == 204
    assert ref(ids, "refs/heads/feature/one") == ids["feature"]

    wrong = client.delete(f"{UTILS}/branches", delete | {"endPoint": ids["first"]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["context"] == "endPoint"
    unsaid = {"name": "feature/one", "endPoint": None, "dryRun": None, "force": True}
    assert client.delete(f"{UTILS}/branches", unsaid).status_code == 204
    assert ref(ids, "refs/heads/feature/one") == ""
    # What is not there is as good as deleted.
    assert client.delete(f"{UTILS}/branches", {"name": "feature/one"}).status_code == 204
    main = client.delete(f"{UTILS}/branches", {"name": "refs/heads/main"})
    assert main.status_code == 400
    assert "default branch" in main.json()["errors"][0]["message"]
    assert client.delete(f"{UTILS}/branches", {"name": "refs/tags/v1"}).status_code == 400
    assert client.delete(f"{UTILS}/branches", {}).status_code == 400
    assert ref(ids, "refs/tags/v1") and ref(ids, "main") == ids["merge"]


def test_who_may_only_read_moves_nothing(api, ids):
    reader = builders.user("reader")
    builders.grant(ids["repository"], reader, "REPO_READ")
    for user, status in ((reader, 401), (builders.user("stranger"), 404), (None, 401)):
        client = api(user)
        new = {"name": "new", "startPoint": "main"}
        for answer in (
            client.post(f"{UTILS}/branches", new),
            client.post(f"{REPO}/branches", new),
            client.post(f"{REPO}/tags", new),
            client.post(f"{GIT}/tags", new),
            client.delete(f"{UTILS}/branches", {"name": "feature/one"}),
            client.delete(f"{UTILS}/branches", {"name": "none"}),
            client.delete(f"{GIT}/tags/v1"),
        ):
            assert answer.status_code == status
    assert Push.objects.count() == 0


def test_an_archived_repository_says_so(api, admin, alice, ids):
    assert api(admin).put(REPO, {"archived": True}).status_code == 200
    client = api(alice)
    new = {"name": "new", "startPoint": "main"}
    for answer in (
        client.post(f"{UTILS}/branches", new),
        client.post(f"{REPO}/tags", new),
        client.delete(f"{UTILS}/branches", {"name": "feature/one"}),
        client.delete(f"{GIT}/tags/v1"),
        api(admin).put(f"{REPO}/default-branch", {"id": "feature/one"}),
    ):
        assert answer.status_code == 409
        assert "archived and read-only" in answer.json()["errors"][0]["message"]
    assert api(admin).put(REPO, {"archived": False}).status_code == 200
    assert client.post(f"{UTILS}/branches", new).status_code == 201


def test_branches_that_hold_a_commit(api, alice, ids):
    client = api(alice)

    def holding(commit, **query):
        answer = client.get(f"{UTILS}/branches/info/{commit}", **query)
        assert answer.status_code == 200
        return [one["displayId"] for one in answer.json()["values"]]

    assert holding(ids["first"]) == ["feature/one", "main"]
    assert holding(ids["second"][:9]) == ["main"]
    assert holding("main") == ["main"]
    assert holding(ids["first"], limit=1) == ["feature/one"]
    assert holding(ids["first"], limit=1, start=1) == ["main"]
    for odd in ("0" * 40, "none", "--all", "main~1"):
        assert client.get(f"{UTILS}/branches/info/{odd}").status_code == 404


def test_a_light_tag_and_an_annotated_one(api, alice, ids):
    client = api(alice)
    light = client.post(f"{REPO}/tags", {"name": "l1", "startPoint": "main"})
    assert (light.status_code, light.json()["hash"]) == (200, None)
    body = {"name": "refs/tags/a1", "startPoint": ids["first"], "message": "One\r\n\r\nmore  "}
    made = client.post(f"{GIT}/tags", body | {"type": "ANNOTATED"})
    assert made.status_code == 201
    assert made.json() == client.get(f"{REPO}/tags/a1").json()
    assert made.json()["latestCommit"] == ids["first"]

    shown = builders.git("cat-file", "tag", made.json()["hash"], cwd=ids["path"])
    assert shown.startswith(f"object {ids['first']}\ntype commit\ntag a1\ntagger Alice <alice@exa")
    assert shown.endswith("\n\nOne\n\nmore")
    assert builders.git("fsck", "--strict", cwd=ids["path"]) == ""
    assert not list((ids["path"] / "objects").glob("incoming-*"))

    again = client.post(f"{REPO}/tags", {"name": "l1", "startPoint": ids["first"]})
    assert error(again) == (400, DUPLICATE)
    forced = client.post(f"{REPO}/tags", {"name": "l1", "startPoint": ids["first"], "force": True})
    assert forced.json()["latestCommit"] == ids["first"] == ref(ids, "refs/tags/l1")
    unsaid = client.post(f"{GIT}/tags", {"name": "x", "startPoint": "main", "type": "ANNOTATED"})
    assert unsaid.status_code == 400
    odd = client.post(f"{GIT}/tags", {"name": "x", "startPoint": "main", "type": "BIG"})
    assert odd.status_code == 400
    assert list(Push.objects.values_list("reason", flat=True)) == ["TAG"] * 3


def test_a_tag_is_deleted(api, alice, ids):
    client = api(alice)
    assert client.delete(f"{GIT}/tags/v1").status_code == 204
    assert client.delete(f"{GIT}/tags/v1").status_code == 404
    assert client.delete(f"{GIT}/tags/refs/tags/light").status_code == 204
    assert client.get(f"{REPO}/tags").json()["values"] == []
    assert client.delete(f"{GIT}/tags/refs/heads/main").status_code == 400


def test_the_tagger_is_who_asked_whatever_their_name(api, alice, ids):
    type(alice).objects.filter(pk=alice.pk).update(display_name="a\nGIT_X=1 <x>")
    made = api(alice).post(f"{GIT}/tags", {"name": "t", "startPoint": "main", "message": "m"})
    shown = builders.git("cat-file", "tag", made.json()["hash"], cwd=ids["path"])
    assert "tagger aGIT_X=1 x <alice@example.com> " in shown


def test_details_count_a_whole_page_at_once_and_remember_it(api, alice, ids, monkeypatch):
    builders.git("branch", "old", ids["first"], cwd=ids["path"])
    builders.git("branch", "same", ids["merge"], cwd=ids["path"])
    key = "com.atlassian.bitbucket.server.bitbucket-branch:ahead-behind-metadata-provider"

    def counted(**query):
        answer = api(alice).get(f"{REPO}/branches", details="true", **query)
        return {one["displayId"]: one["metadata"][key] for one in answer.json()["values"]}

    apart = {
        "main": {"ahead": 0, "behind": 0},
        "same": {"ahead": 0, "behind": 0},
        "feature/one": {"ahead": 0, "behind": 2},
        "old": {"ahead": 0, "behind": 3},
    }
    assert counted() == apart
    monkeypatch.setattr("gitengine.branching.distances", None)
    assert counted() == apart
    monkeypatch.undo()
    assert counted(base="refs/heads/old")["main"] == {"ahead": 3, "behind": 0}
    assert counted(base="v1")["feature/one"] == {"ahead": 1, "behind": 1}


def test_other_apps_add_metadata_once_for_a_page(api, alice, ids, monkeypatch):
    asked = []

    def builds(actor, repository, branches):
        asked.append([branch.display_id for branch in branches])
        return {"refs/heads/main": {"successful": 2}}

    monkeypatch.setitem(branch_metadata.PROVIDERS, "com.example:builds", builds)
    shown = api(alice).get(f"{REPO}/branches", details="true").json()["values"]
    assert shown[0]["metadata"]["com.example:builds"] == {"successful": 2}
    assert "com.example:builds" not in shown[1]["metadata"]
    assert asked == [["main", "feature/one"]]
    api(alice).get(f"{REPO}/branches")
    assert len(asked) == 1


def test_queries_of_lists_do_not_grow(api, admin, ids, django_assert_max_num_queries):
    client = api(admin)
    lists = [
        (f"{REPO}/branches", {"details": "true"}),
        (f"{REPO}/ref-change-activities", {}),
        (f"{REPO}/ref-change-activities/branches", {}),
        (f"{UTILS}/branches/info/{ids['first']}", {}),
    ]
    for number in range(8):
        new = {"name": f"b{number}", "startPoint": "main"}
        assert client.post(f"{UTILS}/branches", new).status_code == 201
    for path, query in lists:
        client.get(path, **query)
        with django_assert_max_num_queries(8):
            assert len(client.get(path, **query).json()["values"]) >= 8


def test_the_push_log_tells_what_moved(api, admin, alice, ids):
    client = api(alice)
    client.post(f"{UTILS}/branches", {"name": "new", "startPoint": "main"})
    client.post(f"{REPO}/tags", {"name": "t", "startPoint": "main"})
    client.delete(f"{UTILS}/branches", {"name": "new"})

    shown = api(admin).get(f"{REPO}/ref-change-activities").json()["values"]
    assert [(one["refChange"]["refId"], one["refChange"]["type"]) for one in shown] == [
        ("refs/heads/new", "DELETE"),
        ("refs/tags/t", "ADD"),
        ("refs/heads/new", "ADD"),
    ]
    assert shown[0]["user"]["name"] == "alice"
    triggers = [one["trigger"] for one in shown]
    assert triggers == ["branch-delete", "tag-create", "branch-create"]
    assert shown[0]["refChange"]["fromHash"] == ids["merge"]
    assert shown[0]["refChange"]["toHash"] == "0" * 40
    one = api(admin).get(f"{REPO}/ref-change-activities", ref="refs/tags/t").json()["values"]
    assert [entry["id"] for entry in one] == [RefChange.objects.get(ref="refs/tags/t").pk]
    branches = api(admin).get(f"{REPO}/ref-change-activities/branches", filterText="NE").json()
    assert branches["values"] == [{"id": "refs/heads/new", "displayId": "new", "type": "BRANCH"}]
    assert client.get(f"{REPO}/ref-change-activities").status_code == 401
    assert client.get(f"{REPO}/ref-change-activities/branches").status_code == 401
