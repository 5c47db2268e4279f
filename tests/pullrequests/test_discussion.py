"""REST: what is said about pull requests, and their story."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.fixture
def pull(propose, repo):
    return propose(reviewers=[{"user": {"name": "bob"}}])


def line(number=1, **more):
    return {"path": "new.txt", "line": number, "lineType": "ADDED", "fileType": "TO"} | more


def say(client, text="said", status=201, **body):
    answer = client.post(f"{N}/comments", {"text": text} | body)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_threads_answers_and_their_story(api, alice, bob, carol, repo, pull):
    first = say(api(carol), "look *here*", anchor=line())
    answer = say(api(alice), "I do", parent={"id": first["id"]})
    say(api(bob), "in general")

    assert first["anchor"]["diffType"] == "EFFECTIVE"
    assert first["anchor"]["line"] == 1 and first["anchor"]["orphaned"] is False
    assert first["anchor"]["toHash"] == git("rev-parse", "topic", cwd=folder(repo))
    assert answer["parent"] == {"id": first["id"]}
    story = api(alice).get(f"{N}/activities").json()["values"]
    assert [one["action"] for one in story] == ["COMMENTED", "COMMENTED", "OPENED"]
    told = story[1]
    assert told["commentAction"] == "ADDED" and told["comment"]["id"] == first["id"]
    assert told["comment"]["comments"][0]["text"] == "I do"
    assert told["commentAnchor"]["path"] == "new.txt"
    assert told["diff"]["hunks"][0]["segments"][0]["lines"][0]["line"] == "news"
    listed = api(bob).get(f"{N}/comments", path="new.txt").json()["values"]
    assert [one["id"] for one in listed] == [first["id"]]
    assert api(bob).get(f"{N}/comments").status_code == 400
    found = api(bob).get(N).json()
    assert found["properties"]["commentCount"] == 3
    assert [one["user"]["name"] for one in found["participants"]] == ["carol"]
    from_there = api(bob).get(f"{N}/activities", fromType="COMMENT", fromId=answer["id"]).json()
    assert [one["action"] for one in from_there["values"]] == ["COMMENTED", "OPENED"]
    assert api(bob).get(f"{N}/activities", fromId="1").status_code == 400


def test_places_that_are_none(api, alice, pull):
    say(api(alice), anchor=line(path="nowhere.txt"), status=404)
    say(api(alice), anchor=line(path=""), status=400)
    say(api(alice), anchor=line(lineType=None), status=400)
    say(api(alice), anchor=line(diffType="RANGE", fromHash="1" * 40, toHash="2" * 40), status=404)
    say(api(alice), "  ", status=400)


def test_tasks(api, alice, bob, carol, pull):
    made = api(bob).post(f"{N}/blocker-comments", {"text": "do it"}).json()
    assert made["severity"] == "BLOCKER" and made["permittedOperations"]["transitionable"]
    assert api(alice).get(N).json()["properties"]["openTaskCount"] == 1
    assert api(alice).get(f"{N}/blocker-comments", count="true").json()["OPEN"] == 1
    refused = api(carol).put(
        f"{N}/blocker-comments/{made['id']}", {"state": "RESOLVED", "version": 0}
    )
    assert refused.status_code == 401
    # Who proposed it settles what was asked of them.
    done = api(alice).put(f"{N}/blocker-comments/{made['id']}", {"state": "RESOLVED", "version": 0})
    assert done.json()["state"] == "RESOLVED" and done.json()["resolver"]["name"] == "alice"
    assert (
        api(alice).put(f"{N}/comments/{made['id']}", {"text": "other", "version": 1}).status_code
        == 401
    )
    properties = api(alice).get(N).json()["properties"]
    assert (properties["openTaskCount"], properties["resolvedTaskCount"]) == (0, 1)
    assert api(bob).get(f"{N}/blocker-comments", state="open").json()["size"] == 0
    assert api(bob).get(f"{N}/blocker-comments", state="RESOLVED").json()["size"] == 1
    assert api(bob).get(f"{N}/blocker-comments", state="GONE").status_code == 400


def test_a_review_is_published_in_one_go(api, alice, bob, pull):
    draft = say(api(bob), "half a thought", anchor=line(), state="PENDING")
    say(api(bob), "and more", parent={"id": draft["id"]})
    assert draft["state"] == "PENDING"
    assert api(alice).get(f"{N}/comments/{draft['id']}").status_code == 404
    assert api(alice).get(f"{N}/activities").json()["size"] == 1
    assert api(alice).get(N).json()["properties"]["commentCount"] == 0
    assert api(bob).get(f"{N}/review").json()["size"] == 2
    assert api(alice).get(f"{N}/review").json()["size"] == 0

    body = {"commentText": "well done", "participantStatus": "needs_work"}
    assert api(bob).put(f"{N}/review", body).status_code == 200

    assert api(alice).get(f"{N}/comments/{draft['id']}").json()["state"] == "OPEN"
    story = [one["action"] for one in api(alice).get(f"{N}/activities").json()["values"]]
    assert story == ["REVIEWED", "COMMENTED", "COMMENTED", "OPENED"]
    assert api(alice).get(N).json()["reviewers"][0]["status"] == "NEEDS_WORK"
    assert api(bob).put(f"{N}/review", {}).status_code == 404
    assert api(bob).put(f"{N}/review", {"participantStatus": "SO_SO"}).status_code == 400


def test_a_review_is_thrown_away(api, bob, pull):
    say(api(bob), "no", state="PENDING")
    assert api(bob).delete(f"{N}/review").status_code == 204
    assert api(bob).get(f"{N}/review").json()["size"] == 0


def test_a_suggestion_becomes_a_commit(api, alice, bob, repo, propose):
    commit(repo, "topic", {"new.txt": "one\ntwo\nthree\nfour"})
    propose()
    text = "Better:\n```suggestion\nZWEI\nDREI\n```\nor\n~~~suggestion\n~~~\n"
    anchor = line(3, multilineMarker={"startLine": 2, "startLineType": "ADDED"})
    made = say(api(bob), text, anchor=anchor)
    end = say(api(bob), "```suggestion\nfive\n```", anchor=line(4))
    body = {"commentVersion": 0, "pullRequestVersion": 0, "suggestionIndex": 0}
    path = f"{N}/comments/{made['id']}/apply-suggestion"
    assert api(alice).post(path, body | {"suggestionIndex": 2}).status_code == 400
    assert api(alice).post(path, body | {"commentVersion": 3}).status_code == 409
    assert api(alice).post(path, body | {"commitMessage": "Take it"}).status_code == 204

    show = git("show", "topic:new.txt", cwd=folder(repo))
    assert show == "one\nZWEI\nDREI\nfour"
    assert git("log", "-1", "--format=%an: %s", "topic", cwd=folder(repo)) == "Alice: Take it"
    assert api(alice).get(f"{N}/comments/{made['id']}").json()["threadResolved"]
    run_jobs()
    version = api(alice).get(N).json()["version"]
    again = f"{N}/comments/{end['id']}/apply-suggestion"
    refused = api(alice).post(again, body | {"pullRequestVersion": version})
    assert refused.status_code in (204, 409)


def test_reactions(api, alice, bob, pull):
    made = say(api(bob))
    likes = f"/rest/comment-likes/latest/{N}/comments/{made['id']}/reactions/heart"
    assert api(alice).put(likes).json()["emoticon"]["shortcut"] == "heart"
    assert api(alice).get(f"{N}/comments/{made['id']}").json()["properties"]["reactions"]
    assert api(alice).delete(likes).status_code == 204
    # As before there were others.
    likes = f"/rest/comment-likes/1.0/{N}/comments/{made['id']}/likes"
    assert api(alice).post(likes).status_code == 204
    assert [user["name"] for user in api(bob).get(likes).json()["values"]] == ["alice"]
    assert api(alice).delete(likes).status_code == 204
    assert api(bob).get(likes).json()["values"] == []


def test_moves_are_told_with_their_commits(api, alice, repo, pull):
    old = git("rev-parse", "topic", cwd=folder(repo))
    new = commit(repo, "topic", {"other.txt": "x\n"}, on="main", message="other")
    run_jobs()
    told = api(alice).get(f"{N}/activities").json()["values"][0]
    assert told["action"] == "RESCOPED"
    assert (told["previousFromHash"], told["fromHash"]) == (old, new)
    assert [one["id"] for one in told["added"]["commits"]] == [new]
    assert [one["id"] for one in told["removed"]["commits"]] == [old]


def test_lists_cost_the_same_however_long(api, alice, bob, repo, pull, propose):
    def queries(path):
        with CaptureQueriesContext(connection) as asked:
            assert api(alice).get(path, limit=100).status_code == 200
        return len(asked)

    first = say(api(bob), anchor=line())
    say(api(alice), parent={"id": first["id"]})
    few = [queries(path) for path in (f"{N}/activities", P, N)]
    for number in range(5):
        one = say(api(bob), anchor=line())
        say(api(alice), parent={"id": one["id"]})
        git("update-ref", f"refs/heads/b{number}", "refs/heads/topic", cwd=folder(repo))
        propose(source=f"b{number}", reviewers=[{"user": {"name": "bob"}}])
    assert [queries(path) for path in (f"{N}/activities", P, N)] == few
