"""Requests that nobody's client should send, or two at once: answered, never by an accident."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet
from django.test import Client

from discussions.models import Thread
from pullrequests.models import Participant, PullRequest, PullRequestSettings
from tests.builders import git
from tests.pullrequests.worlds import P, R, commit, folder

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.mark.parametrize(
    ("flag", "has_title"),
    [(True, True), ("true", True), (None, True), ("", True), (False, False), ("False", False)],
)
def test_flags_of_a_merge_in_two_forms(api, alice, repo, propose, flag, has_title):
    propose()
    merged = api(alice).post(f"{N}/merge", {"autoSubject": flag, "message": "Because."})
    assert merged.status_code == 200, merged.content
    said = git("log", "-1", "--format=%B", "main", cwd=folder(repo))
    assert said == ("Pull request #1: News\n\nBecause." if has_title else "Because.")


def test_a_flag_that_is_none(api, alice, repo, propose):
    propose()
    assert api(alice).post(f"{N}/merge", {"autoSubject": []}).status_code == 400


def test_nobody_in_lists(api, alice, admin, repo, propose):
    propose()
    for reviewers in ([None], ["bob", None], [{"user": None}], {}):
        assert api(alice).put(N, {"reviewers": reviewers, "version": 0}).status_code == 400
    assert api(alice).put(N, {"reviewers": ["bob"], "version": 0}).status_code == 200
    config = {"defaultStrategy": {"id": "ff"}, "strategies": [None]}
    body = {"mergeConfig": config}
    assert api(admin).post(f"{R}/settings/pull-requests", body).status_code == 400


@pytest.mark.parametrize("after", ["²", "٣", "x", "", "9" * 40])
def test_news_after_what_is_no_number(alice, repo, propose, after):
    propose()
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    shown = client.get(f"/{N}/news", {"after": after})
    assert shown.status_code == 200 and b"has new activity" not in shown.content


def test_a_folder_is_no_place_to_comment_on(api, alice, repo, propose):
    commit(repo, "topic", {"dir/a.txt": "a\n"})
    propose()
    words = "```suggestion\nx\n```\n"
    place = {"line": 1, "lineType": "ADDED", "fileType": "TO"}
    for path in ("dir", "dir/"):
        for anchor in ({"path": path}, {"path": path, **place}):
            said = api(alice).post(f"{N}/comments", {"text": words, "anchor": anchor})
            assert said.status_code == 404
    for path, kind in (("dir/a.txt", "ADDED"), ("one.txt", "CONTEXT")):
        anchor = {"path": path, **place, "lineType": kind}
        said = api(alice).post(f"{N}/comments", {"text": words, "anchor": anchor})
        assert said.status_code == 201


def test_a_file_in_whose_place_a_folder_comes(api, alice, repo, propose):
    commit(repo, "topic", {"two.txt": None, "two.txt/a.txt": "a\n"})
    propose()
    anchor = {"path": "two.txt", "line": 1, "lineType": "REMOVED", "fileType": "FROM"}
    said = api(alice).post(f"{N}/comments", {"text": "why?", "anchor": anchor})
    assert said.status_code == 201


def test_a_suggestion_for_what_is_no_file_any_more(api, alice, repo, propose):
    """One that was said before folders were refused."""
    commit(repo, "topic", {"dir/a.txt": "a\n"})
    propose()
    anchor = {"path": "new.txt", "line": 1, "lineType": "ADDED", "fileType": "TO"}
    body = {"text": "```suggestion\nx\n```\n", "anchor": anchor}
    said = api(alice).post(f"{N}/comments", body).json()["id"]
    Thread.objects.update(path="dir")
    wanted = {"commentVersion": 0, "pullRequestVersion": -1, "suggestionIndex": 0}
    answer = api(alice).post(f"{N}/comments/{said}/apply-suggestion", wanted)
    assert answer.status_code == 409


@pytest.fixture
def between(monkeypatch):
    """Let somebody else make a row after it was looked for, and before it is made."""

    def arranged(model, make):
        old, waiting = QuerySet.get, [make]

        def get(rows, *args, **wanted):
            if rows.model is model and waiting:
                waiting.pop()()
                raise model.DoesNotExist
            return old(rows, *args, **wanted)

        monkeypatch.setattr(QuerySet, "get", get)

    return arranged


def test_two_who_set_a_place_up_at_once(api, admin, repo, between):
    def other():
        PullRequestSettings.objects.create(repository=repo, required_builds=3)

    between(PullRequestSettings, other)
    answer = api(admin).post(f"{R}/settings/pull-requests", {"needsWork": True})
    assert answer.status_code == 200
    row = PullRequestSettings.objects.get()
    assert (row.required_builds, row.needs_no_objection) == (3, True)


def test_who_is_asked_while_they_say_something(api, alice, bob, repo, propose, between):
    """Comments wait for no lock of a pull request."""
    propose()

    def speak():
        role = Participant.Role.PARTICIPANT
        Participant.objects.create(pull_request=PullRequest.objects.get(), user=bob, role=role)

    between(Participant, speak)
    changed = api(alice).put(N, {"reviewers": [{"user": {"name": "bob"}}], "version": 0})
    assert changed.status_code == 200
    assert [one["user"]["name"] for one in changed.json()["reviewers"]] == ["bob"]
    assert Participant.objects.get(user=bob).role == "REVIEWER"
