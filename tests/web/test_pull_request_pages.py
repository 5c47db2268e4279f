"""Pages of pull requests without scripts: what they offer to whom, and what they do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discussions.models import Comment
from pullrequests.models import Participant, PullRequest
from pullrequests.services import merging
from tests.builders import git
from tests.pullrequests.conftest import bob, carol, project, propose, repo
from tests.pullrequests.worlds import P, commit, folder, run_jobs

__all__ = ["bob", "carol", "project", "propose", "repo"]
pytestmark = pytest.mark.django_db

PULLS = f"/{P}"
ONE = f"{PULLS}/1"


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text(client, page, status=200):
    answer = client.get(page)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def head_of(shown):
    return shown.split('name="head" value="')[1].split('"')[0]


def test_what_is_offered_to_whom(alice, bob, carol, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}])
    author, writer, reader, nobody = map(signed_in, (alice, bob, carol, alice))
    nobody.logout()
    assert "Merge" in text(author, f"{ONE}/overview") and "Request changes" not in text(
        author, f"{ONE}/overview"
    )
    assert "Request changes" in text(writer, f"{ONE}/overview")
    shown = text(reader, f"{ONE}/overview")
    assert "merge-button" not in shown and "Decline" not in shown and "Approve" in shown
    assert nobody.get(f"{ONE}/overview").status_code == 302
    assert reader.post(f"{ONE}/change", {"action": "decline", "version": "0"}).status_code == 401
    assert author.post(f"{ONE}/change", {"action": "fly"}).status_code == 400
    own = {"action": "approve", "head": head_of(shown)}
    assert author.post(f"{ONE}/change", own).status_code == 400
    assert author.post(f"{ONE}/change", {"action": "decline"}).status_code == 400


@pytest.mark.parametrize(
    ("action", "status"), [("approve", "APPROVED"), ("needs-work", "NEEDS_WORK")]
)
def test_nobody_judges_what_the_page_did_not_show(bob, repo, propose, action, status):
    propose(reviewers=[{"user": {"name": "bob"}}])
    client = signed_in(bob)
    mine = Participant.objects.filter(user=bob)
    seen = head_of(text(client, f"{ONE}/overview"))
    commit(repo, "topic", {"unseen.txt": "x\n"})

    assert client.post(f"{ONE}/change", {"action": action}).status_code == 400
    refused = client.post(f"{ONE}/change", {"action": action, "head": seen})
    assert (
        refused.status_code == 409 and "has changed since you viewed it" in refused.content.decode()
    )
    assert mine.get().status == "UNAPPROVED"

    seen = head_of(text(client, f"{ONE}/diff"))
    assert client.post(f"{ONE}/change", {"action": action, "head": seen}).status_code == 302
    assert mine.get().status == status
    commit(repo, "topic", {"new.txt": "x\n"})
    assert client.post(f"{ONE}/change", {"action": "unapprove"}).status_code == 302
    assert mine.get().status == "UNAPPROVED"


def test_a_review_judges_what_the_page_showed(bob, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}])
    client = signed_in(bob)
    mine = Participant.objects.filter(user=bob)
    client.post(f"{ONE}/comments", {"action": "draft", "text": "first"})
    shown = text(client, f"{ONE}/overview").split("Your review")[1]
    review = {"action": "finish", "text": "", "status": "APPROVED", "head": head_of(shown)}
    commit(repo, "topic", {"unseen.txt": "x\n"})

    refused = client.post(f"{ONE}/review", review)
    assert (
        refused.status_code == 409 and "has changed since you viewed it" in refused.content.decode()
    )
    for wrong, sentence in (
        ({"head": ""}, "the commit you viewed"),
        ({"status": "FINE"}, 'role="alert">Choose a review status.</div>'),
    ):
        refused = client.post(f"{ONE}/review", review | wrong)
        assert refused.status_code == 400 and sentence in refused.content.decode()
    assert mine.get().status == "UNAPPROVED" and Comment.objects.get().state == "PENDING"

    # What was said can be said without a judgement.
    assert client.post(f"{ONE}/review", review | {"status": ""}).status_code == 302
    assert Comment.objects.get().state == "OPEN"
    review |= {"head": head_of(text(client, f"{ONE}/overview"))}
    assert client.post(f"{ONE}/review", review).status_code == 302
    assert mine.get().status == "APPROVED"


MERGE = {"strategy": "no-ff", "message": "m", "version": "0", "deleteSourceRef": "on"}


def test_the_source_goes_with_the_merge(alice, repo, propose):
    propose()
    assert signed_in(alice).post(f"{ONE}/merge", MERGE).status_code == 302
    assert not git("branch", "--list", "topic", cwd=folder(repo))
    assert "stays where it is" not in text(signed_in(alice), f"{ONE}/overview")


def test_what_is_pushed_during_the_merge_stays(alice, repo, propose, monkeypatch):
    propose()
    merge, late = merging.merge, []

    def merged(*args, **how):
        done = merge(*args, **how)
        late.append(commit(repo, "topic", {"late.txt": "late\n"}))
        return done

    monkeypatch.setattr(merging, "merge", merged)
    client = signed_in(alice)
    answer = client.post(f"{ONE}/merge", MERGE)
    assert (answer.status_code, answer["Location"]) == (302, f"{ONE}/overview")
    assert git("rev-parse", "topic", cwd=folder(repo)) == late[0]
    shown = text(client, f"{ONE}/overview")
    assert "is merged. topic stays where it is: Someone pushed to it." in shown
    # Said once.
    assert "stays where it is" not in text(client, f"{ONE}/overview")


def test_a_source_that_others_need_stays_after_the_merge(alice, repo, propose):
    commit(repo, "side", {"side.txt": "side\n"}, on="main")
    propose()
    propose(target="side")
    client = signed_in(alice)
    answer = client.post(f"{ONE}/merge", MERGE)
    assert (answer.status_code, answer["Location"]) == (302, f"{ONE}/overview")
    assert PullRequest.objects.get(number=1).state == "MERGED"
    assert git("branch", "--list", "topic", cwd=folder(repo))
    assert "stays where it is" not in text(client, f"{PULLS}/2/overview")
    shown = text(client, f"{ONE}/overview")
    assert "stays where it is: Another open pull request uses this source branch." in shown


def test_from_the_form_to_the_revert(api, alice, bob, repo):
    client = signed_in(alice)
    page = f"{PULLS}?create&sourceBranch=topic&targetBranch=main"
    assert "brings <strong>1 commit</strong>" in text(client, page)
    refused = client.post(page, {"title": "T", "reviewers": "nobody"})
    assert refused.status_code == 400 or refused.status_code == 409
    made = client.post(page, {"title": "News", "description": "*why*", "reviewers": "bob"})
    assert made.status_code == 302 and made["Location"] == f"{ONE}/overview"
    run_jobs()
    edit = {
        "title": "Other",
        "description": "",
        "reviewers": "carol",
        "target": "main",
        "version": "0",
    }
    assert client.post(f"{ONE}/edit", edit).status_code == 302
    assert client.post(f"{ONE}/edit", edit).status_code == 400
    client.post(f"{ONE}/change", {"action": "unwatch"})
    merge = {"strategy": "no-ff", "message": "Mine", "version": "1"}
    assert signed_in(bob).post(f"{ONE}/merge", merge).status_code == 302
    assert "merged it" in text(client, f"{ONE}/overview")
    back = signed_in(bob).post(f"{ONE}/change", {"action": "revert"})
    assert back.status_code == 302 and "sourceBranch=revert-1" in back["Location"]
    assert git("log", "-1", "--format=%s", "revert-1", cwd=folder(repo)) == 'Revert "Mine"'
    assert "new.txt" not in git("ls-tree", "--name-only", "revert-1", cwd=folder(repo))
    git("branch", "release", "main~1", cwd=folder(repo))
    picked = signed_in(bob).post(f"{ONE}/change", {"action": "cherry-pick", "onto": "release"})
    assert "sourceBranch=cherry-pick-1" in picked["Location"]
    assert "new.txt" in git("ls-tree", "--name-only", "cherry-pick-1", cwd=folder(repo))
    nowhere = signed_in(bob).post(f"{ONE}/change", {"action": "cherry-pick", "onto": "nowhere"})
    assert nowhere.status_code == 404


def test_conflicts_are_named_and_news_are_told(alice, bob, repo, propose):
    commit(repo, "topic", {"one.txt": "EINS\n"})
    propose()
    commit(repo, "main", {"one.txt": "uno\n"})
    run_jobs()
    client = signed_in(alice)
    shown = text(client, f"{ONE}/overview")
    assert "<code>one.txt</code>" in shown and "modify there, modify here" in shown
    assert signed_in(bob).get(f"{ONE}/merge").status_code == 200
    refused = signed_in(bob).post(f"{ONE}/merge", {"strategy": "no-ff", "version": "0"})
    assert refused.status_code == 409
    after = shown.split("/news?after=")[1].split('"')[0]
    assert "has new activity" not in text(client, f"{ONE}/news?after={after}")
    signed_in(bob).post(f"{ONE}/comments", {"action": "add", "text": "hello"})
    assert "has new activity" in text(client, f"{ONE}/news?after={after}")


def test_a_rewritten_branch_commit_by_commit(alice, repo, propose):
    made = propose()
    old = made["fromRef"]["latestCommit"]
    new = commit(repo, "topic", {"new.txt": "news\n"}, on="main", message="Better words")
    run_jobs()
    client = signed_in(alice)
    assert f"range-diff?from={old}" in text(client, f"{ONE}/overview")
    shown = text(client, f"{ONE}/range-diff?from={old}&to={new}")
    assert "Better words" in shown
    assert client.get(f"{ONE}/range-diff?from=x&to={new}").status_code == 404


def test_viewed_files_are_unseen_once_they_change(alice, repo, propose):
    propose()
    client = signed_in(alice)
    page = text(client, f"{ONE}/diff")
    assert 'aria-pressed="false" aria-label="Viewed new.txt"' in page
    content = page.split('name="content" value="')[1].split('"')[0]
    client.post(f"{ONE}/viewed", {"path": "new.txt", "content": content, "viewed": "yes"})
    assert 'aria-pressed="true" aria-label="Viewed new.txt"' in text(client, f"{ONE}/diff")
    commit(repo, "topic", {"new.txt": "other\n"})
    run_jobs()
    assert 'aria-pressed="false" aria-label="Viewed new.txt"' in text(client, f"{ONE}/diff")


def test_queries_do_not_grow(api, alice, bob, repo, propose):
    propose(reviewers=[{"user": {"name": "bob"}}])
    client = signed_in(alice)

    def queries():
        found = []
        for page in (f"{PULLS}?state=ALL&limit=100", f"{ONE}/overview", f"{ONE}/diff"):
            text(client, page)
            with CaptureQueriesContext(connection) as asked:
                text(client, page)
            found.append(len(asked))
        return found

    say = {"text": "x", "anchor": {"path": "new.txt", "line": 1, "lineType": "ADDED"}}
    api(bob).post(f"{P}/1/comments", say)
    few = queries()
    for number in range(4):
        api(bob).post(f"{P}/1/comments", say)
        git("update-ref", f"refs/heads/n{number}", "refs/heads/topic", cwd=folder(repo))
        propose(source=f"n{number}", reviewers=[{"user": {"name": "bob"}}])
    assert queries() == few


def test_several_suggestions_become_one_commit(api, alice, bob, repo, propose):
    commit(repo, "topic", {"new.txt": "one\ntwo\nthree\n"})
    propose()
    said = []
    for line, word in ((1, "EINS"), (3, "DREI")):
        anchor = {"path": "new.txt", "line": line, "lineType": "ADDED", "fileType": "TO"}
        body = {"text": f"```suggestion\n{word}\n```", "anchor": anchor}
        said.append(api(bob).post(f"{P}/1/comments", body).json()["id"])
    client = signed_in(alice)
    for number in said:
        assert f'value="{number}:0:0"' in text(client, f"{ONE}/diff")
    wanted = {"action": "apply-chosen", "chosen": [f"{number}:0:0" for number in said]}
    before = git("rev-parse", "topic", cwd=folder(repo))
    for wrong in ([], ["1"], [f"{said[0]}:7:0"], [f"{said[0]}:0:9"], ["999:0:0"]):
        answer = client.post(f"{ONE}/comments", wanted | {"chosen": wrong})
        assert answer.status_code == 400, wrong

    assert client.post(f"{ONE}/comments", wanted).status_code == 302

    assert git("show", "topic:new.txt", cwd=folder(repo)) == "EINS\ntwo\nDREI"
    assert git("rev-parse", "topic^", cwd=folder(repo)) == before
