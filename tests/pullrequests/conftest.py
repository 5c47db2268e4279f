"""A repository with a branch that wants to be merged, and the people around it."""

from __future__ import annotations

import pytest

from tests import builders
from tests.pullrequests import worlds


@pytest.fixture
def project(db):
    return builders.project("PRJ")


@pytest.fixture
def repo(project, alice, bob, carol):
    """`main` with two files; `topic` brings a third. Alice and Bob may write, Carol reads."""
    made = builders.repository(project)
    builders.grant(project, alice, "PROJECT_WRITE")
    builders.grant(project, bob, "PROJECT_WRITE")
    builders.grant(project, carol, "PROJECT_READ")
    worlds.commit(made, "main", {"one.txt": "one\ntwo\nthree\n", "two.txt": "zwei\n"})
    worlds.commit(made, "topic", {"new.txt": "news\n"}, on="main")
    return made


@pytest.fixture
def bob(db):
    return builders.user("bob")


@pytest.fixture
def carol(db):
    return builders.user("carol")


@pytest.fixture
def propose(api, alice):
    """Propose `topic` to `main` as Alice, or what the call says; gives the JSON."""

    def proposed(user=None, *, source="topic", target="main", status=201, at=worlds.P, **fields):
        body = {"title": "News", "fromRef": {"id": source}, "toRef": {"id": target}} | fields
        answer = api(user or alice).post(at, body)
        assert answer.status_code == status, answer.content
        worlds.run_jobs()
        return answer.json()

    return proposed
