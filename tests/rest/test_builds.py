"""REST: what build servers say of commits, and who reads it."""

from __future__ import annotations

import pytest

from builds.models import BuildStatus
from repos.models import Push, RefChange, Repository
from tests import builders

pytestmark = pytest.mark.django_db

OLD = "/rest/build-status/1.0/commits"
R = "projects/PRJ/repos/repo"


@pytest.fixture
def commit_id(db, alice):
    project = builders.project("PRJ")
    repo = builders.repository(project, content=True)
    builders.grant(repo, alice, "REPO_ADMIN")
    from repos.selectors import refs

    return refs.revision(builders.actor(alice), repo, "main").commit_id


def build(**more):
    return {"key": "K-1", "state": "SUCCESSFUL", "url": "https://ci.example.com/1"} | more


def test_the_last_word_under_a_key_holds(api, alice, commit_id):
    said = build(name="Unit", description="All", dateAdded=1, surprise=True)
    assert api(alice).post(f"{OLD}/{commit_id}", said | {"state": "INPROGRESS"}).status_code == 204
    assert api(alice).post(f"{OLD}/{commit_id.upper()}", said).status_code == 204
    assert (
        api(alice).post(f"{OLD}/{commit_id}", build(key="K-2", state="FAILED")).status_code == 204
    )
    listed = api(alice).get(f"{OLD}/{commit_id}").json()
    assert {one["key"]: one["state"] for one in listed["values"]} == {
        "K-1": "SUCCESSFUL",
        "K-2": "FAILED",
    }
    assert all(one["dateAdded"] for one in listed["values"])
    stats = {"successful": 1, "failed": 1, "inProgress": 0, "cancelled": 0, "unknown": 0}
    assert api(alice).get(f"{OLD}/stats/{commit_id}").json() == stats
    assert api(alice).post(f"{OLD}/stats", [commit_id, "1" * 40]).json() == {commit_id: stats}
    assert api().get(f"{OLD}/{commit_id}").status_code == 401


def test_builds_of_a_repository(api, alice, commit_id):
    path = f"{R}/commits/{commit_id}/builds"
    said = build(
        parent="K",
        ref="refs/heads/main",
        buildNumber="3",
        duration=1500,
        testResults={"successful": 9, "failed": 1},
    )
    assert api(alice).post(path, said).status_code == 204
    found = api(alice).get(path, key="K-1").json()
    assert found["testResults"] == {"successful": 9, "failed": 1, "skipped": 0}
    assert found["buildNumber"] == "3" and found["createdDate"] and "dateAdded" not in found
    bob = builders.user("bob")
    assert api(bob).get(f"{OLD}/{commit_id}").json()["size"] == 0
    assert api(bob).get(f"{OLD}/stats/{commit_id}").json()["successful"] == 0
    assert (
        api(alice).get(f"{OLD}/stats/{commit_id}", includeUnique="true").json()["unique"]["key"]
        == "K-1"
    )
    assert api(alice).get(path, key="other").status_code == 404
    assert api(alice).get(path).status_code == 400
    assert api(alice).delete(path + "?key=K-1").status_code == 204
    assert not BuildStatus.objects.exists()
    assert api(alice).get("build/capabilities").json() == {
        "buildStatus": ["richBuildStatus", "cancelledStatus"]
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "GREAT"}, {"state": None}, {"key": ""}, {"key": "k" * 256}, {"url": "javascript:alert(1)"},
        {"url": "ci/1"}, {"url": "https://[x"}, {"url": "https://x/" + "y" * 450}, {"duration": -1},
        {"duration": 2**63}, {"testResults": {"failed": 2**31}}, {"ref": "main"}, {"name": "a\u0000"},
    ],
)  # fmt: skip
def test_what_is_no_report(api, alice, commit_id, wrong):
    for path in (f"{OLD}/{commit_id}", f"{R}/commits/{commit_id}/builds"):
        assert api(alice).post(path, build(**wrong)).status_code == 400
    assert api(alice).post(f"{OLD}/abc", build()).status_code == 400


