"""REST: what is said about commits: threads, places in a diff, versions, tasks, reactions, watching."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import events
from discussions.emoticons import SIGNS
from discussions.events import CommitCommentAdded, CommitCommentDeleted, CommitCommentEdited
from discussions.models import Comment, Reaction, Thread
from discussions.services import comments as service
from repos.models import CommitWatch, Repository
from tests import builders

pytestmark = pytest.mark.django_db

REPO = "projects/PRJ/repos/repo"
LIKES = "/rest/comment-likes/latest/projects/PRJ/repos/repo"


@pytest.fixture
def ids(db):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, builders.user("bob"), "REPO_READ")
    builders.grant(made, builders.user("carol"), "REPO_READ")
    builders.grant(made, builders.user("root"), "REPO_ADMIN")
    return builders.fill(made) | {"made": made}


@pytest.fixture
def bob(api, ids):
    return api(User.objects.get(name="bob"))


@pytest.fixture
def carol(api, ids):
    return api(User.objects.get(name="carol"))


@pytest.fixture
def root(api, ids):
    return api(User.objects.get(name="root"))


@pytest.fixture
def path(ids):
    return f"{REPO}/commits/{ids['second']}/comments"


@pytest.fixture
def heard(monkeypatch):
    """The events of discussions, in their order."""
    told = []
    for kind in (CommitCommentAdded, CommitCommentEdited, CommitCommentDeleted):
        monkeypatch.setitem(events._subscribers, kind, [told.append])
    return told


def said(client, path, text="words", **more):
    answer = client.post(path, {"text": text, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def refused(answer, status, name):
    assert answer.status_code == status, answer.content
    (error,) = answer.json()["errors"]
    assert (error["exceptionName"] or "").endswith(name)
    return error


def test_a_comment_as_clients_know_it(bob, path, ids):
    made = said(bob, path, "Look *here*")

    assert made["text"] == "Look *here*"
    assert made["author"]["name"] == "bob"
    assert (made["version"], made["severity"], made["state"]) == (0, "NORMAL", "OPEN")
    assert made["threadResolved"] is False
    assert made["permittedOperations"] == {"editable": True, "deletable": True}
    assert (made["comments"], made["tasks"]) == ([], [])
    assert made["properties"] == {"repositoryId": ids["made"].pk}
    assert made["createdDate"] == made["updatedDate"] > 1_700_000_000_000
    assert bob.get(f"{path}/{made['id']}").json() == made
    assert bob.get(path).json()["values"] == [made]


def test_answers_lie_within_what_they_answer(bob, carol, path):
    first = said(bob, path)
    answer = said(carol, path, "no", parent={"id": first["id"]})
    deeper = said(bob, path, "yes", parent={"id": answer["id"]})

    assert deeper["parent"] == {"id": answer["id"]}
    page = carol.get(path).json()
    assert page["size"] == 1
    (outer,) = page["values"]
    (inner,) = outer["comments"]
    assert [inner["id"], inner["comments"][0]["id"]] == [answer["id"], deeper["id"]]
    # Carol may change hers, and delete none that was answered.
    assert inner["permittedOperations"] == {"editable": True, "deletable": False}
    assert outer["permittedOperations"] == {"editable": False, "deletable": False}


def test_answers_without_end_are_still_answered(bob, path):
    last = first = said(bob, path)
    for _ in range(service.MOST_DEPTH + 5):
        last = said(bob, path, parent={"id": last["id"]})

    assert bob.get(f"{path}/{first['id']}").status_code == 200
    assert Comment.objects.get(pk=last["id"]).depth == service.MOST_DEPTH


def test_a_place_in_the_diff(bob, path, ids):
    place = {"path": "src/main.py", "line": 1, "lineType": "ADDED"}

    made = said(bob, path, anchor=place)

    assert made["anchor"] == {
        "path": "src/main.py",
        "line": 1,
        "lineType": "ADDED",
        "fileType": "TO",
        "diffType": "COMMIT",
        "fromHash": ids["first"],
        "toHash": ids["second"],
    }
    whole = said(bob, path, anchor={"path": {"components": ["src", "main.py"]}})
    assert "line" not in whole["anchor"]
    several = said(
        bob,
        path,
        anchor=place | {"multilineMarker": {"startLine": 1, "startLineType": "ADDED"}},
    )
    assert several["anchor"]["multilineMarker"] == {"startLine": 1, "startLineType": "ADDED"}
    general = said(bob, path)

    on_file = bob.get(path, path="src/main.py").json()["values"]
    assert [one["id"] for one in on_file] == [made["id"], whole["id"], several["id"]]
    assert bob.get(path, path="README.md").json()["values"] == []
    assert bob.get(path, start=3).json()["values"] == [general]
    assert bob.get(path, since=ids["first"]).json()["size"] == 3
    assert bob.get(path, since=ids["second"]).json()["size"] == 0


@pytest.mark.parametrize(
    ("anchor", "status", "name"),
    [
        ({"path": "nowhere.txt"}, 404, "NoSuchPathException"),
        ({"path": "../../etc/passwd"}, 404, "NoSuchPathException"),
        ({"path": "src/main.py", "line": 1}, 400, "ArgumentValidationException"),
        ({"path": "src/main.py", "line": 2**40, "lineType": "ADDED"}, 400, "ValidationException"),
        ({"path": "src/main.py", "lineType": "NEITHER"}, 400, "ArgumentValidationException"),
        ({"path": "src/main.py", "diffType": "EFFECTIVE"}, 400, "ArgumentValidationException"),
        ({"path": "src/main.py", "toHash": "main"}, 400, "ArgumentValidationException"),
        ({"path": "src/main.py", "fromHash": "0" * 40}, 404, "NoSuchCommitException"),
        ({"path": 7}, 400, "ArgumentValidationException"),
        ({"line": 1}, 400, "ArgumentValidationException"),
    ],
)
def test_no_such_place(bob, path, anchor, status, name):
    refused(bob.post(path, {"text": "x", "anchor": anchor}), status, name)
    assert not Thread.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * (service.LONGEST_TEXT + 1)},
        {"text": "x", "severity": "GRAVE"},
        {"text": "x", "state": "PENDING"},
    ],
)
def test_no_such_comment_can_be_made(bob, path, body):
    refused(bob.post(path, body), 400, "ArgumentValidationException")


def test_versions_keep_two_people_apart(bob, path, heard):
    made = said(bob, path, "one")
    where = f"{path}/{made['id']}"

    changed = bob.put(where, {"text": "two", "version": 0})
    assert changed.status_code == 200
    assert (changed.json()["version"], changed.json()["text"]) == (1, "two")
    assert changed.json()["updatedDate"] >= made["createdDate"]

    late = refused(bob.put(where, {"text": "three", "version": 0}), 409, "OutOfDateException")
    assert (late["currentVersion"], late["expectedVersion"]) == (1, 0)
    refused(bob.put(where, {"text": "three"}), 409, "OutOfDateException")
    refused(bob.delete(where, version=0), 409, "OutOfDateException")
    refused(bob.delete(where), 409, "OutOfDateException")
    refused(bob.delete(where, version="x"), 400, "ArgumentValidationException")
    assert bob.put(where, {"text": "three"}, version=1).json()["version"] == 2
    assert bob.delete(where, version=2).status_code == 204
    refused(bob.get(where), 404, "NoSuchCommentException")
    assert not Thread.objects.exists()

    assert [type(event).__name__ for event in heard] == [
        "CommitCommentAdded",
        *["CommitCommentEdited"] * 2,
        "CommitCommentDeleted",
    ]
    assert [event.previous_text for event in heard[1:3]] == ["one", "two"]
    assert heard[3].comment.text == "three"
    assert heard[3].comment.pk == made["id"]


def test_what_was_answered_stays(bob, carol, path):
    first = said(bob, path)
    answer = said(carol, path, parent={"id": first["id"]})

    refused(bob.delete(f"{path}/{first['id']}", version=0), 409, "CommentDeletionException")
    assert carol.delete(f"{path}/{answer['id']}", version=0).status_code == 204
    assert bob.delete(f"{path}/{first['id']}", version=0).status_code == 204


def test_only_the_author_changes_words(bob, carol, root, path):
    made = said(bob, path, severity="BLOCKER")
    where = f"{path}/{made['id']}"

    refused(carol.put(where, {"text": "mine", "version": 0}), 401, "AuthorisationException")
    refused(carol.put(where, {"state": "RESOLVED", "version": 0}), 401, "AuthorisationException")
    refused(carol.delete(where, version=0), 401, "AuthorisationException")
    refused(root.put(where, {"text": "mine", "version": 0}), 401, "AuthorisationException")
    assert root.put(where, {"state": "RESOLVED", "version": 0}).status_code == 200
    assert root.delete(where, version=1).status_code == 204


def test_tasks_and_threads_are_resolved(bob, path):
    task = said(bob, path, severity="BLOCKER")
    where = f"{path}/{task['id']}"
    assert task["permittedOperations"]["transitionable"] is True

    done = bob.put(where, {"state": "RESOLVED", "version": 0}).json()
    assert (done["state"], done["resolver"]["name"]) == ("RESOLVED", "bob")
    assert done["resolvedDate"] >= done["createdDate"]
    # What is no task any more is open.
    talk = bob.put(where, {"severity": "NORMAL", "version": 1}).json()
    assert (talk["state"], talk.get("resolver")) == ("OPEN", None)
    refused(bob.put(where, {"state": "RESOLVED", "version": 2}), 400, "ValidationException")

    closed = bob.put(where, {"threadResolved": True, "version": 2}).json()
    assert (closed["threadResolved"], closed["threadResolver"]["name"]) == (True, "bob")
    answer = said(bob, path, parent={"id": task["id"]})
    assert answer["threadResolved"] is True
    inner = f"{path}/{answer['id']}"
    refused(bob.put(inner, {"threadResolved": False, "version": 0}), 400, "ValidationException")
    opened = bob.put(where, {"threadResolved": False, "version": 3}).json()
    assert (opened["threadResolved"], opened["version"]) == (False, 4)
    # Nothing changed, nothing counted.
    assert bob.put(where, {"text": opened["text"], "version": 4}).json()["version"] == 4


def test_a_comment_is_found_where_it_stands_only(bob, api, admin, path, ids):
    made = said(bob, path)
    other = builders.repository(ids["made"].project, "other")
    builders.fill(other)
    number = made["id"]

    for where in (
        f"{REPO}/commits/{ids['first']}/comments",
        f"projects/PRJ/repos/other/commits/{ids['second']}/comments",
    ):
        client = api(admin)
        refused(client.get(f"{where}/{number}"), 404, "NoSuchCommentException")
        refused(client.put(f"{where}/{number}", {"version": 0}), 404, "NoSuchCommentException")
        refused(client.delete(f"{where}/{number}", version=0), 404, "NoSuchCommentException")
        answer = client.post(where, {"text": "x", "parent": {"id": number}})
        refused(answer, 404, "NoSuchCommentException")
        assert client.get(where).json()["size"] == 0
    for odd in ("0", "x", "9" * 30, "-1", "٣"):
        refused(bob.get(f"{path}/{odd}"), 404, "NoSuchCommentException")
    refused(bob.get(f"{REPO}/commits/{'0' * 40}/comments"), 404, "NoSuchCommitException")


def test_who_may_speak(api, alice, bob, path, ids):
    refused(api(alice).post(path, {"text": "x"}), 404, "NoSuchProjectException")
    refused(api().post(path, {"text": "x"}), 401, "AuthenticationRequiredException")
    # What is public, anybody reads and whoever has a name may speak about.
    said(bob, path)
    Repository.objects.filter(pk=ids["made"].pk).update(is_public=True)
    shown = api().get(path).json()["values"]
    assert "emailAddress" not in shown[0]["author"]
    assert shown[0]["permittedOperations"] == {"editable": False, "deletable": False}
    refused(api().post(path, {"text": "x"}), 401, "AuthenticationRequiredException")
    assert said(api(alice), path)["author"]["name"] == "alice"


def test_an_archived_repository_listens_to_nobody(bob, path, ids):
    made = said(bob, path)
    where = f"{path}/{made['id']}"
    Repository.objects.filter(pk=ids["made"].pk).update(is_archived=True)

    name = "RepositoryArchivedException"
    refused(bob.post(path, {"text": "x"}), 409, name)
    refused(bob.post(path, {"text": "x", "parent": {"id": made["id"]}}), 409, name)
    refused(bob.put(where, {"text": "y", "version": 0}), 409, name)
    refused(bob.delete(where, version=0), 409, name)
    react = f"{LIKES}/commits/{ids['second']}/comments/{made['id']}/reactions/tada"
    refused(bob.put(react), 409, name)
    shown = bob.get(where).json()
    assert shown["permittedOperations"] == {"editable": False, "deletable": False}


def test_reactions(bob, carol, path, ids):
    made = said(bob, path)
    where = f"{LIKES}/commits/{ids['second']}/comments/{made['id']}/reactions"

    answer = carol.put(f"{where}/thumbsup")
    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "carol"
    assert answer.json()["emoticon"] == {"shortcut": "thumbsup", "value": SIGNS["thumbsup"]}
    assert carol.put(f"{where}/thumbsup").status_code == 200
    assert bob.put(f"{where}/thumbsup").status_code == 200
    refused(bob.put(f"{where}/no-such-thing"), 400, "ArgumentValidationException")

    (total,) = bob.get(f"{path}/{made['id']}").json()["properties"]["reactions"]
    assert [user["name"] for user in total["users"]] == ["carol", "bob"]
    assert bob.delete(f"{where}/thumbsup").status_code == 204
    assert bob.delete(f"{where}/thumbsup").status_code == 204
    assert Reaction.objects.count() == 1


def test_likes_of_older_versions_are_reactions(api, bob, carol, path, ids):
    made = said(bob, path)
    where = f"{LIKES}/commits/{ids['second']}/comments/{made['id']}"

    assert [carol.post(f"{where}/likes").status_code for _ in range(2)] == [204, 204]
    assert bob.put(f"{where}/reactions/+1").status_code == 200
    assert carol.put(f"{where}/reactions/tada").status_code == 200
    page = bob.get(f"{where}/likes").json()
    assert [user["name"] for user in page["values"]] == ["carol", "bob"]
    assert bob.get(f"{where}/likes", limit=1).json()["nextPageStart"] == 1
    shown = bob.get(f"{path}/{made['id']}").json()["properties"]["reactions"]
    assert [total["emoticon"]["shortcut"] for total in shown] == ["thumbsup", "+1", "tada"]

    # However it was said, it is taken back; nothing else is.
    assert [bob.delete(f"{where}/likes").status_code for _ in range(2)] == [204, 204]
    assert carol.delete(f"{where}/likes").status_code == 204
    assert bob.get(f"{where}/likes").json()["values"] == []
    assert Reaction.objects.get().emoticon == "tada"
    assert api().post(f"{where}/likes").status_code == 401
    assert bob.get(f"{where}0/likes").status_code == 404


def test_who_speaks_watches(bob, carol, path, ids):
    said(bob, path)
    watch = f"{REPO}/commits/{ids['second']}/watch"

    assert [carol.post(watch).status_code for _ in range(2)] == [204, 204]
    assert set(CommitWatch.objects.values_list("user__name", flat=True)) == {"bob", "carol"}
    assert [bob.delete(watch).status_code for _ in range(2)] == [204, 204]
    assert set(CommitWatch.objects.values_list("user__name", flat=True)) == {"carol"}


def test_fifty_comments_cost_the_queries_of_one(bob, carol, path, ids):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert bob.get(path, limit=100).status_code == 200
        return len(found)

    first = said(bob, path)
    react = f"{LIKES}/commits/{ids['second']}/comments/{first['id']}/reactions/tada"
    carol.put(react)
    queries()
    few = queries()
    for number in range(25):
        one = said(carol, path, anchor={"path": "src/main.py"} if number % 2 else None)
        said(bob, path, "answer", parent={"id": one["id"]})

    assert queries() == few


def test_the_former_user_of_a_token_is_nobody(bob, path):
    made = said(bob, path)
    Comment.objects.filter(pk=made["id"]).update(author=None)

    shown = bob.get(f"{path}/{made['id']}").json()
    assert (shown["author"]["type"], shown["author"]["active"]) == ("SERVICE", False)
    assert shown["permittedOperations"] == {"editable": False, "deletable": False}


def test_the_same_below_the_name_of_the_owner(api, bob):
    owner = User.objects.get(name="bob")
    made = bob.post("projects/~bob/repos", {"name": "mine"})
    assert made.status_code == 201
    commit_id = builders.fill(Repository.objects.get(slug="mine"))["first"]

    one = said(bob, f"users/bob/repos/mine/commits/{commit_id}/comments")
    same = api(owner).get(f"projects/~bob/repos/mine/commits/{commit_id}/comments/{one['id']}")
    assert same.json()["id"] == one["id"]
