"""REST: repositories, as scripts make, find, change, move and delete them."""

from __future__ import annotations

import pytest

from infrastructure import jobs
from repos import storage
from repos.models import Repository
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    return builders.project("PRJ")


def test_whole_entities_with_empty_and_missing_parts_are_read(api, admin, alice):
    """As clients in Go and Java send them: what is null or holds nothing says nothing."""
    builders.project("PRJ")
    body = {
        "sessionInfo": {},
        "links": {},
        "name": "r",
        "description": None,
        "project": {"links": {}, "owner": {"links": {}}},
        "scmId": None,
        "public": None,
        "forkable": None,
    }
    made = api(admin).post("projects/PRJ/repos", body)
    assert made.status_code == 201, made.content
    assert (made.json()["public"], made.json()["forkable"]) == (False, True)
    # 201 tells that the address is another one.
    changed = api(admin).put("projects/PRJ/repos/r", body | {"description": "d", "project": None})
    assert (changed.status_code, changed.json()["description"]) == (200, "d")
    assert api(admin).put("projects/PRJ/repos/r", {"name": "other"}).status_code == 201
    fork = api(admin).post("projects/PRJ/repos/other", {"name": None, "project": None})
    assert fork.json()["project"]["key"] == "~admin"
    # What must be there must be said.
    assert api(admin).post("projects/PRJ/repos", body | {"name": None}).status_code == 400


def test_a_personal_project_that_is_not_made_yet_holds_nothing(api, admin, alice):
    for path in ("projects/~alice/repos", "users/alice/repos"):
        page = api(admin).get(path).json()
        assert (page["values"], page["isLastPage"]) == ([], True)
    assert api(admin).get("projects/~nobody/repos").status_code == 404
    assert api(admin).get("projects/NONE/repos").status_code == 404
    assert api().get("projects/~alice/repos").status_code == 401


def test_a_repository_is_made_with_a_slug_and_its_addresses(api, admin, project):
    answer = api(admin).post(
        "projects/PRJ/repos", {"name": "My New.Repo", "scmId": "git", "forkable": False}
    )

    assert answer.status_code == 201
    body = answer.json()
    assert (body["slug"], body["state"], body["forkable"]) == ("my-new.repo", "AVAILABLE", False)
    assert body["links"]["clone"] == [
        {"href": "http://localhost:7990/scm/prj/my-new.repo.git", "name": "http"},
        {"href": "ssh://git@localhost:7999/prj/my-new.repo.git", "name": "ssh"},
    ]
    assert body["links"]["self"][0]["href"].endswith("/projects/PRJ/repos/my-new.repo/browse")
    assert api(admin).get("projects/prj/repos/MY-NEW.REPO").json() == body


@pytest.mark.parametrize(
    "name",
    ["", " ", "..", ".git", "a/b", "-x", "x" * 5000, "a\u202eb", "x.git", "é", None, 7.5, ["a"]],
)
def test_a_name_that_cannot_be_is_400(api, admin, project, name):
    answer = api(admin).post("projects/PRJ/repos", {"name": name})

    assert answer.status_code in {400, 201} if name == 7.5 else answer.status_code == 400
    if answer.status_code == 400:
        assert answer.json()["errors"][0]["context"] == "name"


def test_a_taken_name_is_409(api, admin, project):
    builders.repository(project, "Repo one")

    answer = api(admin).post("projects/PRJ/repos", {"name": "repo-one"})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["context"] == "name"


