"""Pushes, merges and deletions that come at the same moment: what is recorded is what happened, and nothing is stuck."""

from __future__ import annotations

import shutil

import pytest
from django.test import Client

from infrastructure import jobs
from infrastructure.models import Job
from pullrequests.models import Activity, PullRequest
from pullrequests.services import pull_request_refs, rescoping
from repos.models import Repository
from repos.services import ref_updates
from tests.builders import git
from tests.pullrequests.worlds import P, R, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"
HOME = "users/alice/repos/repo"


@pytest.fixture
def fork(api, alice, repo):
    """Alice's fork, whose branch `fix` she has proposed, and which was looked at."""
    made = Repository.objects.get(pk=api(alice).post(R, {}).json()["id"])
    commit(made, "fix", {"fix.txt": "x\n"}, on="main")
    source = {"id": "fix", "repository": {"slug": "repo", "project": {"key": "~alice"}}}
    body = {"title": "Fix", "fromRef": source, "toRef": {"id": "main"}}
    assert api(alice).post(P, body).status_code == 201
    run_jobs()
    return made


def once(act):
    """Give what acts the first time alone, for what calls it again on its way."""
    done = []

    def acting():
        if not done:
            done.append(True)
            act()

    return acting


def refs_of(repository, pattern="refs/pull-requests"):
    return git("for-each-ref", "--format=%(objectname)", pattern, cwd=folder(repository)).split()


@pytest.mark.parametrize("is_known", [False, True])
def test_a_fork_that_goes_with_its_last_push(api, alice, bob, repo, fork, is_known):
    """It is pushed to and deleted before anybody looked; whether its diff was looked at before or not."""
    before = PullRequest.objects.get().from_id
    files = folder(fork)
    lost = commit(fork, "fix", {"fix.txt": "z\n"})
    if is_known:
        for path in ("/diff", "/merge-base"):
            assert api(bob).get(f"{N}{path}").status_code == 200
    assert api(alice).delete(HOME).status_code == 202
    shutil.rmtree(files)

    page = Client()
    page.force_login(bob)
    assert api(bob).get(f"{N}/activities").status_code == 200
    for path in ("/diff", "/changes", "/commits", "/merge-base", ".diff", ".patch"):
        answer = api(bob).get(f"{N}{path}")
        assert answer.status_code == 404 and lost in answer.json()["errors"][0]["message"], path
    # Whoever asks for it first finds out that its source is gone, before any job.
    assert api(bob).get(N).json()["state"] == "DECLINED"
    assert api(bob).get(f"{N}/merge").status_code == 409
    assert api(bob).post(f"{N}/merge", {}).status_code == 409
    assert page.get(f"/{N}/overview").status_code == page.get(f"/{N}/diff").status_code == 200

    run_jobs()
    assert not Job.objects.exists()
    shown = api(bob).get(N).json()
    assert (shown["state"], shown["fromRef"]["latestCommit"]) == ("DECLINED", before)
    for path in ("/diff", "/changes", "/commits", "/activities"):
        assert api(bob).get(f"{N}{path}").status_code == 200, path
    assert page.get(f"/{N}/overview").status_code == page.get(f"/{N}/diff").status_code == 200


def test_a_branch_of_a_fork_that_goes_with_its_last_push(api, alice, bob, repo, fork):
    """The fork stays, so what was pushed is brought, kept and shown."""
    last = commit(fork, "fix", {"fix.txt": "z\n"})
    move(fork, "fix", "")
    run_jobs()
    shown = api(bob).get(N).json()
    assert (shown["state"], shown["fromRef"]["latestCommit"]) == ("DECLINED", last)
    assert last in refs_of(repo)
    git("cat-file", "-e", last, cwd=folder(repo))
    assert api(bob).get(f"{N}/diff").status_code == 200


