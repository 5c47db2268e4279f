"""REST: branch permissions, and what they forbid to whom."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from gitengine.types import ZERO_ID, RefCommand
from repos import matchers, storage
from repos.services import push_rules, restrictions
from repos.services.push_rules import PushContext
from repos.services.restrictions import RestrictionRequest
from tests import builders
from tests.builders import git

pytestmark = pytest.mark.django_db

RULES = "/rest/branch-permissions/2.0/projects/PRJ/repos/repo/restrictions"
OF_PROJECT = "/rest/branch-permissions/latest/projects/PRJ/restrictions"
BRANCHES = "/rest/branch-utils/latest/projects/PRJ/repos/repo/branches"


@pytest.fixture
def repo(db, alice):
    project = builders.project("PRJ")
    builders.grant(project, alice, "PROJECT_ADMIN")
    return builders.repository(project, content=True)


@pytest.fixture
def bob(repo):
    made = builders.user("bob")
    builders.grant(repo, made, "REPO_WRITE")
    return made


def rule(kind="read-only", matcher="main", matcher_type="BRANCH", **more):
    return {"type": kind, "matcher": {"id": matcher, "type": {"id": matcher_type}}} | more


def test_make_list_and_lift(api, alice, bob, repo):
    builders.group("devs")
    body = rule(users=["bob"], groups=["devs"], id=None)
    made = api(alice).post(RULES, body).json()
    assert made["matcher"] == {
        "id": "refs/heads/main", "displayId": "main", "active": True,
        "type": {"id": "BRANCH", "name": "Branch"},
    }  # fmt: skip
    assert made["scope"] == {"type": "REPOSITORY", "resourceId": repo.pk}
    assert [one["name"] for one in made["users"]] == ["bob"] and made["groups"] == ["devs"]
    assert api(alice).get(f"{RULES}/{made['id']}").json() == made
    # The same again is the same rule.
    again = api(alice).post(RULES, rule()).json()
    assert again["id"] == made["id"] and again["users"] == []
    above = api(alice).post(OF_PROJECT, rule("no-deletes", "*", "PATTERN")).json()
    assert api(alice).get(RULES).json()["size"] == 2
    assert api(alice).get(RULES, type="no-deletes").json()["values"] == [above]
    assert (
        api(alice).get(RULES, matcherType="BRANCH", matcherId="refs/heads/main").json()["size"] == 1
    )
    assert api(alice).get(RULES, matcherId="x").status_code == 400
    assert api(alice).delete(f"{RULES}/{above['id']}").status_code == 400
    assert api(alice).delete(f"{RULES}/{made['id']}").status_code == 204
    assert api(alice).get(f"{RULES}/{made['id']}").status_code == 404
    assert api(bob).get(RULES).status_code == 401


def test_many_at_once_are_all_or_none(api, alice, repo):
    bulk = "application/vnd.atl.bitbucket.bulk+json"

    def post(*rules):
        import json

        return api(alice).request("POST", RULES, data=json.dumps(rules), content_type=bulk)

    assert post(rule(), rule("no-deletes")).status_code == 200
    assert post(rule("no-creates"), rule("octopus")).status_code == 400
    assert api(alice).get(RULES).json()["size"] == 2


@pytest.mark.parametrize(
    "body",
    [
        rule("octopus"),
        rule(matcher_type="SHAPE"),
        rule(matcher=""),
        rule(matcher="a..b"),
        rule(matcher="x" * 300, matcher_type="PATTERN"),
        rule(matcher="hotdog", matcher_type="MODEL_CATEGORY"),
        rule(users=[{"id": 1}]),
        rule(accessKeys=[99]),
        {"type": "read-only"},
    ],
)
def test_what_is_no_rule(api, alice, repo, body):
    assert api(alice).post(RULES, body).status_code == 400
    assert api(alice).post(RULES, rule(users=["nobody"])).status_code == 404


def judged(repo, who, *changes, is_merge=False, actor=None):
    path = storage.path_of(repo.pk)
    commands = []
    for name, old, new in changes:
        ids = [git("rev-parse", one, cwd=path) if one else ZERO_ID for one in (old, new)]
        commands.append(RefCommand(name, *ids))
    case = PushContext(actor or builders.actor(who), repo, storage.git_of(repo), is_merge=is_merge)
    return [one.refusal for one in push_rules.judge(case.actor, case, commands)]


FORWARD = ("refs/heads/main", "main^", "main")
REWIND = ("refs/heads/main", "main", "main^")
MAKE = ("refs/heads/new", "", "main")
GO = ("refs/heads/feature/one", "feature/one", "")
TAG = ("refs/tags/v2", "", "main")


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("read-only", [True, True, True, True, True]),
        ("no-deletes", [False, False, False, True, False]),
        ("fast-forward-only", [False, True, False, False, False]),
        ("pull-request-only", [True, True, False, True, False]),
        ("no-creates", [False, False, True, False, True]),
    ],
)
def test_what_each_kind_forbids(repo, bob, kind, refused):
    restrictions.put(Actor.system(), repo, [RestrictionRequest(kind, "ANY_REF")])
    said = judged(repo, bob, FORWARD, REWIND, MAKE, GO, TAG)
    assert [bool(one) for one in said] == refused
    assert all("administrator" in one for one in said if one)
    assert bool(judged(repo, bob, FORWARD, is_merge=True)[0]) == (kind == "read-only")
    assert judged(repo, None, FORWARD, actor=Actor.system()) == [None]


def test_who_is_exempt(repo, bob, alice):
    group = builders.group("devs", bob)
    wanted = RestrictionRequest("read-only", "BRANCH", "main", groups=("devs",))
    restrictions.put(Actor.system(), repo, [wanted])
    assert judged(repo, bob, FORWARD) == [None]
    assert judged(repo, alice, FORWARD) != [None]
    group.members.clear()
    assert judged(repo, bob, FORWARD) != [None]


def test_doors_that_move_a_branch(api, alice, bob, repo):
    api(alice).post(RULES, rule("read-only", "**/main", "PATTERN"))
    api(alice).post(RULES, rule("no-creates", "FEATURE", "MODEL_CATEGORY"))
    api(alice).post(RULES, rule("no-deletes", "feature/one"))
    edit = {"content": "x", "message": "m", "branch": "main"}
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    answer = api(bob).request(
        "PUT", "projects/PRJ/repos/repo/browse/x.txt",
        data=encode_multipart(BOUNDARY, edit), content_type=MULTIPART_CONTENT,
    )  # fmt: skip
    assert answer.status_code == 401, answer.content
    assert "read-only" in answer.json()["errors"][0]["message"]
    made = {"name": "feature/two", "startPoint": "main"}
    assert "cannot be created" in api(bob).post(BRANCHES, made).content.decode()
    gone = api(bob).delete(BRANCHES, {"name": "feature/one"})
    assert "cannot be deleted" in gone.content.decode()
    assert api(bob).post(BRANCHES, made | {"name": "other"}).status_code == 201


def test_a_push_of_many_costs_the_queries_of_one(repo, bob):
    restrictions.put(
        Actor.system(),
        repo,
        [RestrictionRequest("no-deletes", "PATTERN", f"a{n}*") for n in range(20)],
    )

    def queries(count):
        with CaptureQueriesContext(connection) as asked:
            judged(repo, bob, *[(f"refs/heads/n{n}", "", "main") for n in range(count)])
        return len(asked)

    assert queries(1) == queries(30)


@pytest.mark.parametrize(
    ("pattern", "ref", "fits"),
    [
        ("*", "refs/heads/a/b", True),
        ("PROJECT-*", "refs/heads/stable/PROJECT-12", True),
        ("?.?", "refs/tags/7.4", True),
        ("tags/", "refs/tags/x/y", True),
        ("tags/**", "refs/heads/stable/tags/x", True),
        ("heads/**/master", "refs/heads/a/b/master", True),
        ("heads/**/master", "refs/heads/master", True),
        ("refs/heads/main", "refs/heads/main", True),
        ("main", "refs/heads/not-main", False),
        ("release/*", "refs/heads/release/1/2", False),
        ("*a*a*a*a*a*a*a*a*a*b", "refs/heads/" + "a" * 200, False),
    ],
)
def test_patterns(pattern, ref, fits):
    assert matchers.fits(pattern, ref) is fits


def slowly(pattern, name):
    """The same told in the plainest way."""
    if not pattern:
        return not name
    head, *rest = pattern
    if head == "**":
        return any(slowly(rest, name[skip:]) for skip in range(len(name) + 1))
    return bool(name) and _sign(head, name[0]) and slowly(rest, name[1:])


def _sign(pattern, text):
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_sign(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _sign(pattern[1:], text[1:])


def test_random_patterns_fit_as_the_plainest_telling_has_it():
    chance = random.Random(5)
    for _ in range(3000):
        parts = [
            "**"
            if chance.random() < 0.3
            else "".join(chance.choices("ab*?", k=chance.randint(1, 4)))
            for _ in range(chance.randint(1, 4))
        ]
        name = [
            "".join(chance.choices("ab", k=chance.randint(1, 4)))
            for _ in range(chance.randint(1, 5))
        ]
        assert matchers.fits("/".join(parts), "/".join(name)) == slowly(["**", *parts], name), (
            parts,
            name,
        )


@pytest.mark.parametrize("kind", [{"id": "NO_DELETES"}, "NO_DELETES", "no-deletes"])
def test_a_kind_is_read_in_all_its_spellings(api, alice, repo, kind):
    made = api(alice).post(RULES, rule(kind))
    assert (made.status_code, made.json()["type"]) == (200, "no-deletes")
    assert api(alice).post(RULES, rule({"name": "no-deletes"})).status_code == 400