def test_only_git_is_served(api, admin, project):
    answer = api(admin).post("projects/PRJ/repos", {"name": "x", "scmId": "hg"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == "scmId"


def test_unknown_names_tell_what_is_missing(api, admin, project):
    answer = api(admin).get("projects/PRJ/repos/none").json()["errors"][0]
    assert answer["message"] == "Repository PRJ/none does not exist."
    assert answer["exceptionName"].endswith("NoSuchRepositoryException")

    answer = api(admin).get("projects/NONE/repos/x").json()["errors"][0]
    assert answer["exceptionName"].endswith("NoSuchProjectException")


def test_a_repository_is_changed_field_by_field(api, admin, project):
    builders.repository(project, "repo", content=True)
    client = api(admin)

    answer = client.put(
        "projects/PRJ/repos/repo",
        {"description": "What it is", "public": True, "defaultBranch": "feature/one"},
    )

    assert answer.status_code == 200
    assert (answer.json()["description"], answer.json()["public"]) == ("What it is", True)
    branch = client.get("projects/PRJ/repos/repo/default-branch").json()
    assert branch["id"] == "refs/heads/feature/one"


def test_a_wrong_default_branch_changes_nothing(api, admin, project):
    builders.repository(project, "repo", content=True)
    body = {"description": "changed", "defaultBranch": "none"}

    assert api(admin).put("projects/PRJ/repos/repo", body).status_code == 404

    assert "description" not in api(admin).get("projects/PRJ/repos/repo").json()


def test_a_renamed_and_moved_repository_is_found_under_its_old_names(api, admin, project):
    builders.project("OTHER")
    made = builders.repository(project, "first")
    client = api(admin)

    assert client.put("projects/PRJ/repos/first", {"name": "second"}).json()["slug"] == "second"
    body = {"project": {"key": "OTHER"}}
    assert client.put("projects/PRJ/repos/second", body).json()["project"]["key"] == "OTHER"

    for old in ("first", "second"):
        answer = client.get(f"projects/PRJ/repos/{old}/commits")
        assert answer.status_code == 307
        assert answer["Location"].endswith("/projects/OTHER/repos/second/commits")
    # Whoever takes the old name has it.
    client.post("projects/PRJ/repos", {"name": "first"})
    assert client.get("projects/PRJ/repos/first").json()["id"] != made.pk


def test_where_it_went_is_told_only_to_who_may_see_it(api, admin, alice, project):
    builders.project("OTHER")
    builders.repository(project, "first")
    builders.grant(project, alice, "PROJECT_READ")
    api(admin).put("projects/PRJ/repos/first", {"project": {"key": "OTHER"}})

    assert api(alice).get("projects/PRJ/repos/first").status_code == 404


def test_a_former_key_in_a_body_means_the_project_that_had_it(api, admin, project):
    builders.repository(project)
    builders.project("OLD")
    api(admin).put("projects/OLD", {"key": "NEW"})

    answer = api(admin).put("projects/PRJ/repos/repo", {"project": {"key": "OLD"}})

    assert (answer.status_code, answer.json()["project"]["key"]) == (201, "NEW")


def test_moving_needs_the_right_to_create_there(api, alice, project):
    made = builders.repository(project)
    builders.grant(made, alice, "REPO_ADMIN")
    builders.grant(builders.project("OTHER"), alice, "PROJECT_WRITE")

    answer = api(alice).put("projects/PRJ/repos/repo", {"project": {"key": "OTHER"}})

    assert answer.status_code == 401


def test_a_deleted_repository_is_gone_at_once_and_its_files_by_a_job(
    api, admin, project, django_capture_on_commit_callbacks
):
    made = builders.repository(project, content=True)
    path = storage.path_of(made.pk)

    answer = api(admin).delete("projects/PRJ/repos/repo")

    assert answer.status_code == 202
    assert api(admin).get("projects/PRJ/repos/repo").status_code == 404
    assert path.exists()
    for job_id in jobs.due_ids():
        jobs.run(job_id)
    assert not path.exists()
    assert api(admin).delete("projects/PRJ/repos/repo").status_code == 204


def test_a_repository_of_the_same_name_begins_empty_and_without_old_rights(
    api, admin, alice, project
):
    made = builders.repository(project, content=True)
    builders.grant(made, alice, "REPO_WRITE")
    api(admin).delete("projects/PRJ/repos/repo")

    api(admin).post("projects/PRJ/repos", {"name": "repo"})

    assert api(admin).get("projects/PRJ/repos/repo/branches").json()["size"] == 0
    assert api(alice).get("projects/PRJ/repos/repo").status_code == 404


def test_an_archived_repository_is_changed_only_to_come_back(api, admin, project):
    builders.repository(project)
    client = api(admin)

    assert client.put("projects/PRJ/repos/repo", {"archived": True}).json()["archived"] is True
    assert client.put("projects/PRJ/repos/repo", {"description": "x"}).status_code == 409
    assert client.put("projects/PRJ/repos/repo", {"archived": False}).status_code == 200


def test_repositories_are_searched(api, admin, alice, project):
    hidden = builders.repository(project, "hidden")
    builders.repository(project, "open", public=True)
    other = builders.project("OTHER", public=True)
    builders.repository(other, "inside")
    builders.repository(project, "archived", public=True)
    Repository.objects.filter(slug="archived").update(is_archived=True)

    def names(client, **query):
        return [one["slug"] for one in client.get("repos", **query).json()["values"]]

    assert names(api(admin)) == ["inside", "archived", "hidden", "open"]
    assert names(api(alice)) == ["inside", "archived", "open"]
    assert names(api()) == ["inside", "archived", "open"]
    assert names(api(admin), visibility="private") == ["hidden"]
    assert names(api(admin), visibility="public", projectkey="prj") == ["archived", "open"]
    assert names(api(admin), projectname="other") == ["inside"]
    assert names(api(admin), name="IDD") == ["hidden"]
    assert names(api(admin), archived="ARCHIVED") == ["archived"]
    assert names(api(admin), archived="ACTIVE", name="o") == ["open"]
    assert api(admin).get("repos", visibility="odd").status_code == 400
    # What is public may be seen; it is not granted.
    assert names(api(), permission="REPO_READ") == []
    builders.grant(hidden, alice, "REPO_WRITE")
    assert names(api(alice), permission="REPO_READ") == ["hidden"]
    assert names(api(alice), permission="REPO_ADMIN") == []


def test_recent_repositories_are_those_that_were_looked_at(api, alice, project):
    from repos.services import repositories

    for name in ("one", "two"):
        repositories.visit(builders.actor(alice), builders.repository(project, name, public=True))

    recent = api(alice).get("profile/recent/repos").json()

    assert [one["slug"] for one in recent["values"]] == ["two", "one"]
    assert api().get("profile/recent/repos").status_code == 401


@pytest.mark.parametrize("rows", [25, 1000])
def test_a_list_takes_as_many_queries_for_many_rows(
    api, alice, project, rows, django_assert_num_queries
):
    builders.grant(project, alice, "PROJECT_READ")
    Repository.objects.bulk_create(
        [
            Repository(project=project, slug=f"r{number}", name=f"r{number}")
            for number in range(rows)
        ]
    )
    client = api(alice)
    client.get("projects/PRJ/repos")

    with django_assert_num_queries(6):
        assert client.get("projects/PRJ/repos", limit=1000).json()["size"] == rows
    with django_assert_num_queries(4):
        assert client.get("repos", limit=1000).json()["size"] == rows


def test_two_changes_at_once_do_not_undo_each_other(admin, project):
    from repos.services import repositories

    made = builders.repository(project, public=True)
    stale = Repository.objects.select_related("project").get(pk=made.pk)
    repositories.update(builders.actor(admin), made, is_public=False)

    repositories.update(builders.actor(admin), stale, description="other")

    now = Repository.objects.get(pk=made.pk)
    assert (now.is_public, now.description) == (False, "other")


def test_nobody_sends_more_than_we_take(api, project):
    big = b"x" * (8 * 1024 * 1024)
    kind = "multipart/form-data; boundary=b"
    answer = api().request("POST", "projects/PRJ/avatar.png", data=big, content_type=kind)
    assert answer.status_code == 413
    assert api().client.post("/login", big, content_type=kind).status_code == 413
