"""REST: forks, as people make, find and lose them."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from infrastructure import jobs
from infrastructure.models import Job
from repos import storage
from repos.models import ForkNetwork, Repository
from tests import builders
from tests.builders import git

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    return builders.project("PRJ")


@pytest.fixture
def origin(project, alice):
    made = builders.repository(project, content=True)
    builders.grant(project, alice, "PROJECT_READ")
    return made


@pytest.fixture
def bob(db):
    return builders.user("bob")


def run_jobs():
    """Do all that waits, whenever it is due."""
    for _ in range(10):
        Job.objects.update(due_at="2020-01-01T00:00:00Z")
        for number in jobs.due_ids():
            jobs.run(number)


def path(repository):
    return storage.path_of(repository.pk)


def objects_in(repository):
    return sorted(git("rev-list", "--objects", "--all", cwd=path(repository)).split())


def test_an_empty_body_makes_a_personal_fork(api, alice, origin):
    answer = api(alice).post("projects/PRJ/repos/repo", {})

    assert answer.status_code == 201
    body = answer.json()
    assert body["slug"] == "repo"
    assert body["project"]["key"] == "~alice"
    assert body["origin"]["project"]["key"] == "PRJ"
    assert body["hierarchyId"] == body["origin"]["hierarchyId"] == origin.hierarchy_id
    assert body["public"] is False
    assert api(alice).get("users/alice/repos/repo").json() == body
    assert api(alice).get("users/alice/repos/repo/default-branch").json()["id"] == "refs/heads/main"
    for name in ("branches", "tags", "commits", "browse"):
        ours = api(alice).get(f"users/alice/repos/repo/{name}").json()
        assert ours == api(alice).get(f"projects/PRJ/repos/repo/{name}").json()
    assert AuditEvent.objects.filter(action="Repository forked").count() == 1


def test_a_fork_takes_branches_and_tags_and_nothing_else(api, alice, origin):
    git("update-ref", "refs/pull-requests/1/from", "refs/heads/main", cwd=path(origin))
    git("update-ref", "refs/internal/x", "refs/heads/main", cwd=path(origin))

    fork = api(alice).post("projects/PRJ/repos/repo", {}).json()

    ours = git("for-each-ref", cwd=storage.path_of(fork["id"])).splitlines()
    theirs = git("for-each-ref", "refs/heads", "refs/tags", cwd=path(origin)).splitlines()
    assert ours == theirs
    assert len(ours) == 4


def test_a_fork_is_named_placed_and_led_as_asked(api, admin, alice, origin):
    other = builders.project("OTHER")
    builders.grant(other, alice, "REPO_CREATE")

    wanted = {"name": "My fork", "project": {"key": "OTHER"}, "defaultBranch": "feature/one"}
    answer = api(alice).post("projects/PRJ/repos/repo", wanted)

    assert answer.status_code == 201
    assert (answer.json()["slug"], answer.json()["project"]["key"]) == ("my-fork", "OTHER")
    fork = api(alice).get("projects/OTHER/repos/my-fork/default-branch").json()
    assert fork["id"] == "refs/heads/feature/one"
    # Who made it may administer it.
    assert api(alice).put("projects/OTHER/repos/my-fork", {"name": "x"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "repo", "project": {"key": "PRJ"}}, 401),
        ({"project": {"key": "NOPE"}}, 404),
        ({"project": {}}, 400),
        ({"name": "../x"}, 400),
        ({"name": ""}, 400),
        ({"scmId": "hg"}, 400),
        ({"defaultBranch": "nope"}, 400),
    ],
)
def test_what_cannot_be_forked_so_is_refused_and_leaves_nothing(api, alice, origin, body, status):
    assert api(alice).post("projects/PRJ/repos/repo", body).status_code == status

    assert Repository.objects.count() == 1
    assert not ForkNetwork.objects.exists()
    assert not (path(origin) / "objects/info/alternates").exists()


def test_a_taken_name_is_409(api, alice, origin):
    assert api(alice).post("projects/PRJ/repos/repo", {}).status_code == 201

    answer = api(alice).post("projects/PRJ/repos/repo", {"name": "Repo"})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["context"] == "name"


def test_what_may_not_be_forked_is_not(api, admin, alice, bob, origin):
    assert api(bob).post("projects/PRJ/repos/repo", {}).status_code == 404
    assert api(None).post("projects/PRJ/repos/repo", {}).status_code == 401
    api(admin).put("projects/PRJ/repos/repo", {"public": True})
    assert api(None).post("projects/PRJ/repos/repo", {}).status_code == 401
    assert api(bob).post("projects/PRJ/repos/repo", {}).status_code == 201
    api(admin).put("projects/PRJ/repos/repo", {"forkable": False})
    assert api(alice).post("projects/PRJ/repos/repo", {}).status_code == 409


def test_an_archived_and_an_empty_repository_may_be_forked(api, admin, alice, project, origin):
    api(admin).put("projects/PRJ/repos/repo", {"archived": True})
    builders.repository(project, "empty")

    assert api(alice).post("projects/PRJ/repos/repo", {}).json()["archived"] is False
    assert api(alice).post("projects/PRJ/repos/empty", {}).status_code == 201
    assert api(alice).get("users/alice/repos/empty/branches").json()["values"] == []


def test_forks_and_relatives_are_listed_as_far_as_they_are_seen(
    api, admin, alice, bob, origin, django_assert_max_num_queries
):
    builders.grant(origin, bob, "REPO_READ")
    api(alice).post("projects/PRJ/repos/repo", {})
    api(bob).post("projects/PRJ/repos/repo", {"name": "of bob"})
    api(alice).post("users/alice/repos/repo", {"name": "grandchild"})

    def listed(who, place, what):
        page = api(who).get(f"{place}/{what}").json()
        return [one["slug"] for one in page["values"]]

    assert listed(admin, "projects/PRJ/repos/repo", "forks") == ["of-bob", "repo"]
    assert listed(alice, "projects/PRJ/repos/repo", "forks") == ["repo"]
    assert listed(alice, "projects/PRJ/repos/repo", "related") == ["grandchild", "repo"]
    assert listed(admin, "users/alice/repos/repo", "forks") == ["grandchild"]
    assert listed(admin, "users/alice/repos/repo", "related") == ["grandchild", "of-bob", "repo"]
    assert listed(bob, "projects/PRJ/repos/repo", "related") == ["of-bob"]
    for number in range(5):
        api(alice).post("projects/PRJ/repos/repo", {"name": f"more{number}"})
    with django_assert_max_num_queries(12):
        page = api(admin).get("projects/PRJ/repos/repo/forks").json()
    assert all(one["origin"]["slug"] == "repo" for one in page["values"])
    assert len(page["values"]) == 7


def test_the_origin_is_shown_only_to_who_may_see_it(api, admin, alice, bob, origin):
    api(alice).post("projects/PRJ/repos/repo", {})
    fork = Repository.objects.get(project__key="~alice")
    builders.grant(fork, bob, "REPO_READ")

    assert "origin" in api(alice).get("users/alice/repos/repo").json()
    assert "origin" not in api(bob).get("users/alice/repos/repo").json()
    assert all("origin" not in one for one in api(bob).get("repos").json()["values"])
    assert "origin" not in api(bob).get("projects/~alice/repos").json()["values"][0]


def test_any_member_may_go_and_the_others_stay_whole(api, admin, alice, origin):
    before = objects_in(origin)
    for name in ("a", "b", "c"):
        api(alice).post("projects/PRJ/repos/repo", {"name": name})
    a, b, c = Repository.objects.filter(origin=origin).order_by("slug")
    run_jobs()
    assert not list((path(origin) / "objects/pack").glob("*.pack"))

    assert api(admin).delete("projects/PRJ/repos/repo").status_code == 202
    run_jobs()

    assert not path(origin).exists()
    for fork in (a, b, c):
        assert objects_in(fork) == before
        git("fsck", "--full", "--strict", cwd=path(fork))
        assert "origin" not in api(alice).get(f"users/alice/repos/{fork.slug}").json()
    api(alice).delete("users/alice/repos/b")
    api(alice).delete("users/alice/repos/c")
    run_jobs()
    assert objects_in(a) == before
    assert storage.pool_path_of(a.__class__.objects.get(pk=a.pk).network_id).exists()
    network = Repository.objects.get(pk=a.pk).network_id

    api(alice).delete("users/alice/repos/a")
    run_jobs()

    assert not ForkNetwork.objects.exists()
    assert not storage.pool_path_of(network).exists()


def test_a_renamed_and_moved_member_stays_one(api, admin, alice, origin):
    api(alice).post("projects/PRJ/repos/repo", {})
    builders.project("NEW")

    api(admin).put("projects/PRJ/repos/repo", {"name": "renamed", "project": {"key": "NEW"}})

    shown = api(admin).get("users/alice/repos/repo").json()["origin"]
    assert (shown["project"]["key"], shown["slug"]) == ("NEW", "renamed")
    assert api(admin).get("projects/NEW/repos/renamed/forks").json()["size"] == 1
    git("fsck", cwd=path(origin))


def test_only_a_repository_without_files_is_made_again(api, admin, alice, origin):
    api(alice).post("projects/PRJ/repos/repo", {})
    fork = Repository.objects.get(project__key="~alice")
    assert api(alice).post("users/alice/repos/repo/recreate").status_code == 400
    assert api(alice).post("projects/PRJ/repos/repo/recreate").status_code == 401
    path(fork).rename(path(fork).with_name("lost"))

    answer = api(alice).post("users/alice/repos/repo/recreate")

    assert answer.status_code == 200
    assert objects_in(fork) == objects_in(origin)
