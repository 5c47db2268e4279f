"""A pull request from one person's proposal to another's merge, in two real browsers."""

from __future__ import annotations

import pytest

from tests.builders import git
from tests.server import ADMINISTRATOR
from tests.web.test_browser import chromium, listen, look, sign_in, until, violations

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PULLS = "/projects/REVIEW/repos/story/pull-requests"
REVIEWER = ("rita", ADMINISTRATOR[1])
CODE = """def greet(name):
    return "Hello " + name


def leave(name):
    return "Bye " + name
"""


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A repository with two branches, and somebody who reviews."""
    work = tmp_path_factory.mktemp("story") / "work"
    address = server.repository(key="REVIEW", name="story")
    git("clone", "-q", address, work, cwd=work.parent)
    git("checkout", "-q", "-b", "main", cwd=work)
    (work / "greet.py").write_text(CODE)
    git("add", "-A", cwd=work)
    git("commit", "-q", "-m", "Greet", cwd=work)
    git("push", "-q", "origin", "main", cwd=work)
    fields = {
        "displayName": "Rita Reviewer",
        "emailAddress": "rita@example.com",
        "password": REVIEWER[1],
    }
    server.rest("POST", "admin/users", name=REVIEWER[0], **fields)
    server.rest(
        "PUT", "projects/REVIEW/permissions/users", name=REVIEWER[0], permission="PROJECT_WRITE"
    )
    for name, text in (
        ("feature/polite", CODE.replace("Hello", "Good day")),
        ("feature/other", CODE + "\n# more\n"),
    ):
        git("checkout", "-q", "-b", name, "main", cwd=work)
        (work / "greet.py").write_text(text)
        git("commit", "-q", "-a", "-m", f"Work on {name}\n\nBecause it matters.", cwd=work)
        git("push", "-q", "origin", name, cwd=work)
    server.review_work = work
    return server


def test_propose_review_and_merge(chromium, world):
    author = chromium.new_context(color_scheme="light", bypass_csp=True).new_page()
    reviewer = chromium.new_context(color_scheme="dark", bypass_csp=True).new_page()
    complaints = [*listen(author), *listen(reviewer)]
    sign_in(author, world)
    sign_in(reviewer, world, REVIEWER)

    author.goto(f"{world.url}/dashboard")
    author.click("text=Create pull request >> nth=0")
    author.wait_for_selector("#pull-request-title")
    author.goto(f"{world.url}{PULLS}?create&sourceBranch=feature/polite&targetBranch=main")
    assert author.input_value("#pull-request-title") == "Work on feature/polite"
    author.fill("#id_reviewers", "rita")
    look(author, "pull-create-light")
    assert violations(author) == []
    author.click("button:has-text('Create') >> nth=-1")
    author.wait_for_url("**/overview")
    one = author.url.removesuffix("/overview")

    reviewer.goto(f"{world.url}/dashboard")
    reviewer.wait_for_selector("text=Work on feature/polite")
    look(reviewer, "dashboard-with-pulls-dark")
    assert violations(reviewer) == []
    reviewer.click("text=Work on feature/polite")
    reviewer.click("nav[aria-label='Pull request'] >> text=Diff")
    reviewer.wait_for_load_state("networkidle")
    reviewer.hover("td.text:has-text('Good day')")
    reviewer.click(".talk-add")
    reviewer.fill("tr.talk-new textarea", 'Shorter:\n```suggestion\n    return "Hi " + name\n```')
    reviewer.click("tr.talk-new >> text=Add to review")
    reviewer.wait_for_selector("text=Your review: 1 comment")
    look(reviewer, "pull-diff-pending-dark")
    assert violations(reviewer) == []
    author.goto(f"{one}/overview")
    assert "Shorter" not in author.content()
    reviewer.select_option("#id_status", "NEEDS_WORK")
    reviewer.fill("#id_text", "Nearly there.")
    reviewer.click("text=Finish review")
    reviewer.wait_for_selector("text=Nearly there.")

    author.reload()
    author.wait_for_selector("text=Nearly there.")
    author.wait_for_selector("text=requested changes")
    look(author, "pull-overview-light")
    assert violations(author) == []
    author.click("button:has-text('Apply suggestion')")
    author.wait_for_selector("text=resolved")
    reviewer.goto(f"{one}/diff")
    until(reviewer, "document.body.innerText.includes('return \"Hi \"')")
    reviewer.click("button:has-text('Approve')")
    reviewer.wait_for_selector("button:has-text('Approved')")

    for page in (
        f"{one}/overview",
        f"{one}/diff",
        f"{one}/commits",
        f"{one}/builds",
        f"{one}/edit",
        f"{world.url}{PULLS}",
    ):
        author.goto(page)
        author.wait_for_load_state("networkidle")
        assert violations(author) == [], page
    # The job that looks at the refs has a moment.
    for _ in range(50):
        author.goto(f"{one}/merge")
        if "being updated" not in author.content():
            break
        author.wait_for_timeout(200)
    look(author, "pull-merge-light")
    author.select_option("#id_strategy", "squash")
    author.check("#id_deleteSourceRef")
    author.click(".merge-dialog button:has-text('Merge')")
    author.wait_for_selector("text=merged it")
    look(author, "pull-merged-light")
    git("fetch", "-q", "-p", "origin", cwd=world.review_work)
    assert 'return "Hi " + name' in git("show", "origin/main:greet.py", cwd=world.review_work)
    assert "origin/feature/polite" not in git("branch", "-r", cwd=world.review_work)
    assert complaints == []


def test_pages_of_pull_requests_fit_into_360_pixels(chromium, world):
    narrow = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    sign_in(narrow, world)
    body = {
        "title": "A title that is long enough to be broken into several lines, one would hope",
        "fromRef": {"id": "feature/other"},
        "toRef": {"id": "main"},
    }
    number = world.rest("POST", "projects/REVIEW/repos/story/pull-requests", body)["id"]
    for page in (
        "",
        "?create",
        f"/{number}/overview",
        f"/{number}/diff",
        f"/{number}/commits",
        f"/{number}/merge",
    ):
        narrow.goto(f"{world.url}{PULLS}{page}")
        narrow.wait_for_load_state("networkidle")
        look(narrow, f"pull-360{page.replace('/', '-').replace('?', '-')}")
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 360, page