def test_a_merge_that_asks_for_builds(api, alice, commit_id):
    settings = f"{R}/settings/pull-requests"
    api(alice).post(settings, {"requiredSuccessfulBuilds": {"enabled": True, "count": 1}})
    utils = "/rest/branch-utils/latest/projects/PRJ/repos/repo/branches"
    api(alice).post(utils, {"name": "old", "startPoint": "v1"})
    body = {"title": "t", "fromRef": {"id": "main"}, "toRef": {"id": "old"}}
    number = api(alice).post(f"{R}/pull-requests", body).json()["id"]
    merge = f"{R}/pull-requests/{number}/merge"

    def vetoes():
        found = api(alice).get(merge).json()["vetoes"]
        return [one for one in found if "builds" in one["summaryMessage"]]

    assert vetoes()
    api(alice).post(f"{OLD}/{commit_id}", build())
    assert not vetoes()
    api(alice).post(f"{OLD}/{commit_id}", build(key="K-2", state="INPROGRESS"))
    assert vetoes()


def test_a_stranger_turns_nothing_green_or_red(api, alice, admin, commit_id):
    """Whoever knows a commit id may say something of it; it counts from who may write there."""
    settings = f"{R}/settings/pull-requests"
    api(alice).post(settings, {"requiredSuccessfulBuilds": {"enabled": True, "count": 1}})
    utils = "/rest/branch-utils/latest/projects/PRJ/repos/repo/branches"
    api(alice).post(utils, {"name": "old", "startPoint": "v1"})
    body = {"title": "t", "fromRef": {"id": "main"}, "toRef": {"id": "old"}}
    number = api(alice).post(f"{R}/pull-requests", body).json()["id"]

    def vetoes():
        found = api(alice).get(f"{R}/pull-requests/{number}/merge").json()["vetoes"]
        return [one for one in found if "builds" in one["summaryMessage"]]

    stranger = builders.user("stranger")
    reader = builders.user("reader")
    builders.grant(Repository.objects.get(), reader, "REPO_READ")
    for one in (stranger, reader):
        assert api(one).post(f"{OLD}/{commit_id}", build()).status_code == 204
    assert vetoes()
    assert api(alice).get(f"{R}/commits/{commit_id}/builds", key="K-1").status_code == 404
    api(alice).post(f"{OLD}/{commit_id}", build())
    assert not vetoes()
    for one in (stranger, reader):
        api(one).post(f"{OLD}/{commit_id}", build(state="FAILED"))
        # Whoever said it reads it back.
        listed = api(one).get(f"{OLD}/{commit_id}").json()["values"]
        assert "FAILED" in [row["state"] for row in listed]
    assert not vetoes()
    listed = api(alice).get(f"{OLD}/{commit_id}").json()["values"]
    assert [row["state"] for row in listed] == ["SUCCESSFUL"]
    assert api(alice).get(f"{OLD}/stats/{commit_id}").json()["failed"] == 0


def test_an_administrator_removes_what_names_no_repository(api, alice, commit_id):
    api(alice).post(f"{OLD}/{commit_id}", build())
    path = f"{R}/commits/{commit_id}/builds"
    assert api(alice).get(path, key="K-1").status_code == 200
    assert api(alice).delete(f"{path}?key=K-1").status_code == 204
    assert api(alice).get(path, key="K-1").status_code == 404
    # It counts elsewhere still, and here again once something new is said.
    assert BuildStatus.objects.exists()
    api(alice).post(f"{OLD}/{commit_id}", build())
    assert api(alice).get(path, key="K-1").status_code == 200


def test_what_was_pushed_where_one_sees_it_is_shown(api, alice, commit_id):
    """Renovate asks by the commit alone."""
    repository = Repository.objects.get()
    push = Push.objects.create(
        repository=repository, user=alice, reason="PUSH", state="APPLIED", wanted=[]
    )
    RefChange.objects.create(
        push=push, ref="refs/heads/main", kind="UPDATE", old_id="1" * 40, new_id=commit_id
    )
    writer, reader = builders.user("writer"), builders.user("reader")
    builders.grant(repository, writer, "REPO_WRITE")
    builders.grant(repository, reader, "REPO_READ")
    api(writer).post(f"{OLD}/{commit_id}", build())
    assert api(reader).get(f"{OLD}/stats/{commit_id}").json()["successful"] == 1
    assert api(builders.user("stranger")).get(f"{OLD}/{commit_id}").json()["size"] == 0


def test_an_archived_repository_takes_no_reports(api, alice, commit_id):
    Repository.objects.update(is_archived=True)
    refused = api(alice).post(f"{R}/commits/{commit_id}/builds", build())
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["exceptionName"].endswith("RepositoryArchivedException")
