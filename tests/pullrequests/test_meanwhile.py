"""What people do while a job draws the consequences of a push stays done."""

from __future__ import annotations

import pytest

from discussions.models import Thread
from infrastructure import jobs
from infrastructure.models import Job
from pullrequests.models import PullRequest
from pullrequests.services import anchor_drift, pull_request_refs
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.fixture
def first(monkeypatch):
    """Let something happen the first time that a function is called."""

    def arranged(module, name, happens):
        old, waiting = getattr(module, name), [happens]

        def called(*args):
            while waiting:
                waiting.pop()()
            return old(*args)

        monkeypatch.setattr(module, name, called)

    return arranged


@pytest.fixture
def said(api, bob, propose):
    """The number of a comment on a line."""
    propose()
    anchor = {"path": "new.txt", "line": 1, "lineType": "ADDED", "fileType": "TO"}
    return api(bob).post(f"{N}/comments", {"text": "x", "anchor": anchor}).json()["id"]


def test_a_thread_is_resolved(api, bob, repo, said, first):
    def resolve():
        body = {"version": 0, "threadResolved": True}
        assert api(bob).put(f"{N}/comments/{said}", body).status_code == 200

    first(anchor_drift, "_follow", resolve)
    head = commit(repo, "topic", {"other.txt": "x\n"})
    run_jobs()
    assert api(bob).get(f"{N}/comments/{said}").json()["threadResolved"] is True
    assert Thread.objects.get().to_hash == head


@pytest.mark.parametrize("files", [{"other.txt": "x\n"}, {"new.txt": "other\n"}])
def test_a_thread_is_deleted(api, bob, repo, said, first, files):
    def delete():
        assert api(bob).delete(f"{N}/comments/{said}", version=0).status_code == 204

    first(anchor_drift, "_follow", delete)
    commit(repo, "topic", files)
    run_jobs()
    assert not Thread.objects.exists()
    assert not PullRequest.objects.get().is_updating


@pytest.mark.parametrize("step", [(pull_request_refs, "_commands"), (anchor_drift, "drift")])
def test_the_pull_request_is_deleted(api, alice, repo, propose, first, step):
    propose()
    commit(repo, "topic", {"other.txt": "x\n"})
    # As where a source in a fork was not brought yet.
    git("update-ref", "refs/pull-requests/1/from", "main", cwd=folder(repo))

    def delete():
        assert api(alice).delete(N).status_code == 204
        for job in Job.objects.filter(task="pullrequests.forget"):
            jobs.run(job.pk)

    first(*step, delete)
    run_jobs()
    assert not PullRequest.objects.exists()
    assert git("for-each-ref", "refs/pull-requests", "refs/internal", cwd=folder(repo)) == ""
