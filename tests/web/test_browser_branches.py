"""Pages of branches, tags, forks and what shapes a repository, in a real browser."""

from __future__ import annotations

import pytest
import requests

from tests.builders import git
from tests.git.histories import everything
from tests.server import ADMINISTRATOR
from tests.web.test_browser import WIDEST, chromium, listen, look, sign_in, until, violations

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

R = "/projects/SHAPE/repos/shaped"
FORK = "/users/admin/repos/shaped-fork"
HOSTILE = "bugfix/<b>not-bold</b>-with-quite-a-long-name-that-somebody-chose-on-a-rainy-afternoon"


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A repository with branches near and far, tags of both kinds, labels, and a fork that diverged."""
    folder = tmp_path_factory.mktemp("shaped")
    address = server.repository(key="SHAPE", name="shaped", description="Branches near and far")
    source = everything(folder / "source.git", commits=120)
    git("push", "-q", "--all", address, cwd=source)
    git("push", "-q", "--tags", address, cwd=source)
    git("clone", "-q", address, "work", cwd=folder)
    work = folder / "work"
    for number, name in enumerate(
        ("feature/login-page", "feature/PROJ-12-search", HOSTILE, "release/2.0", "hotfix/crash"), 1
    ):
        git("checkout", "-q", "-b", name, f"origin/HEAD~{number * 7}", cwd=work)
        for step in range(number * number):
            (work / "more.txt").write_text(f"{name} {step}\n")
            git("add", "-A", cwd=work)
            git("commit", "-q", "-m", f"Work on {name}, step {step}", cwd=work)
        git("push", "-q", "origin", name, cwd=work)
    for name in [f"feature/more-{number:02}" for number in range(25)]:
        git("push", "-q", "origin", f"HEAD:refs/heads/{name}", cwd=work)
    git("tag", "-a", "v2.0", "-m", "Version 2.0\n\nFaster, smaller, calmer.", cwd=work)
    git("tag", "v2.0-light", "HEAD~1", cwd=work)
    git("push", "-q", "--tags", "origin", cwd=work)
    for label in ("backend", "written-in-python"):
        server.rest("POST", "projects/SHAPE/repos/shaped/labels", {"name": label})
    server.rest("POST", "projects/SHAPE/repos/shaped", {"name": "shaped fork"})
    sync = f"{server.url}/rest/sync/latest/projects/~admin/repos/shaped-fork"
    fork = server.address("~admin/shaped-fork.git")
    git("commit", "-q", "--allow-empty", "-m", "Ours", cwd=work)
    git("push", "-q", fork, "HEAD:hotfix/crash", cwd=work)
    git("commit", "-q", "--amend", "--allow-empty", "-m", "Theirs", cwd=work)
    git("push", "-q", "origin", "HEAD:hotfix/crash", cwd=work)
    git("checkout", "-q", "release/2.0", cwd=work)
    git("commit", "-q", "--allow-empty", "-m", "Only ours", cwd=work)
    git("push", "-q", fork, "HEAD:release/2.0", cwd=work)
    answer = requests.post(sync, json={"enabled": True}, auth=ADMINISTRATOR, timeout=30)
    assert answer.status_code == 200, answer.text
    server.rest("POST", "projects/SHAPE/repos", {"name": "archived"})
    server.rest("PUT", "projects/SHAPE/repos/archived", {"archived": True})
    return server


PAGES = {
    "branches": f"{R}/branches",
    "branches-of-type": f"{R}/branches?type=BUGFIX&base=release/2.0",
    "branches-none": f"{R}/branches?filter=nothing",
    "branch-create": f"{R}?create-branch",
    "tags": f"{R}/tags",
    "tag-create": f"{R}/tags?create",
    "forks": f"{R}/forks",
    "forks-none": f"{FORK}/forks",
    "fork-create": f"{R}?fork",
    "synchronisation": f"{FORK}/synchronisation",
    "push-log": f"{R}/push-log",
    "settings-of-shaped": f"{R}/settings",
    "settings-branches": f"{R}/settings/branches",
    "settings-branches-override": f"{R}/settings/branches?override",
    "settings-labels": f"{R}/settings/labels",
    "settings-archive": f"{R}/settings/archive",
    "settings-archived": "/projects/SHAPE/repos/archived/settings",
    "archived-empty": "/projects/SHAPE/repos/archived/browse",
    "project-branches": "/projects/SHAPE/settings/branches",
    "project-with-labels": "/projects/SHAPE",
    "admin-policies": "/admin/repository-policies",
}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_every_page_is_fit_to_be_seen(chromium, world, theme, width):
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    wrong, wide = {}, {}
    for name, address in PAGES.items():
        page.goto(world.url + address)
        page.wait_for_load_state("networkidle")
        look(page, f"{name}-{theme if width > 360 else 360}")
        if found := violations(page):
            wrong[name] = found
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide[name] = page.evaluate(WIDEST)
    assert wrong == {}
    assert wide == {}
    assert complaints == []
    context.close()


def test_branches_are_filtered_made_and_deleted(chromium, world):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{R}/branches")
    assert page.locator(".branch-table tbody tr").count() == 25
    page.fill("main input[name=filter]", "not-bold")
    until(page, "document.querySelectorAll('.branch-table tbody tr').length === 1")
    assert "filter=not-bold" in page.url
    page.click("button[aria-label^='Actions for']")
    look(page, "branch-actions")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.select_option("select[name=type]", "HOTFIX")
    page.wait_for_selector("text=No matching branches")
    page.fill("main input[name=filter]", "")
    page.wait_for_selector("a:text-is('hotfix/crash')")
    page.fill("input[name=base]", "hotfix")
    page.wait_for_selector("#ref-names option[value='hotfix/crash']", state="attached")

    page.goto(f"{world.url}{R}/branches")
    page.click("text=Create branch")
    page.select_option("#id_type", "feature/")
    assert page.text_content("[data-prefix]") == "feature/"
    page.fill("#id_name", "brand-new")
    assert page.text_content("[data-full-name]") == "The branch will be called feature/brand-new"
    look(page, "branch-create-typed")
    page.click("button:text-is('Create branch')")
    page.wait_for_url("**/browse?at=refs%2Fheads%2Ffeature%2Fbrand-new")

    page.goto(f"{world.url}{R}/branches?filter=brand-new")
    page.click("button[aria-label='Actions for feature/brand-new']")
    page.click("text=Delete branch …")
    look(page, "branch-delete")
    page.click("button:has-text('Delete feature/brand-new')")
    page.wait_for_url("**/branches")
    assert page.locator("a:text-is('feature/brand-new')").count() == 0
    assert complaints == []
    context.close()


def test_tags_are_made_read_and_deleted(chromium, world):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{R}/tags")
    page.click("text=Create tag")
    page.fill("#id_name", "v3.0")
    page.fill("#id_message", "Third\n\nAnd more of it.")
    page.click("button:text-is('Create tag')")
    page.wait_for_selector("a:text-is('v3.0')")
    page.click("summary:text-is('Third')")
    page.wait_for_selector("pre:has-text('And more of it.')")
    page.click("summary[aria-label='Actions for v3.0']")
    assert page.is_visible("details[open] a:has-text('Download zip')")
    look(page, "tag-actions")
    page.click("details.drop[open] summary:has-text('Delete tag …')")
    page.click("button:has-text('Delete v3.0')")
    page.wait_for_selector("a:text-is('v3.0')", state="detached")
    assert complaints == []
    context.close()


def test_a_repository_is_forked_watched_and_archived(chromium, world):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{R}/forks")
    page.click("main >> text='Fork'")
    page.fill("#id_name", "Another fork")
    page.click("button:has-text('Fork repository')")
    page.wait_for_url("**/users/admin/repos/another-fork/browse")
    page.wait_for_selector("text=forked from")
    look(page, "fork-source")
    page.click("button:has-text('Watch')")
    page.wait_for_selector("button:has-text('Unwatch')")
    page.click("nav[aria-label=Repository] >> text=Repository settings")
    page.click("nav[aria-label=Settings] >> text='Labels'")
    page.fill("#id_name", "Upper")
    page.click("button:has-text('Add label')")
    page.wait_for_selector("text=A label must have 3 to 50 characters")
    assert page.input_value("#id_name") == "Upper"
    page.fill("#id_name", "tried-out")
    page.click("button:has-text('Add label')")
    page.wait_for_selector(".head .chip:text-is('tried-out')")
    page.click("nav[aria-label=Settings] >> text='Archive'")
    page.click("summary:has-text('Archive repository …')")
    look(page, "archive-question")
    page.click("button:has-text('Archive Another fork')")
    page.wait_for_selector("text=This repository is archived")
    look(page, "archived")
    page.click("button:has-text('Bring back Another fork')")
    page.wait_for_selector("text=This repository is archived", state="detached")
    assert complaints == []
    context.close()


def test_a_diverged_branch_is_merged(chromium, world):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{FORK}/synchronisation")
    page.click("summary[aria-label='Merge hotfix/crash']")
    look(page, "synchronisation-merge")
    page.click("button:has-text('Merge into hotfix/crash')")
    page.wait_for_selector("tr:has-text('hotfix/crash') >> text=ahead")
    page.click("summary[aria-label='Discard release/2.0']")
    page.click("button:has-text('Discard release/2.0')")
    page.wait_for_selector("text=release/2.0", state="detached")
    assert complaints == []
    context.close()
