"""What a script is answered that asks at once, before any job has run."""

from __future__ import annotations

import threading

import pytest
from django.test import Client

from accounts.actor import Actor
from gitengine import merge, processes
from gitengine.errors import TookTooLong
from infrastructure import jobs
from infrastructure.models import Job
from pullrequests.models import PullRequest
from pullrequests.services import refresh, rescoping
from tests import builders
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move
from webhooks import http_delivery
from webhooks.http_delivery import DeliveryOutcome
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db

N = f"{P}/1"
MERGE_REF = "refs/pull-requests/1/merge"


def ref(repository, name):
    return git("for-each-ref", "--format=%(objectname)", name, cwd=folder(repository))


@pytest.fixture
def proposed(api, alice, repo):
    """Proposed, and no job has run."""
    body = {"title": "News", "fromRef": {"id": "topic"}, "toRef": {"id": "main"}}
    answer = api(alice).post(P, body)
    assert answer.status_code == 201
    return answer.json()


def test_it_can_be_merged_as_soon_as_it_exists(api, bob, repo, proposed):
    able = api(bob).get(f"{N}/merge").json()
    assert able == {"canMerge": True, "conflicted": False, "outcome": "CLEAN", "vetoes": []}
    assert ref(repo, MERGE_REF)
    merged = api(bob).post(f"{N}/merge", {"version": proposed["version"]})
    assert merged.status_code == 200
    assert merged.json()["state"] == "MERGED"


def test_it_is_merged_without_asking_first(api, bob, repo, proposed):
    assert api(bob).post(f"{N}/merge", {"version": proposed["version"]}).status_code == 200


@pytest.mark.parametrize("branch", ["topic", "main"])
def test_after_a_push_too(api, bob, repo, proposed, branch):
    api(bob).get(f"{N}/merge")
    before = ref(repo, MERGE_REF)
    commit(repo, branch, {"other.txt": "x\n"})
    assert api(bob).get(f"{N}/merge").json()["canMerge"]
    assert ref(repo, MERGE_REF) != before
    commit(repo, branch, {"other.txt": "y\n"})
    shown = api(bob).get(N).json()
    assert api(bob).post(f"{N}/merge", {"version": shown["version"]}).status_code == 200


def test_a_conflict_is_known(api, bob, repo, proposed):
    commit(repo, "topic", {"one.txt": "EINS\n"})
    commit(repo, "main", {"one.txt": "uno\n"})
    able = api(bob).get(f"{N}/merge").json()
    assert (able["canMerge"], able["conflicted"], able["outcome"]) == (False, True, "CONFLICTED")
    refused = api(bob).post(f"{N}/merge").json()["errors"][0]
    assert refused["conflicted"]
    assert "being updated" not in str(refused)


def test_a_push_that_merged_it(api, alice, bob, repo, proposed):
    move(repo, "main", ref(repo, "refs/heads/topic"), actor=builders.actor(bob))
    assert api(alice).get(N).json()["state"] == "MERGED"


def test_pages(bob, repo, proposed):
    page = Client()
    page.force_login(bob)
    shown = page.get(f"/{N}/overview").content.decode()
    assert "being updated" not in shown
    assert ref(repo, MERGE_REF)


def test_no_version_and_minus_one_are_out_of_date(repo, proposed, bob):
    from tests.rest_client import API, RestClient

    client = RestClient(bob)
    for method, path in (
        ("POST", f"{N}/merge"),
        ("POST", f"{N}/decline"),
        ("POST", f"{N}/reopen"),
        ("DELETE", N),
    ):
        for body in ({}, {"version": -1}, {"version": 99}):
            answer = client.client.generic(
                method,
                f"{API}{path}",
                data=str(body).replace("'", '"'),
                content_type="application/json",
                headers=client.headers,
            )
            if method == "DELETE" and answer.status_code == 401:
                continue
            assert answer.status_code == 409, (method, path, body)
            (error,) = answer.json()["errors"]
            assert (
                error["exceptionName"]
                == "com.atlassian.bitbucket.pull.PullRequestOutOfDateException"
            )
            assert (error["currentVersion"], error["expectedVersion"]) == (
                0,
                body.get("version", -1),
            )


def test_past_the_limit_it_says_so(api, bob, repo, proposed, monkeypatch):
    tried = []

    def slow(*_):
        tried.append(True)
        raise TookTooLong("git merge took too long and was stopped")

    monkeypatch.setattr(merge, "merge", slow)
    able = api(bob).get(f"{N}/merge").json()
    assert (able["canMerge"], able["outcome"]) == (False, "UNKNOWN")
    assert api(bob).post(f"{N}/merge").status_code == 409
    # What takes too long is left to the job, and not begun anew by each request.
    assert len(tried) == 1
    monkeypatch.undo()
    rescoping.settle(Actor.system(), PullRequest.objects.get().pk)
    assert api(bob).get(f"{N}/merge").json()["canMerge"]