def test_a_fork_that_goes_while_its_target_is_archived(api, alice, admin, repo, fork):
    assert api(admin).put(R, {"archived": True}).status_code == 200
    assert api(alice).delete(HOME).status_code == 202
    run_jobs()
    assert api(alice).get(N).json()["state"] == "OPEN"
    assert api(admin).put(R, {"archived": False}).status_code == 200
    run_jobs()
    assert api(alice).get(N).json()["state"] == "DECLINED"


def test_a_push_while_the_target_is_archived(api, alice, admin, repo, fork):
    assert api(admin).put(R, {"archived": True}).status_code == 200
    commit(fork, "fix", {"fix.txt": "y\n"})
    run_jobs()
    assert not api(alice).get(f"{N}/merge").json()["canMerge"]
    assert api(admin).put(R, {"archived": False}).status_code == 200
    run_jobs()
    assert api(alice).get(f"{N}/merge").json()["canMerge"]


def test_many_pull_requests_to_what_is_archived_are_not_looked_at_without_end(
    api, admin, repo, fork, monkeypatch
):
    monkeypatch.setattr(rescoping, "MOST_AT_ONCE", 0)
    commit(repo, "main", {"two.txt": "two\n"})
    assert api(admin).put(R, {"archived": True}).status_code == 200
    run_jobs()
    assert not Job.objects.exists()


def test_a_push_to_a_fork_during_the_merge(api, alice, bob, repo, fork, monkeypatch):
    """It takes another lock than the merge, so it comes between the move of the target and its record."""
    merged = PullRequest.objects.get().from_id
    record = ref_updates._record
    push_late = once(lambda: commit(fork, "fix", {"late.txt": "unreviewed\n"}))

    def recorded(actor, push, results):
        if push.reason == "MERGE":
            push_late()
        return record(actor, push, results)

    monkeypatch.setattr(ref_updates, "_record", recorded)
    assert api(alice).post(f"{N}/merge", {}).status_code == 200
    run_jobs()
    row = PullRequest.objects.get()
    assert (row.state, row.from_id, refs_of(repo, "refs/pull-requests/1/from")) == (
        "MERGED",
        merged,
        [merged],
    )
    brought = [one["path"]["toString"] for one in api(bob).get(f"{N}/changes").json()["values"]]
    assert brought == ["fix.txt"]
    assert "late.txt" not in git("ls-tree", "--name-only", "main", cwd=folder(repo)).split()


def test_a_push_to_a_fork_that_is_noted_after_the_merge(repo, fork, monkeypatch):
    """It had found the pull request open."""
    merged = PullRequest.objects.get().from_id
    find = rescoping.find.open_from
    merge = once(lambda: PullRequest.objects.update(state="MERGED", version=5))

    def found(repository, names):
        rows = find(repository, names)
        # Once the branch has moved: before that it is asked which refs move along.
        if repository.pk == fork.pk and refs_of(fork, "refs/heads/fix") != [merged]:
            merge()
        return rows

    monkeypatch.setattr(rescoping.find, "open_from", found)
    commit(fork, "fix", {"late.txt": "unreviewed\n"})
    row = PullRequest.objects.get()
    assert (row.state, row.from_id, row.version, row.is_updating) == ("MERGED", merged, 5, False)
    assert not Activity.objects.filter(action=Activity.Action.RESCOPED).exists()


def test_what_is_deleted_while_it_is_looked_at_leaves_no_refs(api, alice, repo, fork, monkeypatch):
    commit(fork, "fix", {"fix.txt": "y\n"})
    bring = pull_request_refs.bring

    def delete():
        version = PullRequest.objects.get().version
        assert api(alice).delete(N, {"version": version}).status_code == 204
        for job in Job.objects.filter(task="pullrequests.forget"):
            jobs.run(job.pk)

    delete_once = once(delete)

    def brought(actor, row):
        delete_once()
        return bring(actor, row)

    monkeypatch.setattr(pull_request_refs, "bring", brought)
    run_jobs()
    assert not PullRequest.objects.exists() and not refs_of(repo)
