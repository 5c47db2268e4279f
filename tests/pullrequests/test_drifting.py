"""Rescoping: comments stay on their text, or tell that it is gone; approvals stay for what was approved."""

from __future__ import annotations

import random

import pytest

from discussions.models import Thread
from pullrequests.models import Activity, Participant, PullRequestSettings, PullRequestThread
from pullrequests.services import approvals
from tests.builders import git
from tests.pullrequests.worlds import P, commit, folder, move, run_jobs

pytestmark = pytest.mark.django_db
N = f"{P}/1"


def text(lines):
    return "".join(f"{line}\n" for line in lines)


def line_at(repo, commit_id, path, number):
    return git("show", f"{commit_id}:{path}", cwd=folder(repo)).split("\n")[number - 1]


@pytest.mark.parametrize("seed", range(6))
def test_a_comment_is_on_the_same_text_or_the_text_is_gone(api, alice, repo, propose, seed):
    """Every line of a file bears a comment; then the file is edited, moved, and its base edited, at random."""
    chance = random.Random(seed)
    base = [f"base {number}" for number in range(30)]
    commit(repo, "main", {"f.txt": text(base)})
    lines = [*base[:10], *(f"own {number}" for number in range(10)), *base[14:]]
    commit(repo, "topic", {"f.txt": text(lines)}, on="main")
    propose()
    said = {}
    for number, line in enumerate(lines, start=1):
        anchor = {
            "path": "f.txt",
            "line": number,
            "lineType": "ADDED" if line.startswith("own") else "CONTEXT",
            "fileType": "TO",
        }
        said[api(alice).post(f"{N}/comments", {"text": line, "anchor": anchor}).json()["id"]] = line
    for number in range(11, 15):
        anchor = {"path": "f.txt", "line": number, "lineType": "REMOVED", "fileType": "FROM"}
        made = api(alice).post(f"{N}/comments", {"text": base[number - 1], "anchor": anchor}).json()
        said[made["id"]] = base[number - 1]

    path = "f.txt"
    for turn in range(4):
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(lines))
            lines[at : at + chance.randrange(3)] = [
                f"new {turn} {n}" for n in range(chance.randrange(3))
            ]
        old, path = path, chance.choice(["f.txt", "g.txt"])
        files = {path: text(lines)} | ({old: None} if old != path else {})
        commit(repo, "topic", files)
        if chance.random() < 0.5:
            moved = [*(f"top {turn}",), *base]
            commit(repo, "main", {"f.txt": text(moved)})
            base = moved
        run_jobs()

    orphans = 0
    for hung in PullRequestThread.objects.select_related("thread"):
        thread = hung.thread
        words = said[thread.comments.get().pk]
        if hung.is_orphaned:
            orphans += 1
            if thread.file_type == Thread.FileType.TO:
                # Never one whose line nobody touched: each of these lines is there once.
                assert words not in lines
            continue
        is_old = thread.file_type == Thread.FileType.FROM
        where = thread.from_hash if is_old else thread.to_hash
        name = (thread.src_path or thread.path) if is_old else thread.path
        assert line_at(repo, where, name, thread.line) == words
    assert 0 < orphans < len(said)
    listed = (
        api(alice)
        .get(f"{N}/comments", path=path, anchorState="ORPHANED", limit=100)
        .json()["values"]
    )
    assert all(one["anchor"]["orphaned"] for one in listed)


def test_several_lines_move_as_a_block_or_not_at_all(repo, alice, api, propose):
    commit(repo, "topic", {"f.txt": text("abcdef")})
    propose()
    anchor = {
        "path": "f.txt",
        "line": 4,
        "lineType": "ADDED",
        "fileType": "TO",
        "multilineMarker": {"startLine": 2, "startLineType": "ADDED"},
    }
    made = api(alice).post(f"{N}/comments", {"text": "block", "anchor": anchor}).json()
    commit(repo, "topic", {"f.txt": text("xyabcdef")})
    run_jobs()
    now = api(alice).get(f"{N}/comments/{made['id']}").json()["anchor"]
    assert (now["multilineMarker"]["startLine"], now["line"], now["orphaned"]) == (4, 6, False)
    commit(repo, "topic", {"f.txt": text("xyabXcdef")})
    run_jobs()
    assert api(alice).get(f"{N}/comments/{made['id']}").json()["anchor"]["orphaned"]


def test_what_is_said_of_a_file_goes_with_it(repo, alice, api, propose):
    commit(repo, "topic", {"f.txt": text("abcdefghij")})
    propose()
    made = api(alice).post(f"{N}/comments", {"text": "file", "anchor": {"path": "f.txt"}}).json()
    commit(repo, "topic", {"f.txt": None, "g.txt": text("abcdefghij")})
    run_jobs()
    assert api(alice).get(f"{N}/comments/{made['id']}").json()["anchor"]["path"] == "g.txt"
    commit(repo, "topic", {"g.txt": None})
    run_jobs()
    assert api(alice).get(f"{N}/comments/{made['id']}").json()["anchor"]["orphaned"]


def judge(api, user, status="APPROVED"):
    answer = api(user).put(f"{N}/participants/{user.slug}", {"status": status})
    assert answer.status_code == 200, answer.content


def status_of(user):
    return Participant.objects.get(user=user).status


