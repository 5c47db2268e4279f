"""Commits, one commit with its diff and what is said about it, and comparisons: what their pages show."""

from __future__ import annotations

import re
import subprocess

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discussions.models import Comment
from repos import storage
from repos.models import Repository
from repos.services import forks
from tests import builders

pytestmark = pytest.mark.django_db

R = "/projects/PRJ/repos/repo"


def commit(
    repository: Repository,
    files: dict[bytes, bytes],
    *,
    branch: str = "main",
    start: str = "",
    message: str = "more",
    author: str = "Ada <alice@example.com>",
    merged: str = "",
) -> str:
    """One more commit on a branch; gives its id."""
    parts = [f"commit refs/heads/{branch}\nauthor {author} 1700009000 +0000\n".encode()]
    parts.append(b"committer Carl <carl@example.com> 1700009000 +0000\n")
    parts.append(b"data %d\n%s\n" % (len(message.encode()), message.encode()))
    parts.append(f"from {start or f'refs/heads/{branch}^0'}\n".encode())
    parts.append(f"merge {merged}\n".encode() if merged else b"")
    for path, data in files.items():
        quoted = b'"' + path.replace(b'"', b'\\"') + b'"'
        parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(data), data))
    where = storage.path_of(repository.pk)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=where, input=b"".join(parts), check=True)
    return builders.git("rev-parse", f"refs/heads/{branch}", cwd=where)


@pytest.fixture
def repository(db):
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, builders.user("alice"), "REPO_WRITE")
    builders.grant(made, builders.user("reader"), "REPO_READ")
    return made


def browser(name: str = "alice") -> Client:
    client = Client(raise_request_exception=False)
    body = {"j_username": name, "j_password": builders.PASSWORD}
    assert client.post("/j_atl_security_check", body).status_code == 302
    return client


def shown(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def subjects(page: str) -> list[str]:
    return re.findall(r'<a class="text-text"[^>]*>([^<]*)</a>', page)


def test_later_pages_go_on_where_the_first_began_whatever_is_pushed_meanwhile(repository):
    for number in range(7):
        commit(repository, {b"n.txt": b"%d\n" % number}, message=f"Number {number}")
    client = browser()
    seen, page = [], shown(client, f"{R}/commits?limit=4")
    while True:
        seen += subjects(page)
        link = re.search(r'rel="next" href="([^"]*)"', page)
        if not link:
            break
        commit(repository, {b"n.txt": b"pushed %d\n" % len(seen)}, message="Pushed meanwhile")
        page = shown(client, f"{R}/commits{link[1].replace('&amp;', '&')}")
    where = storage.path_of(repository.pk)
    told = builders.git("log", "--format=%s", "main", cwd=where).splitlines()
    assert seen == [one for one in told if one != "Pushed meanwhile"]
    part = shown(
        client, f"{R}/commits?start=4&limit=4", **{"HX-Request": "true", "HX-Target": "more"}
    )
    assert "<html" not in part
    assert len(subjects(part)) == 4


def test_commits_are_narrowed_by_author_path_days_and_merges(repository):
    one = commit(repository, {b"a.txt": b"1\n"}, message="By Grace", author="Grace <g@example.com>")
    commit(repository, {b"b.txt": b"1\n"}, branch="side", start=one, message="Aside")
    both = {b"a.txt": b"2\n", b"b.txt": b"1\n"}
    commit(repository, both, merged="refs/heads/side^0", message="A merge")
    client = browser()

    assert subjects(shown(client, f"{R}/commits?author=GRACE")) == ["By Grace"]
    assert subjects(shown(client, f"{R}/commits?merges=only"))[0] == "A merge"
    assert "A merge" not in subjects(shown(client, f"{R}/commits?merges=exclude"))
    assert subjects(shown(client, f"{R}/commits?path=b.txt")) == ["Aside"]
    assert subjects(shown(client, f"{R}/commits?from=2100-01-01")) == []
    assert "No matching commits" in shown(client, f"{R}/commits?to=1999-01-01")
    plain = shown(client, f"{R}/commits")
    assert plain.count("<svg width=") == len(subjects(plain))
    assert '<td class="graph">' not in shown(client, f"{R}/commits?author=grace")


@pytest.mark.parametrize(
    "query",
    ["from=yesterday", "merges=some", "to=2024-02-31", "author=%00", "start=x", "until=nowhere"],
)
def test_odd_filters_are_refused(repository, query):
    assert browser().get(f"{R}/commits?{query}").status_code in {400, 404}


def test_a_file_is_followed_through_its_renames(repository):
    where = storage.path_of(repository.pk)
    commit(repository, {b"old.txt": b"one\ntwo\nthree\n"}, message="Begin")
    script = b"commit refs/heads/main\ncommitter A <a@b> 1700009100 +0000\ndata 4\nMove\nfrom refs/heads/main^0\nR old.txt new.txt\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=where, input=script, check=True)
    client = browser()

    assert subjects(shown(client, f"{R}/commits?path=new.txt")) == ["Move"]
    page = shown(client, f"{R}/commits?path=new.txt&followRenames=true")
    assert subjects(page) == ["Move", "Begin"]
    assert "as <code>old.txt</code>" in page


def test_what_was_pushed_stays_text_everywhere(repository):
    evil = "<script>alert(1)</script>"
    name = f'{evil}"\u202e.txt'.replace("/", "_").encode()
    made = commit(
        repository,
        {name: f"{evil}\u202e\x1b\n".encode()},
        message=f"{evil}\n\n{evil}",
        author="Eve script <eve@example.com>",
    )
    where = storage.path_of(repository.pk)
    builders.git("update-ref", "refs/heads/<script>x", made, cwd=where)
    client = browser()
    for address in (
        f"{R}/commits",
        f"{R}/commits/{made}",
        f"{R}/commits/{made}?diff=side",
        f"{R}/containing/{made}",
        f"{R}/compare/diff?sourceBranch={made}&targetBranch={made}^",
        f"{R}/compare/refs",
        f"{R}/compare/commits?sourceBranch=%3Cscript%3Ex&targetBranch={made}^",
    ):
        answer = client.get(address)
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*src=)", page), address
        assert " style=" not in page
    assert 'title="U+202E"' in shown(client, f"{R}/commits/{made}")


