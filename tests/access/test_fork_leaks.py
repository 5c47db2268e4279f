"""What one member of a fork network holds is not read by its id through another: by no route that there is."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from repos import storage
from repos.models import Repository
from tests import builders
from tests.access.pages import PAGE, PAGES
from tests.access.routes import REST, R
from tests.builders import git
from tests.rest.test_fork_synchronisation import change, move
from tests.rest.test_forks import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NAME, TEXT, SUBJECT = "hush-name.txt", "hush content\n", "change hush-name.txt"
MARKS = (NAME.encode(), TEXT.strip().encode())
ASKED = ("at", "until", "since", "from", "to", "base", "commitId", "source", "hash", "sourceCommit")


@pytest.fixture
def network(db, alice, api):
    """An origin, and a private fork with a secret that maintenance has moved into the pool."""
    project = builders.project("PRJ")
    builders.grant(project, alice, "PROJECT_READ")
    builders.repository(project, content=True)
    api(alice).post("projects/PRJ/repos/repo", {})
    fork = Repository.objects.get(project__key="~alice")
    secret = change(fork, "main", NAME, TEXT)
    run_jobs()
    assert not list((storage.path_of(fork.pk) / "objects").glob("??/*"))
    return fork, secret


def names_of(secret, fork):
    files = storage.path_of(fork.pk)
    tree = git("rev-parse", f"{secret}^{{tree}}", cwd=files)
    return [secret, secret[:11], tree]


def asked(rows, start, names):
    """Every address below the repository that reads, with an id wherever one could stand."""
    for row in rows:
        path = row.path.split("?")[0]
        if row.method != "GET" or not path.startswith(start) or "{" in path:
            continue
        for name in names:
            query = urlencode(dict.fromkeys(ASKED, name))
            yield f"{path}?{query}"
            yield f"{path}?{urlencode({'at': name})}"
            for place in re.findall(r"/(main|v1)(?=/|$)", path):
                yield re.sub(rf"/{place}(?=/|$)", f"/{name}", path)
            for file in re.findall(r"/(hello\.txt|src)(?=/|$)", path):
                yield f"{path.replace(file, NAME)}?{urlencode({'at': name})}"


def content_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def browser(who):
    client = Client()
    client.force_login(who)
    return client


def test_no_route_reads_a_private_forks_objects_through_its_origin(api, admin, network):
    fork, secret = network
    names = names_of(secret, fork)
    looked = 0
    for path in asked(REST, R, names):
        answer = api(admin).get(path)
        _holds_nothing(path, answer)
        looked += 1
    pages = browser(admin)
    for path in asked(PAGES, PAGE, names[:1]):
        _holds_nothing(path, pages.get(path))
        looked += 1
    assert looked > 100
    # The same names open it where it belongs.
    own = "/rest/api/latest/projects/~alice/repos/repo"
    assert TEXT.encode() == content_of(api(admin).get(f"{own}/raw/{NAME}?at={secret}"))
    assert api(admin).get(f"{own}/commits/{secret}").json()["message"] == SUBJECT


@pytest.mark.parametrize(
    "path",
    [
        "commits/{0}", "commits?until={0}", "commits?since={0}", "browse?at={0}",
        "browse/hush-name.txt?at={0}", "files?at={0}", "raw/hush-name.txt?at={0}",
        "branches?base={0}&details=true",
    ],
)  # fmt: skip
def test_a_deleted_branchs_commit_is_404_in_the_fork_that_had_it(api, alice, network, path):
    fork, _ = network
    lost = change(fork, "gone", "other.txt")
    place = f"/rest/api/latest/projects/~alice/repos/repo/{path.format(lost)}"
    before = api(alice).get(place).status_code
    assert before == 200 or "hush" in path
    move(fork, "gone", lost, None)
    run_jobs()

    assert api(alice).get(place).status_code == 404


def _holds_nothing(path, answer):
    content = content_of(answer)
    assert answer.status_code < 500, path
    # A page says what was asked for: that alone tells nothing.
    echoed = content.replace(NAME.encode(), b"") if NAME in path else content
    for mark in MARKS:
        assert mark not in echoed, f"{path} shows what belongs to a fork"
