"""The 14 actions of Atlassian's DC App Performance Toolkit for Bitbucket 9.4, by the same locators.

Locators that wait take the first element of the page, as Selenium does: it must be the one that is meant.
"""

from __future__ import annotations

import pytest

from tests.builders import git
from tests.server import ADMINISTRATOR
from tests.web.test_browser import chromium, listen, violations

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

REPO = "/projects/TOOLKIT/repos/story"
# As the toolkit's data preparation makes people: the password is the name.
USER = "dcapt-perf-user-abcde"
ONBOARDING = ".pull-request-onboarding>footer>button"


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A repository with an open pull request, and an administrator who looks at it."""
    work = tmp_path_factory.mktemp("toolkit") / "work"
    git("clone", "-q", server.repository(key="TOOLKIT", name="story"), work, cwd=work.parent)
    git("checkout", "-q", "-b", "main", cwd=work)
    for number, branch in enumerate(("main", "perf-branch-1")):
        git("checkout", "-q", "-B", branch, cwd=work)
        (work / f"file{number}.txt").write_text("one\ntwo\nthree\n")
        git("add", "-A", cwd=work)
        git("commit", "-q", "-m", f"Commit of {branch}", cwd=work)
        git("push", "-q", "origin", branch, cwd=work)
    body = {
        "title": "A change",
        "fromRef": {"id": "refs/heads/perf-branch-1"},
        "toRef": {"id": "refs/heads/main"},
    }
    server.rest(
        "POST", "admin/users", name=USER, password=ADMINISTRATOR[1],
        emailAddress=f"{USER}@localdomain.com", displayName=f"Test-{USER}", addToDefaultGroup=True,
    )  # fmt: skip
    server.rest("PUT", "admin/permissions/users", name=USER, permission="ADMIN")
    server.pull = server.rest("POST", f"{REPO[1:]}/pull-requests", body)["id"]
    return server


class Toolkit:
    """What the toolkit's page objects do, in Playwright's words."""

    def __init__(self, page, url):
        self.page = page
        self.url = url

    def go(self, path):
        self.page.goto(self.url + path)

    def visible(self, selector):
        """The first element that fits, once it is visible."""
        found = self.page.locator(selector).first
        found.wait_for(state="visible", timeout=20_000)
        return found

    def click(self, selector):
        self.visible(selector).click()

    def keys(self, selector, text):
        self.visible(selector).press_sequentially(text)

    def no_onboarding(self):
        assert self.page.locator(ONBOARDING).count() == 0


@pytest.fixture(scope="module")
def walk(chromium, world):
    """Signed in by the first of the actions."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, bypass_csp=True)
    page = context.new_page()
    complaints = listen(page)
    toolkit = Toolkit(page, world.url)
    toolkit.go("/login?next=/getting-started")
    assert page.locator("#current-user").count() == 0
    toolkit.visible("#footer")
    assert page.locator("#submit").count() == 1
    page.locator("#j_username").press_sequentially(USER)
    page.locator("#j_password").press_sequentially(ADMINISTRATOR[1])
    toolkit.click("#submit")
    toolkit.visible("#current-user")
    assert page.url.endswith("/getting-started")
    assert page.locator(".footer-body").first.inner_text()
    assert "9.4.0" in page.content() and toolkit.visible("#product-version")
    yield toolkit
    # 14: the last one.
    toolkit.go("/j_atl_security_logout")
    toolkit.go("/dashboard")
    toolkit.visible("#j_username")
    assert complaints == []
    context.close()


def test_dashboard_and_projects(walk):
    walk.go("/dashboard")
    walk.visible("h2")
    walk.go("/projects")
    walk.visible("#projects-container")
    walk.go("/projects/TOOLKIT")
    walk.visible("#repositories-container")
    assert walk.visible(".repository-name").inner_text() == "story"


def test_repository_branches_and_commits(walk):
    walk.go(f"{REPO}/browse")
    walk.visible(".aui-navgroup-vertical>.aui-navgroup-inner")
    walk.go(f"{REPO}/branches")
    walk.visible("#branch-name-column")
    walk.go(f"{REPO}/commits")
    walk.visible("#commits-table")


