"""REST: labels of repositories, and watching them and their commits."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from repos.models import CommitWatch, RepositoryWatch
from repos.selectors import watching
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
UNKNOWN = "com.atlassian.bitbucket.label.NoSuchLabelException"


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, alice, "REPO_ADMIN")
    return made


def names(answer):
    assert answer.status_code == 200, answer.content
    return [one["name"] for one in answer.json()["values"]]


def test_labels_are_applied_listed_and_taken_off(api, alice, repository):
    client = api(alice)
    for name in ("backend", "a-1", "x" * 50):
        assert client.post(f"{REPO}/labels", {"name": name}).json() == {"name": name}

    assert names(client.get(f"{REPO}/labels")) == ["a-1", "backend", "x" * 50]
    assert client.get(f"{REPO}/labels", limit=1).json()["nextPageStart"] == 1
    assert names(client.get("labels", prefix="back")) == ["backend"]
    assert names(client.get("labels", start=1, limit=1)) == ["backend"]
    assert client.get("labels/backend").json() == {"name": "backend"}
    (labelled,) = client.get("labels/backend/labeled", type="repository").json()["values"]
    assert (labelled["slug"], labelled["labelableType"]) == ("repo", "REPOSITORY")

    assert client.delete(f"{REPO}/labels/backend").status_code == 204
    again = client.delete(f"{REPO}/labels/backend")
    assert (again.status_code, again.json()["errors"][0]["exceptionName"]) == (404, UNKNOWN)
    for path in ("labels/backend", "labels/backend/labeled"):
        assert client.get(path).json()["errors"][0]["exceptionName"] == UNKNOWN
    told = AuditEvent.objects.filter(action__startswith="Label").values_list("action", flat=True)
    assert list(told) == ["Label removed"] + ["Label applied"] * 3


@pytest.mark.parametrize(
    "name", ["ab", "x" * 51, "Upper", "a b", "a_b", "é" * 4, "a\nbc", "", None, 5, "../x", "%00a"]
)
def test_a_label_that_cannot_be(api, alice, repository, name):
    answer = api(alice).post(f"{REPO}/labels", {"name": name})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == "name"
    assert names(api(alice).get(f"{REPO}/labels")) == []


def test_a_label_is_applied_once(api, alice, repository):
    assert api(alice).post(f"{REPO}/labels", {"name": "twice"}).status_code == 200
    assert api(alice).post(f"{REPO}/labels", {"name": "twice"}).status_code == 400
    assert api(alice).get("labels/twice/labeled", type="PROJECT").status_code == 400


def test_labels_of_what_is_not_seen_are_not_seen(api, alice, repository):
    api(alice).post(f"{REPO}/labels", {"name": "secret"})
    stranger = api(builders.user("stranger"))
    assert names(stranger.get("labels")) == []
    assert stranger.get("labels/secret").status_code == 404
    assert stranger.get("labels/secret/labeled").status_code == 404
    assert stranger.get(f"{REPO}/labels").status_code == 404
    for path in ("labels", "labels/secret", "labels/secret/labeled", f"{REPO}/labels"):
        assert api().get(path).status_code == 401


def test_who_does_not_administer_it_labels_nothing(api, admin, alice, repository):
    writer = builders.user("writer")
    builders.grant(repository, writer, "REPO_WRITE")
    assert api(writer).post(f"{REPO}/labels", {"name": "mine"}).status_code == 401
    api(alice).post(f"{REPO}/labels", {"name": "mine"})
    assert api(writer).delete(f"{REPO}/labels/mine").status_code == 401
    api(admin).put(REPO, {"archived": True})
    assert api(alice).delete(f"{REPO}/labels/mine").status_code == 409
    assert api(alice).post(f"{REPO}/labels", {"name": "other"}).status_code == 409
    assert names(api(writer).get(f"{REPO}/labels")) == ["mine"]


def test_queries_do_not_grow_with_labels(api, alice, repository, django_assert_max_num_queries):
    client = api(alice)
    for number in range(12):
        client.post(f"{REPO}/labels", {"name": f"label-{number}"})
    for path in (f"{REPO}/labels", "labels", "labels/label-1/labeled"):
        client.get(path)
        with django_assert_max_num_queries(6):
            assert client.get(path).json()["values"]


def test_a_repository_is_watched_and_left(api, alice, repository):
    client = api(alice)
    for _ in range(2):
        assert client.post(f"{REPO}/watch", {"slug": "ignored"}).status_code == 204
    assert [watch.user for watch in RepositoryWatch.objects.all()] == [alice]
    assert watching.is_watched(builders.actor(alice), repository)
    assert not watching.is_watched(builders.actor(None), repository)
    for _ in range(2):
        assert client.delete(f"{REPO}/watch").status_code == 204
    assert not watching.is_watched(builders.actor(alice), repository)
    assert api(builders.user("stranger")).post(f"{REPO}/watch").status_code == 404
    assert api().post(f"{REPO}/watch").status_code == 401


def test_a_commit_is_watched_and_left(api, alice, repository):
    client = api(alice)
    tip = client.get(f"{REPO}/commits/main").json()["id"]
    assert client.post(f"{REPO}/commits/{tip}/watch").status_code == 204
    assert client.post(f"{REPO}/commits/{tip}/watch").status_code == 204
    assert [watch.commit_id for watch in CommitWatch.objects.all()] == [tip]
    assert watching.is_commit_watched(builders.actor(alice), repository, tip)
    assert not watching.is_commit_watched(builders.actor(None), repository, tip)
    assert client.post(f"{REPO}/commits/{'0' * 40}/watch").status_code == 404
    assert client.delete(f"{REPO}/commits/{tip}/watch").status_code == 204
    assert not CommitWatch.objects.exists()
