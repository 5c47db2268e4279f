"""REST: who holds what, granted, listed, revoked; and people found by what they may."""

from __future__ import annotations

import pytest

from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    return builders.project("PRJ")


@pytest.fixture
def repository(project):
    return builders.repository(project)


PROJECT = "projects/PRJ/permissions"
REPOSITORY = "projects/PRJ/repos/repo/permissions"


@pytest.mark.parametrize(("base", "step"), [(PROJECT, "PROJECT_WRITE"), (REPOSITORY, "REPO_WRITE")])
def test_users_and_groups_are_granted_listed_and_revoked(api, admin, alice, repository, base, step):
    builders.group("devs")
    client = api(admin)

    assert client.put(f"{base}/users", name="ALICE", permission=step).status_code == 204
    assert client.put(f"{base}/groups", name="devs", permission=step).status_code == 204

    (user,) = client.get(f"{base}/users").json()["values"]
    assert (user["user"]["name"], user["permission"]) == ("alice", step)
    (group,) = client.get(f"{base}/groups", filter="ev").json()["values"]
    assert group == {"group": {"name": "devs"}, "permission": step}
    found = client.get(f"{base}/search", filterText="ali", type="USER").json()["values"]
    assert [one["user"]["name"] for one in found] == ["alice"]
    without = client.get(f"{base}/users/none").json()["values"]
    assert [one["name"] for one in without] == ["admin"]
    without = client.get(f"{base}/groups/none").json()["values"]
    assert [one["name"] for one in without] == ["stash-users"]

    assert client.delete(f"{base}/users", name="alice").status_code == 204
    assert client.delete(base, group="devs").status_code == 204
    assert client.get(f"{base}/users").json()["size"] == 0
    assert client.get(f"{base}/groups").json()["size"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"name": "alice"},
        {"name": "alice", "permission": "REPO_NONSENSE"},
        {"name": "alice", "permission": "PROJECT_READ"},
        {"name": "alice", "permission": "REPO_VIEW"},
        {"permission": "REPO_READ"},
    ],
)
def test_a_wrong_grant_is_400(api, admin, alice, repository, query):
    assert api(admin).put(f"{REPOSITORY}/users", **query).status_code == 400


def test_an_unknown_holder_is_404(api, admin, repository):
    answer = api(admin).put(f"{REPOSITORY}/users", name="nobody", permission="REPO_READ")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["exceptionName"].endswith("NoSuchUserException")
    answer = api(admin).put(f"{REPOSITORY}/groups", name="none", permission="REPO_READ")
    assert answer.status_code == 404


def test_who_does_not_exist_has_nothing_to_take_away(api, admin, alice, repository):
    for base in (PROJECT, REPOSITORY, "admin/permissions"):
        for kind in ("users", "groups"):
            assert api(admin).delete(f"{base}/{kind}", name="nobody").status_code == 204
            assert api(admin).delete(f"{base}/{kind}").status_code == 400
            assert api(alice).delete(f"{base}/{kind}", name="nobody").status_code in {401, 404}
            assert api().delete(f"{base}/{kind}", name="nobody").status_code == 401
    both = {"user": "nobody", "group": "none"}
    assert api(admin).delete(REPOSITORY, **both).status_code == 204
    # Of several, those that exist.
    api(admin).put(f"{PROJECT}/users", name="alice", permission="PROJECT_READ")
    url = f"/rest/api/1.0/{PROJECT}/users?name=nobody&name=ALICE"
    assert api(admin).delete(url).status_code == 204
    assert api(admin).get(f"{PROJECT}/users").json()["values"] == []


def test_the_default_permission_is_taken_as_old_clients_take_it(api, admin, alice, repository):
    where = f"{PROJECT}/PROJECT_WRITE/all"
    assert api(admin).post(where, allow="True").status_code == 204
    assert api(admin).delete(f"{PROJECT}/PROJECT_READ/all", allow="False").status_code == 204
    assert api(admin).get(where).json() == {"permitted": True}
    assert api(alice).delete(where, allow="False").status_code == 401
    assert api(admin).delete(where, allow="False").status_code == 204
    assert api(admin).get(where).json() == {"permitted": False}