def test_children_end_within_the_limit_of_a_request(tmp_path):
    git("init", "-q", "--bare", "r.git", cwd=tmp_path)
    with processes.time_limit(0.3), pytest.raises(TookTooLong):
        # It waits for input that never ends.
        gate = threading.Event()

        def forever():
            gate.wait(5)
            yield b""

        processes.run(["hash-object", "--stdin"], git_dir=tmp_path / "r.git", stdin=forever())
    gate.set()
    with processes.time_limit(-1), pytest.raises(TookTooLong):
        processes.run(["version"], git_dir=tmp_path / "r.git")
    assert processes.run(["version"], git_dir=tmp_path / "r.git")


def ls_refs(client, *patterns):
    """What a client of version 2 is told of these prefixes."""
    lines = [
        b"command=ls-refs\n",
        None,
        *(b"ref-prefix " + one.encode() + b"\n" for one in patterns),
    ]
    body = b"".join(b"0001" if one is None else b"%04x%s" % (len(one) + 4, one) for one in lines)
    answer = client.post(
        "/scm/prj/repo.git/git-upload-pack",
        body + b"0000",
        content_type="application/x-git-upload-pack-request",
        headers={"Git-Protocol": "version=2"},
    )
    assert answer.status_code == 200
    return answer.getvalue().decode()


@pytest.mark.parametrize(
    ("prefix", "is_made"),
    [
        (MERGE_REF, True),
        ("refs/pull-requests/1/", True),
        ("refs/pull-requests/", True),
        ("refs/pull", True),
        ("refs/", True),
        ("refs/heads/", False),
        ("refs/pull-requests/2/merge", False),
    ],
)
def test_whoever_names_the_ref_is_given_it(api, bob, repo, proposed, prefix, is_made):
    client = Client(headers=api(bob).headers)
    told = ls_refs(client, prefix)
    assert (MERGE_REF in told) == is_made
    assert bool(ref(repo, MERGE_REF)) == is_made


def test_old_clients_are_told_of_it(api, bob, repo, proposed):
    client = Client(headers=api(bob).headers)
    answer = client.get("/scm/prj/repo.git/info/refs?service=git-upload-pack")
    assert MERGE_REF in answer.getvalue().decode()


def test_listing_everything_makes_few(api, alice, bob, repo, monkeypatch):
    made = []
    real = rescoping.settle
    monkeypatch.setattr(
        rescoping, "settle", lambda actor, key, **how: (made.append(key), real(actor, key, **how))
    )
    for number in range(refresh.MOST_UNNAMED + 3):
        commit(repo, f"t{number}", {f"{number}.txt": "x\n"}, on="main")
        body = {"title": "x", "fromRef": {"id": f"t{number}"}, "toRef": {"id": "main"}}
        assert api(alice).post(P, body).status_code == 201
    client = Client(headers=api(bob).headers)
    ls_refs(client)
    assert len(set(made)) == refresh.MOST_UNNAMED
    ls_refs(client, "refs/pull-requests/")
    assert not PullRequest.objects.filter(outcome="UNKNOWN").exists()
    before = len(made)
    ls_refs(client, "refs/pull-requests/")
    assert len(made) == before
    assert (
        len(git("for-each-ref", "refs/pull-requests/*/merge", cwd=folder(repo)).splitlines()) == 8
    )


@pytest.mark.parametrize("key", ["pr:opened", "pr:from_ref_updated"])
def test_a_build_that_a_webhook_starts_finds_the_merge(api, alice, repo, monkeypatch, key):
    """Nothing but the delivery has run when the receiver is called."""
    hook = {"name": "ci", "url": "http://192.0.2.7/", "events": [key]}
    builders.grant(repo, alice, "REPO_ADMIN")
    assert api(alice).post("projects/PRJ/repos/repo/webhooks", hook).status_code < 300
    body = {"title": "News", "fromRef": {"id": "topic"}, "toRef": {"id": "main"}}
    assert api(alice).post(P, body).status_code == 201
    if key == "pr:from_ref_updated":
        commit(repo, "topic", {"other.txt": "x\n"})
    found = []

    def call(*_):
        source, merged = ref(repo, "refs/heads/topic"), ref(repo, MERGE_REF)
        found.append(source in git("rev-parse", f"{merged}^2", cwd=folder(repo)))
        return DeliveryOutcome(Delivery.State.SUCCESS, "", 0, status=200)

    monkeypatch.setattr(http_delivery, "call", call)
    for job in Job.objects.filter(task="webhooks.deliver"):
        jobs.run(job.pk)
    assert found == [True]


@pytest.mark.parametrize("at", ["pull-requests/1/merge", MERGE_REF, "pull-requests/1/from"])
def test_files_are_read_at_the_refs_of_a_pull_request(api, bob, repo, proposed, at):
    api(bob).get(f"{N}/merge")
    base = "projects/PRJ/repos/repo"
    assert api(bob).get(f"{base}/browse/new.txt", at=at).status_code == 200
    assert api(bob).get(f"{base}/raw/new.txt", at=at).status_code == 200
    assert api(bob).get(f"{base}/commits", until=at).json()["size"] >= 1
    assert api(bob).get(f"{base}/browse", at="internal/pull-requests/1").status_code == 404