def test_a_diff_is_shown_as_its_reader_likes_and_the_browser_remembers(repository):
    commit(repository, {b"code.py": b"def greet():\n    return 'hello'\n"})
    made = commit(repository, {b"code.py": b"def greet():\n    return 'good day'\n"})
    spaced = commit(repository, {b"code.py": b"def  greet():\n    return 'good day'\n"})
    client = browser()

    page = shown(client, f"{R}/commits/{made}")
    assert "<b>" in page
    assert '<span class="k">def</span>' in page
    assert 'class="code side-by-side"' not in page
    assert 'class="code side-by-side"' in shown(client, f"{R}/commits/{made}?diff=side")
    assert client.cookies["diff"]["httponly"]
    assert 'class="code side-by-side"' in shown(client, f"{R}/commits/{made}")
    assert "Only whitespace changed." in shown(client, f"{R}/commits/{spaced}?w=1")
    assert client.get(f"{R}/commits/{made}?context=7").status_code == 400


def test_context_grows_to_the_whole_file(repository):
    lines = [b"line %d\n" % number for number in range(100)]
    commit(repository, {b"long.txt": b"".join(lines)})
    lines[50] = b"another\n"
    made = commit(repository, {b"long.txt": b"".join(lines)})
    client = browser()
    found = {
        context: shown(client, f"{R}/commits/{made}?context={context}").count('<td class="text">')
        for context in ("3", "10", "25", "all")
    }
    assert found == {"3": 8, "10": 22, "25": 52, "all": 101}


def test_files_beyond_the_first_twenty_come_one_by_one(repository):
    made = commit(repository, {b"many/%03d.txt" % n: b"%d\n" % n for n in range(60)})
    client = browser()
    page = shown(client, f"{R}/commits/{made}")
    assert page.count("Load diff") == 40
    assert "60 files changed" in page
    part = shown(client, f"{R}/commits/{made}?file=55", **{"HX-Request": "true"})
    assert "many/054.txt" in part
    assert "<html" not in part
    assert "many/054.txt" in shown(client, f"{R}/commits/{made}?file=55")
    for odd in ("0", "61", "x", "9" * 30):
        assert client.get(f"{R}/commits/{made}?file={odd}").status_code == 404


def test_raw_diff_and_patch_are_plain_text(repository):
    made = commit(repository, {b"a.html": b"<script>alert(1)</script>\n"})
    for kind in ("diff", "patch"):
        answer = browser().get(f"{R}/commits/{made}?raw={kind}")
        assert b"+<script>" in b"".join(answer.streaming_content)
        assert answer["Content-Type"].startswith("text/plain")
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_merge_is_compared_with_the_parent_that_is_chosen(repository):
    base = commit(repository, {b"base.txt": b"1\n"})
    commit(repository, {b"aside.txt": b"1\n"}, branch="side", start=base)
    first = commit(repository, {b"main.txt": b"1\n"})
    made = commit(repository, {b"aside.txt": b"1\n"}, merged="refs/heads/side^0")
    client = browser()
    second = builders.git("rev-parse", f"{made}^2", cwd=storage.path_of(repository.pk))
    assert "aside.txt" in shown(client, f"{R}/commits/{made}")
    page = shown(client, f"{R}/commits/{made}?since={second}")
    assert "main.txt" in page
    assert "aside.txt" not in page
    assert first[:11] in page