def test_nobody_takes_their_own_administration_away(api, alice, repository):
    builders.grant(repository, alice, "REPO_ADMIN")
    client = api(alice)

    lowered = client.put(f"{REPOSITORY}/users", name="alice", permission="REPO_READ")
    revoked = client.delete(f"{REPOSITORY}/users", name="alice")

    assert (lowered.status_code, revoked.status_code) == (403, 409)
    assert client.get(f"{REPOSITORY}/users").json()["values"][0]["permission"] == "REPO_ADMIN"


def test_a_grant_counts_at_once(api, admin, alice, repository):
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 404

    api(admin).put(f"{REPOSITORY}/users", name="alice", permission="REPO_READ")
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 200

    api(admin).delete(f"{REPOSITORY}/users", name="alice")
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 404


def test_the_default_permission_is_for_everyone_who_may_sign_in(api, admin, alice, repository):
    url = f"{PROJECT}/PROJECT_READ/all"
    assert api(admin).get(url).json() == {"permitted": False}

    assert api(admin).post(url, allow="true").status_code == 204

    assert api(admin).get(url).json() == {"permitted": True}
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 200
    assert api().get("projects/PRJ/repos/repo").status_code == 401
    assert api(admin).post(url, allow="false").status_code == 204
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 404


def test_people_are_found_by_what_they_may(api, admin, alice, project, repository):
    bob = builders.user("bob")
    carol = builders.user("carol")
    builders.grant(repository, bob, "REPO_WRITE")
    builders.grant(project, builders.group("devs", carol), "PROJECT_WRITE")

    def names(**query):
        return [one["name"] for one in api(alice_reader).get("users", **query).json()["values"]]

    alice_reader = alice
    builders.grant(repository, alice, "REPO_READ")

    assert names() == ["admin", "alice", "bob", "carol"]
    assert names(filter="CAR") == ["carol"]
    assert names(group="devs") == ["carol"]
    number = {"permission.1.repositoryId": repository.pk}
    assert names(**{"permission.1": "REPO_WRITE"}, **number) == ["admin", "bob", "carol"]
    named = {"permission.projectKey": "PRJ", "permission.repositorySlug": "repo"}
    assert names(permission="REPO_READ", **named) == ["admin", "alice", "bob", "carol"]
    assert names(permission="PROJECT_WRITE", **{"permission.projectKey": "PRJ"}) == [
        "admin",
        "carol",
    ]
    assert names(permission="SYS_ADMIN") == ["admin"]
    assert api(alice).get("users", permission="REPO_READ").status_code == 400
    assert api(alice).get("users", permission="ODD").status_code == 400
    assert api().get("users").status_code == 401


def test_who_is_found_is_who_may(api, admin, alice, project, repository):
    """The question asked the other way round has the same answer."""
    from accounts.models import User
    from accounts.permissions import Permission
    from repos import access

    bob, carol = builders.user("bob"), builders.user("carol", licensed=False)
    builders.grant(project, bob, "REPO_CREATE")
    builders.grant(repository, builders.group("g", alice), "REPO_READ")
    project.default_permission = Permission.PROJECT_READ
    project.save()
    assert carol.pk

    for subject in (project, repository):
        ladder = "PROJECT" if subject is project else "REPOSITORY"
        for step in Permission:
            if step.ladder.name != ladder or step in {
                Permission.PROJECT_VIEW,
                Permission.REPO_VIEW,
            }:
                continue
            found = set(access.holders(step, subject).values_list("pk", flat=True))
            may = {
                user.pk
                for user in User.objects.all()
                if access.may(builders.actor(user), step, subject)
            }
            assert found == may, step
