"""Every event, made by a real action, as a real receiver gets it: field by field."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives import hashes, hmac

from builds.models import BuildStatus
from tests import builders
from tests.builders import git
from tests.pullrequests import worlds
from tests.pullrequests.worlds import P, R
from webhooks.catalogue import ENTRIES, KEYS, PING

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000")
USER = {"name", "emailAddress", "id", "displayName", "active", "slug", "type", "links"}
# Nothing here makes them yet; they can be registered, as with Bitbucket.
NOT_SENT = {"repo:secret_detected", "mirror:repo_synchronized"}
ZERO = "0" * 40


@pytest.fixture
def told(target):
    """Do what waits, and give the one payload of an event, its envelope already judged."""

    def payload(event, who, *, which=-1):
        worlds.run_jobs()
        received = target.wait_for(event)[which]
        body = received.body
        assert received.headers["Content-Type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", received.id)
        assert body["eventKey"] == event
        assert DATE.fullmatch(body["date"])
        assert body["actor"].keys() == USER
        assert body["actor"]["name"] == who
        return body

    return payload


def test_every_key_has_an_entry_and_every_entry_a_key():
    assert {entry.key for entry in ENTRIES} | NOT_SENT == set(KEYS)


def test_a_push(repo, hook, told, alice):
    hook(repo)
    actor = builders.actor(alice)
    old = git("rev-parse", "main", cwd=worlds.folder(repo))
    first = worlds.commit(repo, "main", {"a.txt": "a"}, actor=actor, message="First\n\nbody")
    new = worlds.commit(repo, "main", {"b.txt": "b"}, actor=actor)

    body = told("repo:refs_changed", "alice")
    assert body.keys() == {
        "eventKey", "date", "actor", "repository", "changes", "commits", "toCommit"
    }  # fmt: skip
    shown = body["repository"]
    assert (shown["slug"], shown["id"], shown["name"]) == ("repo", repo.pk, "repo")
    assert (shown["scmId"], shown["state"], shown["public"]) == ("git", "AVAILABLE", False)
    assert shown["project"]["key"] == "PRJ"
    assert {link["name"] for link in shown["links"]["clone"]} == {"http", "ssh"}
    assert body["changes"] == [
        {
            "ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"},
            "refId": "refs/heads/main",
            "fromHash": first,
            "toHash": new,
            "type": "UPDATE",
        }
    ]
    assert [one["id"] for one in body["commits"]] == [new]
    commit = body["toCommit"]
    assert (commit["id"], commit["displayId"]) == (new, new[:11])
    assert commit["author"]["name"] == "Ada Author"
    assert commit["parents"] == [{"id": first, "displayId": first[:11]}]

    before = told("repo:refs_changed", "alice", which=0)
    assert before["changes"][0]["fromHash"] == old
    assert before["toCommit"]["message"] == "First\n\nbody"


def test_branches_and_tags_come_and_go(repo, hook, told, api, alice):
    hook(repo)
    new = git("rev-parse", "topic", cwd=worlds.folder(repo))
    api(alice).post(f"{R}/branches", {"name": "fresh", "startPoint": new})
    [made] = told("repo:refs_changed", "alice")["changes"]
    assert (made["fromHash"], made["toHash"], made["type"]) == (ZERO, new, "ADD")

    api(alice).post(f"{R}/tags", {"name": "v1", "startPoint": new})
    [made] = told("repo:tag_created", "alice")["changes"]
    assert made["ref"] == {"id": "refs/tags/v1", "displayId": "v1", "type": "TAG"}

    api(alice).delete("/rest/git/1.0/" + f"{R}/tags/v1")
    [gone] = told("repo:tag_deleted", "alice")["changes"]
    assert (gone["toHash"], gone["type"]) == (ZERO, "DELETE")
    body = told("repo:refs_changed", "alice")
    assert [one["type"] for one in body["changes"]] == ["DELETE"]
    assert "toCommit" not in body


def test_repositories_and_projects_change(repo, project, hook, told, api, admin, alice):
    hook(project)
    builders.grant(repo, alice, "REPO_ADMIN")
    api(alice).put(R, {"description": "new words"})
    body = told("repo:modified", "alice")
    assert "description" not in body["old"]
    assert body["new"]["description"] == "new words"

    api(admin).put("projects/PRJ", {"name": "Other"})
    body = told("project:modified", "admin")
    assert (body["old"]["name"], body["new"]["name"]) == ("Project PRJ", "Other")

    api(admin).post("projects/PRJ/repos", {"name": "second"})
    assert told("repo:created", "admin")["repository"]["slug"] == "second"
    api(admin).delete("projects/PRJ/repos/second")
    assert told("repo:deleted", "admin")["repository"]["slug"] == "second"

    api(alice).put(f"{R}/branches/default", {"id": "refs/heads/topic"})
    body = told("repo:default_branch_modified", "alice")
    assert (body["old"]["displayId"], body["new"]["displayId"]) == ("main", "topic")

    api(alice).post(R, {"name": "mine"})
    body = told("repo:forked", "alice")
    assert body["repository"]["slug"] == "mine"
    assert body["repository"]["project"]["key"] == "~alice"
    assert body["repository"]["origin"]["slug"] == "repo"


def test_comments_on_commits(repo, hook, told, api, alice, bob):
    hook(repo)
    at = git("rev-parse", "main", cwd=worlds.folder(repo))
    comments = f"{R}/commits/{at}/comments"
    first = api(alice).post(comments, {"text": "Why?"}).json()
    body = told("repo:comment:added", "alice")
    assert (body["commit"], body["repository"]["slug"]) == (at, "repo")
    assert (body["comment"]["text"], body["comment"]["id"]) == ("Why?", first["id"])
    assert "commentParentId" not in body

    reply = api(bob).post(comments, {"text": "So.", "parent": {"id": first["id"]}}).json()
    assert told("repo:comment:added", "bob")["commentParentId"] == first["id"]
    api(bob).put(f"{comments}/{reply['id']}", {"text": "Thus.", "version": 0})
    body = told("repo:comment:edited", "bob")
    assert (body["previousComment"], body["comment"]["text"]) == ("So.", "Thus.")
    api(bob).delete(f"{comments}/{reply['id']}", version=1)
    body = told("repo:comment:deleted", "bob")
    assert (body["comment"]["id"], body["commentParentId"]) == (reply["id"], first["id"])


def test_builds(repo, hook, told, api, alice):
    hook(repo)
    at = git("rev-parse", "main", cwd=worlds.folder(repo))
    build = {"key": "B", "state": "SUCCESSFUL", "url": "https://ci.example/1", "name": "B #1"}
    api(alice).post(f"{R}/commits/{at}/builds", build)
    body = told("repo:build_status", "alice")
    assert body["commit"] == at
    assert (body["build"]["key"], body["build"]["state"]) == ("B", BuildStatus.State.SUCCESSFUL)


def test_the_life_of_a_pull_request(repo, hook, told, api, propose, alice, bob, carol):
    hook(repo)
    made = propose(description="Words", reviewers=[{"user": {"name": "carol"}}])
    one = f"{P}/{made['id']}"
    shown = told("pr:opened", "alice")["pullRequest"]
    assert (shown["id"], shown["title"], shown["description"]) == (made["id"], "News", "Words")
    assert (shown["state"], shown["open"], shown["closed"]) == ("OPEN", True, False)
    assert shown["fromRef"]["id"] == "refs/heads/topic"
    assert shown["fromRef"]["latestCommit"] == made["fromRef"]["latestCommit"]
    assert shown["toRef"]["displayId"] == "main"
    assert shown["toRef"]["repository"]["project"]["key"] == "PRJ"
    assert shown["author"]["user"]["name"] == "alice"
    assert [one["user"]["name"] for one in shown["reviewers"]] == ["carol"]
    assert shown["links"]["self"][0]["href"].endswith(f"/pull-requests/{made['id']}")

    api(carol).put(f"{one}/participants/carol", {"status": "NEEDS_WORK"})
    body = told("pr:reviewer:needs_work", "carol")
    assert body["participant"]["status"] == "NEEDS_WORK"
    assert body["participant"]["user"]["name"] == "carol"
    assert body["previousStatus"] == "UNAPPROVED"
    api(carol).post(f"{one}/approve")
    body = told("pr:reviewer:approved", "carol")
    assert (body["participant"]["approved"], body["previousStatus"]) == (True, "NEEDS_WORK")
    api(carol).delete(f"{one}/approve")
    assert told("pr:reviewer:unapproved", "carol")["previousStatus"] == "APPROVED"

    version = api(alice).get(one).json()["version"]
    change = {"version": version, "title": "Better", "description": "W", "draft": True}
    api(alice).put(one, change | {"reviewers": [{"user": {"name": "bob"}}]})
    body = told("pr:modified", "alice")
    assert body["pullRequest"]["title"] == "Better"
    assert (body["previousTitle"], body["previousDescription"]) == ("News", "Words")
    assert body["previousTarget"]["id"] == "refs/heads/main"
    assert body["previousTarget"]["latestCommit"] == shown["toRef"]["latestCommit"]
    assert body["previousDraft"] is False
    body = told("pr:reviewer:updated", "alice")
    assert [user["name"] for user in body["addedReviewers"]] == ["bob"]
    assert [user["name"] for user in body["removedReviewers"]] == ["carol"]

    worlds.commit(repo, "topic", {"more.txt": "more"}, actor=builders.actor(bob))
    body = told("pr:from_ref_updated", "bob")
    assert body["previousFromHash"] == shown["fromRef"]["latestCommit"]
    assert body["pullRequest"]["fromRef"]["latestCommit"] != body["previousFromHash"]

    version = api(alice).get(one).json()["version"]
    api(alice).post(f"{one}/decline", {"version": version})
    assert told("pr:declined", "alice")["pullRequest"]["state"] == "DECLINED"
    api(alice).post(f"{one}/reopen", {"version": version + 1})
    assert told("pr:reopened", "alice")["pullRequest"]["state"] == "OPEN"
    version = api(alice).get(one).json()["version"]
    api(alice).put(one, {"version": version, "title": "Better", "draft": False})
    merged = api(alice).post(f"{one}/merge", version=version + 1)
    assert merged.status_code == 200, merged.content
    shown = told("pr:merged", "alice")["pullRequest"]
    assert (shown["state"], shown["closed"]) == ("MERGED", True)
    assert (
        shown["properties"]["mergeCommit"]["id"] == merged.json()["properties"]["mergeCommit"]["id"]
    )


def test_a_pull_request_is_deleted(repo, hook, told, api, propose, alice):
    hook(repo)
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    api(alice).delete(f"{P}/{made['id']}", {"version": made["version"]})
    shown = told("pr:deleted", "alice")["pullRequest"]
    assert (shown["id"], shown["title"]) == (made["id"], "News")
    assert [one["user"]["name"] for one in shown["reviewers"]] == ["bob"]


def test_comments_and_tasks(repo, hook, told, api, propose, alice, bob):
    hook(repo)
    made = propose()
    comments = f"{P}/{made['id']}/comments"
    anchor = {"path": "new.txt", "line": 1, "lineType": "ADDED", "fileType": "TO"}
    first = api(bob).post(comments, {"text": "Hm", "anchor": anchor}).json()
    body = told("pr:comment:added", "bob")
    assert body["pullRequest"]["id"] == made["id"]
    assert body["comment"]["text"] == "Hm"
    assert body["comment"]["anchor"]["path"] == "new.txt"
    api(alice).post(comments, {"text": "Yes", "parent": {"id": first["id"]}})
    assert told("pr:comment:added", "alice")["commentParentId"] == first["id"]
    api(bob).put(f"{comments}/{first['id']}", {"text": "Hmm", "version": 0})
    body = told("pr:comment:edited", "bob")
    assert (body["previousComment"], body["comment"]["text"]) == ("Hm", "Hmm")

    task = api(bob).post(f"{P}/{made['id']}/blocker-comments", {"text": "Do it"}).json()
    assert told("pr:task:added", "bob")["comment"]["severity"] == "BLOCKER"
    api(alice).put(f"{comments}/{task['id']}", {"version": 0, "state": "RESOLVED"})
    assert told("pr:task:edited", "alice")["comment"]["state"] == "RESOLVED"
    assert told("pr:comment:edited", "alice")["comment"]["id"] == task["id"]
    api(bob).delete(f"{comments}/{task['id']}", version=1)
    assert told("pr:comment:deleted", "bob")["comment"]["text"] == "Do it"


def test_what_only_its_author_sees_is_told_when_the_review_is_finished(
    repo, hook, target, api, propose, bob
):
    hook(repo)
    made = propose()
    api(bob).post(f"{P}/{made['id']}/comments", {"text": "Draft", "state": "PENDING"})
    worlds.run_jobs()
    assert "pr:comment:added" not in [one.event for one in target.requests]

    api(bob).put(f"{P}/{made['id']}/review", {"participantStatus": "APPROVED"})
    worlds.run_jobs()
    [received] = target.wait_for("pr:comment:added")
    assert received.body["comment"]["text"] == "Draft"


def test_an_approval_falls_with_a_push(repo, hook, told, api, propose, admin, alice, bob):
    hook(repo)
    builders.grant(repo, alice, "REPO_ADMIN")
    api(alice).post(f"{R}/settings/pull-requests", {"unapproveOnUpdate": True})
    made = propose(reviewers=[{"user": {"name": "bob"}}])
    api(bob).post(f"{P}/{made['id']}/approve")
    worlds.commit(repo, "topic", {"more.txt": "more"}, actor=builders.actor(alice))

    body = told("pr:reviewer:approvals_reset", "bob")
    assert body["participant"]["status"] == "UNAPPROVED"
    assert told("pr:reviewer:unapproved", "bob")["previousStatus"] == "APPROVED"


def test_the_signature_is_that_of_the_bytes(repo, hook, target, alice):
    hook(repo, ["repo:refs_changed"], secret="schlüssel", username="ci", password="pässwort")
    worlds.commit(repo, "main", {"ä.txt": "ä"}, actor=builders.actor(alice), message="Grüße")
    worlds.run_jobs()
    [received] = target.wait_for("repo:refs_changed")

    independent = hmac.HMAC("schlüssel".encode(), hashes.SHA256())
    independent.update(received.raw)
    assert received.headers["X-Hub-Signature"] == f"sha256={independent.finalize().hex()}"
    assert received.headers["Authorization"] == "Basic Y2k6cMOkc3N3b3J0"
    assert received.headers["X-Event-Key"] == "repo:refs_changed"


def test_nobody_hears_what_they_did_not_choose(repo, project, hook, target, propose, settings):
    hook(repo, ["pr:merged"])
    hook(project, ["pr:opened"], url=f"{target.url}/project")
    other = builders.repository(project, "other")
    hook(other, url=f"{target.url}/other")
    propose()

    worlds.run_jobs()
    assert [(one.event, one.path) for one in target.requests] == [("pr:opened", "/hook/project")]


def test_the_ping(repo, target, api, alice):
    builders.grant(repo, alice, "REPO_ADMIN")
    answer = api(alice).post(
        f"{R}/webhooks/test", {"username": "a", "password": "b"}, url=target.url
    )
    assert answer.status_code == 200, answer.content
    [received] = target.wait_for(PING)
    assert received.body == {"test": True}
    assert answer.json()["result"]["outcome"] == "SUCCESS"
    assert answer.json()["response"]["statusCode"] == 200
    assert "Basic" not in str(answer.json())