def test_a_commit_is_watched_and_unwatched(repository):
    made = commit(repository, {b"a.txt": b"1\n"})
    client = browser()
    assert client.post(f"{R}/watch-commit/{made}", {"watch": "yes"}).status_code == 302
    assert "Stop watching" in shown(client, f"{R}/commits/{made}")
    client.post(f"{R}/watch-commit/{made}", {"watch": "no"})
    assert "Stop watching" not in shown(client, f"{R}/commits/{made}")


def test_branches_and_tags_that_hold_a_commit(repository):
    made = commit(repository, {b"a.txt": b"1\n"})
    commit(repository, {b"a.txt": b"2\n"}, branch="later", start=made)
    builders.git("tag", "v9", made, cwd=storage.path_of(repository.pk))
    page = shown(browser(), f"{R}/containing/{made}")
    assert [name for name in ("main", "later", "v9") if f">{name}</a>" in page] == [
        "main",
        "later",
        "v9",
    ]


def test_branches_are_compared_in_both_directions(repository):
    base = commit(repository, {b"a.txt": b"1\n"})
    commit(repository, {b"b.txt": b"1\n"}, branch="topic", start=base, message="Topic")
    commit(repository, {b"c.txt": b"1\n"}, message="Meanwhile")
    client = browser()

    page = shown(client, f"{R}/compare/diff?sourceBranch=topic")
    assert "1 commit ahead" in page
    assert "1 commit behind" in page
    assert "b.txt" in page
    assert "c.txt" not in page
    found = shown(client, f"{R}/compare/commits?sourceBranch=topic&targetBranch=refs/heads/main")
    assert subjects(found) == ["Topic"]
    assert "Nothing to compare" in shown(
        client, f"{R}/compare/diff?sourceBranch={base}&targetBranch=main"
    )
    assert "Choose a source" in shown(client, f"{R}/compare/diff")
    assert client.get(f"{R}/compare/diff?sourceBranch=nowhere").status_code == 404
    assert client.get(f"{R}/compare?sourceBranch=topic")["Location"].endswith(
        "/compare/diff?sourceBranch=topic"
    )
    choices = shown(client, f"{R}/compare/refs?side=source&other=main&sourceBranch=top")
    assert "sourceBranch=refs%2Fheads%2Ftopic&amp;targetBranch=main" in choices


def test_a_fork_is_compared_with_its_origin_by_who_may_see_both(repository):
    alice = builders.actor(repository.project.owner) if repository.project.owner else None
    assert alice is None
    client = browser()
    actor = builders.actor(Comment.author.field.related_model.objects.get(name="alice"))
    fork = forks.create(actor, repository, name="mine")
    base = commit(repository, {b"origin.txt": b"1\n"}, message="Of the origin")
    commit(fork, {b"fork.txt": b"1\n"}, message="Of the fork")
    own = f"/users/alice/repos/{fork.slug}"

    page = shown(
        client,
        f"{own}/compare/diff?sourceBranch=main&targetBranch=main&targetRepoId={repository.pk}",
    )
    assert "fork.txt" in page
    assert "origin.txt" not in page
    assert base[:11] not in page
    refused = browser("reader").get(f"{R}/compare/diff?sourceBranch=main&targetRepoId={fork.pk}")
    assert refused.status_code == 404
    for odd in ("0", "x", "A/b", "9" * 30):
        answer = client.get(f"{R}/compare/diff?sourceBranch=main&targetRepoId={odd}")
        assert answer.status_code in {400, 404}