def test_pull_request_list_overview_diff_and_commits(walk, world):
    walk.go(f"{REPO}/pull-requests")
    walk.no_onboarding()
    walk.visible("#pull-requests-content")
    for tab, selector in (
        ("overview", ".pull-request-activities"),
        ("diff", ".changes-sidebar>.changes-scope-content"),
        ("commits", "tr>th.message"),
    ):
        walk.go(f"{REPO}/pull-requests/{world.pull}/{tab}")
        walk.no_onboarding()
        walk.visible(selector)
        assert violations(walk.page) == []


def test_comments_on_the_overview_and_on_a_line(walk, world):
    """Twice: forms to answer and to edit stand on the page by then, and are not what is meant."""
    pull = f"{REPO}/pull-requests/{world.pull}"
    for turn in ("first", "second"):
        walk.go(f"{pull}/overview")
        walk.visible(".pull-request-activities")
        walk.click(".comment-editor-wrapper")
        walk.keys(".CodeMirror-code", f"{turn} in general")
        walk.click("div.editor-controls>button:nth-child(1)")
        walk.visible(f"article :text('{turn} in general')")

        walk.go(f"{pull}/diff")
        walk.visible(".changes-sidebar>.changes-scope-content")
        walk.visible(".diff-segment")
        walk.page.evaluate(
            "elems=document.querySelectorAll('.diff-line-comment-trigger');"
            "item=elems[Math.floor(Math.random() * elems.length)];"
            "item.scrollIntoView(); item.click();"
        )
        walk.keys(".CodeMirror-code", f"{turn} on a line")
        walk.click("div.editor-controls>button:nth-child(1)")
        walk.visible(f"article :text('{turn} on a line')")
    said = world.rest("GET", f"{pull[1:]}/activities")["values"]
    comments = [one for one in said if one["action"] == "COMMENTED"]
    anchors = [one["commentAnchor"]["line"] for one in comments if "commentAnchor" in one]
    assert len(comments) == 4 and anchors == [1, 1]


def test_a_pull_request_is_created_merged_and_its_branch_deleted(walk, world):
    made = []
    for base in ("perf-branch-1", "main"):
        walk.go(f"{REPO}/branches?base={base}")
        walk.visible("#branch-name-column")
        walk.click("#branch-actions")
        walk.click("a.create-branch")
        made.append(f"{base}-selenium")
        walk.keys("input.text.branch-name", made[-1])
        walk.click("#create-branch-submit")
        walk.visible(".aui-navgroup-vertical>.aui-navgroup-inner")
        walk.page.wait_for_url("**/browse?at=*")
    source, target = made
    walk.go(
        f"{REPO}/pull-requests?create&targetBranch=refs%2Fheads%2F{target}"
        f"&sourceBranch=refs%2Fheads%2F{source}"
    )
    walk.click("button.continue-button")
    walk.visible("div.editor-wrapper")
    walk.page.locator("#pull-request-title").fill("")
    walk.keys("#pull-request-title", "Selenium test pull request")
    walk.click("button.create-button")
    walk.visible(".pull-request-activities")
    walk.no_onboarding()
    walk.click(".merge-button")
    walk.visible(".branches-diagram")
    walk.visible(".merge-diagram")
    delete_source = walk.page.locator("input[type='checkbox']").first
    assert delete_source.get_attribute("name") == "deleteSourceRef"
    assert not delete_source.is_checked()
    walk.click(".merge-dialog button[type='submit']")
    walk.page.locator("[name=deleteSourceRef]").wait_for(state="detached", timeout=20_000)
    (merged,) = world.rest("GET", f"{REPO[1:]}/pull-requests", state="MERGED")["values"]
    assert merged["title"] == "Selenium test pull request"

    walk.go(f"{REPO}/branches")
    walk.keys("#paged-table-input-for-branch-list", target)
    walk.page.wait_for_function("document.querySelectorAll('.branch-table tbody tr').length === 1")
    walk.visible("#branch-name-column")
    walk.click(".branch-actions-column>button")
    walk.click("li>a.delete-branch")
    assert violations(walk.page) == []
    walk.click("#delete-branch-dialog-submit")
    walk.page.wait_for_url("**/branches")
    names = {one["displayId"] for one in world.rest("GET", f"{REPO[1:]}/branches")["values"]}
    assert names == {"main", "perf-branch-1", source}