@pytest.mark.parametrize("is_on", [False, True])
def test_approvals(repo, alice, bob, api, propose, is_on):
    PullRequestSettings.objects.create(repository=repo, resets_approvals=is_on)
    propose(reviewers=[{"user": {"name": "bob"}}])

    def status():
        run_jobs()
        return api(alice).get(N).json()["reviewers"][0]["status"]

    api(bob).put(f"{N}/participants/bob", {"status": "APPROVED"})
    commit(repo, "main", {"two.txt": "two\n"})
    assert status() == "APPROVED"
    # Rebased cleanly: the patch is the same.
    commit(repo, "topic", {"new.txt": "news\n"}, on="main")
    assert status() == "APPROVED"
    # Rebased, with another change in it.
    commit(repo, "topic", {"new.txt": "other news\n"}, on="main")
    assert status() == ("UNAPPROVED" if is_on else "APPROVED")
    # Who approves before the job has come by has seen what was pushed.
    commit(repo, "topic", {"new.txt": "newest\n"}, on="main")
    api(bob).put(f"{N}/participants/bob", {"status": "APPROVED"})
    assert status() == "APPROVED"
    actions = [one["action"] for one in api(alice).get(f"{N}/activities").json()["values"]]
    assert ("UNAPPROVED" in actions) == is_on


def test_approvals_given_before_anybody_looked_at_it(repo, alice, bob, api):
    """Neither does a first push escape because no job has run, nor a push from and back to a head."""
    PullRequestSettings.objects.create(repository=repo, resets_approvals=True)
    body = {"title": "News", "fromRef": {"id": "topic"}, "toRef": {"id": "main"}}
    assert api(alice).post(P, body).status_code == 201
    first = git("rev-parse", "topic", cwd=folder(repo))
    judge(api, bob)
    second = commit(repo, "topic", {"more.txt": "more\n"})
    run_jobs()
    assert status_of(bob) == "UNAPPROVED"

    move(repo, "topic", first)
    judge(api, bob)
    move(repo, "topic", second)
    run_jobs()
    assert status_of(bob) == "UNAPPROVED"


def test_approvals_of_several_heads(repo, alice, bob, carol, api, propose):
    """Each is measured by what its giver saw."""
    PullRequestSettings.objects.create(repository=repo, resets_approvals=True)
    propose()
    judge(api, bob)
    first = git("rev-parse", "topic", cwd=folder(repo))
    commit(repo, "topic", {"more.txt": "more\n"})
    judge(api, carol)
    move(repo, "topic", first)
    run_jobs()
    assert (status_of(bob), status_of(carol)) == ("APPROVED", "UNAPPROVED")


def test_approvals_after_another_target_was_chosen(repo, alice, bob, carol, api):
    """The head is the same, and what it brings is not; where it brings the same, they stay."""
    PullRequestSettings.objects.create(repository=repo, resets_approvals=True)
    commit(repo, "big", {"big.txt": "much\n"}, on="main")
    commit(repo, "tip", {"small.txt": "little\n"}, on="big")
    commit(repo, "release", {"two.txt": "two\n"}, on="main")
    body = {"title": "Tip", "fromRef": {"id": "tip"}, "toRef": {"id": "big"}}
    assert api(alice).post(P, body).status_code == 201
    run_jobs()
    judge(api, bob)
    assert api(alice).put(N, {"toRef": {"id": "main"}, "version": 0}).status_code == 200
    judge(api, carol)
    run_jobs()
    assert (status_of(bob), status_of(carol)) == ("UNAPPROVED", "APPROVED")
    assert api(alice).put(N, {"toRef": {"id": "release"}, "version": 1}).status_code == 200
    run_jobs()
    assert status_of(carol) == "APPROVED"


@pytest.mark.parametrize("anew", ["NEEDS_WORK", "APPROVED"])
def test_who_judges_anew_while_patches_are_compared_is_heard(
    repo, alice, bob, carol, api, propose, monkeypatch, anew
):
    PullRequestSettings.objects.create(repository=repo, resets_approvals=True)
    propose(reviewers=[{"user": {"name": "bob"}}])
    judge(api, bob)
    judge(api, carol)
    commit(repo, "topic", {"more.txt": "more\n"})
    of_range = approvals.patch_ids.of_range

    def compared(*ends):
        judge(api, bob, anew)
        return of_range(*ends)

    monkeypatch.setattr(approvals.patch_ids, "of_range", compared)
    run_jobs()
    assert (status_of(bob), status_of(carol)) == (anew, "UNAPPROVED")
    told = Activity.objects.filter(action=Activity.Action.UNAPPROVED)
    assert [one.user for one in told] == [carol]


def test_threads_of_a_range_stay_where_they_are(repo, alice, api, propose):
    propose()
    old = git("rev-parse", "topic", cwd=folder(repo))
    anchor = {
        "path": "new.txt",
        "line": 1,
        "lineType": "ADDED",
        "fileType": "TO",
        "diffType": "COMMIT",
        "toHash": old,
    }
    made = api(alice).post(f"{N}/comments", {"text": "commit", "anchor": anchor}).json()
    commit(repo, "topic", {"new.txt": "other\n"})
    run_jobs()
    now = api(alice).get(f"{N}/comments/{made['id']}").json()["anchor"]
    assert now["toHash"] == old and not now["orphaned"]