def test_people_talk_about_lines_files_and_the_whole(repository):
    commit(repository, {b"a.txt": b"one\ntwo\nthree\n"})
    made = commit(repository, {b"a.txt": b"one\n2\nthree\n"})
    client, reader = browser(), browser("reader")
    talk = f"{R}/commit-comments/{made}"
    place = {"path": "a.txt", "line": "2", "line_type": "ADDED"}

    assert client.post(talk, {"action": "add", "text": "In **general**"}).status_code == 302
    client.post(talk, {"action": "add", "text": "On the file", "path": "a.txt"})
    client.post(talk, {"action": "add", "text": "On the line <script>", **place, "is_task": "true"})
    first = Comment.objects.get(text__startswith="On the line")
    reader.post(talk, {"action": "add", "comment": first.pk, "text": "An answer"})
    reader.post(talk, {"action": "react:tada", "comment": first.pk, "version": 0})

    page = shown(client, f"{R}/commits/{made}")
    assert "<strong>general</strong>" in page
    assert "On the line &lt;script&gt;" in page
    below = page.split('<tr class="added">')[1].split("</tr>", 1)[1]
    assert below.lstrip().startswith('<tr class="talk"><td colspan="3">')
    assert "🎉 1" in page
    assert "An answer" in page
    side = shown(client, f"{R}/commits/{made}?diff=side")
    assert '<tr class="talk"><td colspan="4">' in side

    client.post(talk, {"action": "resolve", "comment": first.pk, "version": 0})
    client.post(talk, {"action": "settle", "comment": first.pk, "version": 1})
    first.refresh_from_db()
    assert (first.state, first.thread.resolved_at is None) == ("RESOLVED", False)
    client.post(talk, {"action": "edit", "comment": first.pk, "version": 2, "text": "Changed"})
    first.refresh_from_db()
    assert first.text == "Changed"
    general = Comment.objects.get(text__startswith="In")
    client.post(talk, {"action": "delete", "comment": general.pk, "version": 0})
    assert not Comment.objects.filter(pk=general.pk).exists()


def test_what_is_refused_keeps_what_was_typed(repository):
    made = commit(repository, {b"a.txt": b"1\n"})
    client, reader = browser(), browser("reader")
    talk = f"{R}/commit-comments/{made}"
    client.post(talk, {"action": "add", "text": "Mine"})
    mine = Comment.objects.get()

    for sent in (
        {"action": "add", "text": "  "},
        {"action": "add", "text": "x" * 40_000},
        {"action": "nothing", "text": "Kept"},
        {"action": "react:nonsense", "comment": mine.pk, "text": "Kept"},
        {"action": "edit", "comment": mine.pk, "version": 7, "text": "Kept"},
        {"action": "add", "path": "none.txt", "text": "Kept"},
        {"action": "add", "path": "a.txt", "line": "999999999999", "text": "Kept"},
        {"action": "delete", "comment": "x", "version": 0, "text": "Kept"},
    ):
        answer = client.post(talk, sent)
        assert answer.status_code == 400, sent
        assert sent["text"].strip() in answer.content.decode()
    answer = reader.post(
        talk, {"action": "edit", "comment": mine.pk, "version": 0, "text": "Not mine"}
    )
    assert answer.status_code == 400
    mine.refresh_from_db()
    assert mine.text == "Mine"
    assert Client().post(talk, {"action": "add", "text": "x"}).status_code == 302
    assert Comment.objects.count() == 1


def test_a_preview_shows_what_a_comment_would_look_like(repository):
    made = commit(repository, {b"a.txt": b"1\n"})
    talk = f"{R}/commit-comments/{made}"
    sent = {"action": "preview", "text": "**bold** <script>alert(1)</script>"}
    part = browser().post(talk, sent, headers={"HX-Request": "true"}).content.decode()
    assert "<strong>bold</strong>" in part
    assert "<script" not in part
    whole = browser().post(talk, sent).content.decode()
    assert "<strong>bold</strong>" in whole
    assert "**bold**" in whole


def test_queries_do_not_grow_with_what_is_shown(repository):
    few = commit(repository, {b"a.txt": b"1\n"})
    client = browser()

    def queries(address: str) -> int:
        shown(client, address)
        with CaptureQueriesContext(
            connection,
        ) as found:
            shown(client, address)
        return len(found)

    before = [queries(f"{R}/commits?limit=2"), queries(f"{R}/commits/{few}")]
    many = commit(repository, {b"%d.txt" % n: b"1\n" for n in range(30)})
    for number in range(5):
        text = {"action": "add", "text": f"Comment {number}", "path": f"{number}.txt"}
        assert client.post(f"{R}/commit-comments/{many}", text).status_code == 302
    with_one = commit(repository, {b"last.txt": b"1\n"})
    client.post(f"{R}/commit-comments/{with_one}", {"action": "add", "text": "Only one"})
    after = [queries(f"{R}/commits?limit=20"), queries(f"{R}/commits/{many}")]
    assert after[0] == before[0]
    assert after[1] == queries(f"{R}/commits/{with_one}")
