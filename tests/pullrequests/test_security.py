"""Pull requests under bad input: names that look like options, ids of elsewhere, what others may not see."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gitengine.merge_strategies import Strategy
from repos.models import Repository
from tests import builders
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


@pytest.mark.parametrize("strategy", [one.value for one in Strategy])
@pytest.mark.parametrize("name", ["--exec=id", "$(id)", "a;id", "--upload-pack=x"])
def test_names_that_look_like_options(api, bob, repo, propose, strategy, name):
    """SECURITY 23a: refs written straight into the repository, as a mirror might bring them."""
    git("update-ref", f"refs/heads/{name}", "refs/heads/topic", cwd=folder(repo))
    propose(source=f"refs/heads/{name}")
    merged = api(bob).post(f"{N}/merge", {"strategyId": strategy})
    assert merged.status_code == 200, merged.content
    assert merged.json()["state"] == "MERGED"


def test_numbers_of_elsewhere(api, alice, repo, project, propose):
    """SECURITY 26."""
    other = builders.repository(project, "other")
    commit(other, "main", {"a": "a"})
    commit(other, "topic", {"b": "b"}, on="main")
    theirs = "projects/PRJ/repos/other/pull-requests"
    propose()
    made = api(alice).post(f"{N}/blocker-comments", {"text": "mine"}).json()["id"]
    body = {"title": "t", "fromRef": {"id": "topic"}, "toRef": {"id": "main"}}
    number = api(alice).post(theirs, body).json()["id"]
    for path in (f"comments/{made}", f"blocker-comments/{made}"):
        assert api(alice).get(f"{theirs}/{number}/{path}").status_code == 404
        assert (
            api(alice).put(f"{theirs}/{number}/{path}", {"text": "x", "version": 0}).status_code
            == 404
        )
        assert api(alice).delete(f"{theirs}/{number}/{path}?version=0").status_code == 404
    answer = {"text": "x", "parent": {"id": made}}
    assert api(alice).post(f"{theirs}/{number}/comments", answer).status_code == 404
    for wrong in ("0", "-1", "x", "9" * 30, "1e3", "٣"):
        assert api(alice).get(f"{P}/{wrong}").status_code == 404


def test_markup_is_shown_as_it_was_written(api, alice, repo, propose):
    """SECURITY 35, 36, 42."""
    evil = "<script>alert(1)</script>"
    git("update-ref", "refs/heads/<b>x&y", "refs/heads/topic", cwd=folder(repo))
    propose(
        source="<b>x&y",
        title=evil,
        description=f"{evil} <style>*{{}}</style> [x](javascript:alert(1))",
    )
    api(alice).post(f"{N}/comments", {"text": f"{evil}<img src=x onerror=alert(1)>"})
    client = Client()
    client.force_login(alice)
    for page in ("", "/1/overview", "/1/diff", "/1/commits", "/1/edit", "/1/merge"):
        shown = client.get(f"/{P}{page}").content.decode()
        assert evil not in shown and "<b>x" not in shown and "<img src=x" not in shown, page
        assert 'href="javascript:' not in shown and "<style>*" not in shown, page


def test_many_refs_in_one_push_cost_no_query_each(repo, propose):
    """SECURITY 64."""
    from accounts.actor import Actor
    from gitengine.types import ZERO_ID, RefCommand
    from repos.models import Push
    from repos.services import ref_updates

    propose()
    tip = git("rev-parse", "main", cwd=folder(repo))

    def queries(name, count):
        commands = [RefCommand(f"refs/heads/{name}/{n}", ZERO_ID, tip) for n in range(count)]
        with CaptureQueriesContext(connection) as asked:
            ref_updates.move(Actor.system(), repo, commands, reason=Push.Reason.PUSH)
        return len(asked)

    few = queries("few", 250)
    assert queries("many", 450) <= few


def test_numbers_are_dense_and_given_once(api, alice, repo, propose):
    """SECURITY 72."""
    for number in range(5):
        git("update-ref", f"refs/heads/n{number}", "refs/heads/topic", cwd=folder(repo))
    refused = {"title": "", "fromRef": {"id": "n0"}, "toRef": {"id": "main"}}
    assert api(alice).post(P, refused).status_code == 400
    made = [propose(source=f"n{number}")["id"] for number in range(5)]
    assert made == [1, 2, 3, 4, 5]
    said = api(alice).post(f"{N}/comments", {"text": "x"}).json()["id"]
    assert api(alice).put(f"{N}/comments/{said}", {"text": "y"}).status_code == 409
    assert api(alice).delete(f"{N}/comments/{said}").status_code == 409


def test_what_a_reader_of_the_target_sees_of_a_private_fork(api, alice, bob, carol, repo, propose):
    """SECURITY 85: the commits of the pull request, and nothing else of the fork."""
    fork = Repository.objects.get(pk=api(carol).post("projects/PRJ/repos/repo", {}).json()["id"])
    commit(fork, "fix", {"fix.txt": "x\n"}, on="main")
    secret = commit(fork, "secret", {"secret.txt": "s\n"}, on="main")
    body = {"title": "t", "toRef": {"id": "main"}}
    source = {"id": "fix", "repository": {"slug": "repo", "project": {"key": "~carol"}}}
    assert api(carol).post(P, body | {"fromRef": source}).status_code == 201
    run_jobs()
    listed = git("for-each-ref", "--format=%(refname)", cwd=folder(repo))
    assert "refs/pull-requests/1/from" in listed and "secret" not in listed
    assert api(bob).get(f"{N}/changes").json()["size"] == 1
    assert api(bob).get("users/carol/repos/repo").status_code == 404
    for path in (
        f"commits/{secret}",
        f"diff?until={secret}",
        f"pull-requests/1/diff?untilId={secret}",
    ):
        assert api(bob).get(f"projects/PRJ/repos/repo/{path}").status_code == 404, path
    # Who may not see a fork proposes nothing from it.
    taken = api(bob).post(P, body | {"fromRef": source | {"id": "secret"}})
    assert taken.status_code == 404


def test_lists_show_what_may_be_seen_now(api, alice, bob, repo, project, propose):
    """SECURITY 86: dashboard, inbox, reviewers, once a right is gone."""
    propose(reviewers=[{"user": {"name": "bob"}}])
    assert api(bob).get("inbox/pull-requests").json()["size"] == 1
    builders.grant(project, bob, "PROJECT_READ")
    from repos.models import ProjectGrant

    ProjectGrant.objects.filter(user=bob).delete()
    assert api(bob).get("inbox/pull-requests").json()["size"] == 0
    assert api(bob).get("inbox/pull-requests/count").json() == {"count": 0}
    assert api(bob).get("dashboard/pull-requests").json()["size"] == 0
    assert api(bob).get(N).status_code == 404
    client = Client()
    client.force_login(bob)
    assert "News" not in client.get("/dashboard").content.decode()


def test_an_approval_that_a_push_makes_worthless(api, alice, bob, repo, propose):
    """SECURITY 71: who names the commit that they saw is told that it is another."""
    made = propose()
    seen = made["fromRef"]["latestCommit"]
    commit(repo, "topic", {"evil.txt": "x\n"})
    body = {"status": "APPROVED", "lastReviewedCommit": seen}
    assert api(bob).put(f"{N}/participants/bob", body).status_code == 409
    assert api(bob).post(f"{N}/merge", {"version": made["version"]}).status_code == 409


def test_a_source_that_is_gone_and_a_target_that_is_gone(api, alice, repo, propose):
    commit(repo, "side", {"side.txt": "x\n"}, on="main")
    propose(source="topic", target="side")
    move(repo, "side", "")
    run_jobs()
    assert api(alice).get(N).json()["state"] == "DECLINED"
    assert api(alice).post(f"{N}/reopen", {}).status_code == 409
    assert api(alice).get(f"{N}/diff").status_code == 200
