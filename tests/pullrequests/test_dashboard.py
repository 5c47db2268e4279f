"""REST: what waits for somebody."""

from __future__ import annotations

import pytest

from tests import builders
from tests.pullrequests.worlds import P, commit

pytestmark = pytest.mark.django_db


def numbers(answer):
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["values"]]


def test_who_waits_for_whom(api, alice, bob, carol, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}, {"user": {"name": "carol"}}])
    commit(repo, "more", {"more.txt": "x\n"}, on="main")
    propose(bob, source="more", reviewers=[{"user": {"name": "carol"}}], draft=True)

    assert numbers(api(bob).get("inbox/pull-requests")) == [1]
    assert numbers(api(bob).get("inbox/pull-requests", role="author")) == [2]
    assert api(carol).get("inbox/pull-requests/count").json() == {"count": 1}
    api(carol).put(f"{P}/1/participants/carol", {"status": "APPROVED"})
    assert api(carol).get("inbox/pull-requests/count").json() == {"count": 0}
    mine = "dashboard/pull-requests"
    assert numbers(api(bob).get(mine)) == [1, 2]
    assert numbers(api(bob).get(mine, role="reviewer", state="OPEN")) == [1]
    assert numbers(api(carol).get(mine, participantStatus="APPROVED,NEEDS_WORK")) == [1]
    assert numbers(api(bob).get(mine, user="carol", role="REVIEWER", order="oldest")) == [2, 1]
    api(alice).post(f"{P}/1/decline")
    assert numbers(api(alice).get(mine, closedSince="60")) == [1]
    assert numbers(api(alice).get(mine, state="MERGED")) == []
    for wrong in (
        {"role": "KING"},
        {"state": "LOST"},
        {"participantStatus": "SO"},
        {"closedSince": "x"},
        {"order": "X"},
    ):
        assert api(alice).get(mine, **wrong).status_code == 400
    stranger = builders.user("stranger")
    assert numbers(api(stranger).get(mine, user="bob")) == []


def test_branches_that_may_become_one(api, alice, repo, propose):
    commit(repo, "idea", {"idea.txt": "x\n"}, on="main", actor=builders.actor(alice))
    commit(repo, "main", {"two.txt": "two\n"}, actor=builders.actor(alice))
    found = api(alice).get("dashboard/pull-request-suggestions").json()["values"]
    assert [one["fromRef"]["displayId"] for one in found] == ["idea"]
    assert found[0]["toRef"]["displayId"] == "main" and found[0]["changeTme"]
    propose(source="idea")
    assert api(alice).get("dashboard/pull-request-suggestions").json()["values"] == []
