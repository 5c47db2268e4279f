"""Commits, diffs and comparisons in a real browser: looked at, and used as people use them."""

from __future__ import annotations

import pytest

from tests.builders import git
from tests.web.test_browser import WIDEST, chromium, listen, look, sign_in, violations

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

BASE = "/projects/LOOK/repos/past"
PYTHON = '''"""Greet people, in one language."""

GREETING = "Hello"


def greet(name: str) -> str:
    # Say hello.
    return f"{GREETING} {name}"


def leave(name: str) -> str:
    return f"Goodbye {name}"
'''


def commit(work, message, *, files=(), author="Ada Author <ada@example.com>"):
    for path, text in files:
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    git("add", "-A", cwd=work)
    git("commit", "-q", "--allow-empty", "-m", message, "--author", author, cwd=work)


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A history with merges, renames, a large change, and branches to compare."""
    work = tmp_path_factory.mktemp("past") / "work"
    address = server.repository(key="LOOK", name="past", description="What happened")
    git("clone", "-q", address, work, cwd=work.parent)
    git("checkout", "-q", "-b", "main", cwd=work)
    commit(
        work,
        "Greet people",
        files=[("src/app/greet.py", PYTHON), ("picture.bin", bytes(range(256)))],
    )
    for number in range(70):
        if number % 9 == 4:
            git("checkout", "-q", "-b", f"topic/{number}", cwd=work)
            for step in range(1 + number % 3):
                commit(
                    work,
                    f"Step {step} of topic {number}",
                    files=[(f"topics/{number}.txt", f"{step}\n")],
                    author="Grace Hopper <grace@example.com>",
                )
            git("checkout", "-q", "main", cwd=work)
            commit(work, f"Note {number}", files=[("notes.txt", f"note {number}\n")])
            git(
                "merge", "-q", "--no-ff", "-m", f"Merge topic {number}", f"topic/{number}", cwd=work
            )
        else:
            commit(work, f"Note {number}", files=[("notes.txt", f"note {number}\n")])
    git("tag", "-a", "-m", "one", "v1.0", cwd=work)
    git("checkout", "-q", "-b", "feature/polite", cwd=work)
    polite = PYTHON.replace("Hello", "Good day").replace("in one language", "in a polite language")
    git("mv", "src/app/greet.py", "src/app/welcome.py", cwd=work)
    commit(
        work,
        "Be polite\n\nNobody said hello before, and now everybody\nis greeted as they should be.",
        files=[
            ("src/app/welcome.py", polite),
            ("src/app/<b>odd & name</b>.txt", "<script>alert(1)</script>\n"),
            ("docs/guide/start.md", "# Start\n\nRead this.\n" * 8),
            ("picture.bin", bytes(reversed(range(256)))),
            ("notes.txt", "note 69, and more\nwithout an end"),
        ],
    )
    server.polite = git("rev-parse", "HEAD", cwd=work)
    commit(
        work,
        "Many files",
        files=[(f"many/part{n % 6}/file{n:03}.txt", f"{n}\n" * 3) for n in range(80)],
    )
    server.many = git("rev-parse", "HEAD", cwd=work)
    git("checkout", "-q", "main", cwd=work)
    commit(work, "Something else meanwhile", files=[("else.txt", "else\n")])
    server.merge = git("rev-list", "--merges", "-1", "HEAD", cwd=work)
    git("push", "-q", "--all", "origin", cwd=work)
    git("push", "-q", "--tags", "origin", cwd=work)
    server.rest("POST", "projects/LOOK/repos", {"name": "nothing", "defaultBranch": "main"})
    server.ids = {"polite": server.polite, "many": server.many, "merge": server.merge}
    return server


PAGES = {
    "commits-list": f"{BASE}/commits",
    "commits-filtered": f"{BASE}/commits?author=grace&merges=exclude",
    "commits-file": f"{BASE}/commits?until=feature/polite&path=src/app/welcome.py&followRenames=true",
    "commits-none": f"{BASE}/commits?author=nobody",
    "commits-empty": "/projects/LOOK/repos/nothing/commits",
    "commit-unified": f"{BASE}/commits/{{polite}}?diff=unified",
    "commit-side": f"{BASE}/commits/{{polite}}?diff=side",
    "commit-merge": f"{BASE}/commits/{{merge}}?diff=unified",
    "commit-many": f"{BASE}/commits/{{many}}",
    "compare-start": f"{BASE}/compare",
    "compare-diff": f"{BASE}/compare/diff?sourceBranch=refs/heads/feature/polite",
    "compare-commits": f"{BASE}/compare/commits?sourceBranch=refs/heads/feature/polite",
    "compare-none": f"{BASE}/compare/diff?sourceBranch=refs/heads/main&targetBranch=refs/heads/feature/polite&x=1",
    "compare-same": f"{BASE}/compare/diff?sourceBranch=refs/tags/v1.0",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_fit_to_be_seen(chromium, world, theme):
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": 1280, "height": 900}, bypass_csp=True
    )
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    wrong, wide = {}, {}
    for name, address in PAGES.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(world.url + address.format(**world.ids))
        page.wait_for_load_state("networkidle")
        look(page, f"{name}-{theme}")
        wrong[name] = violations(page)
        page.set_viewport_size({"width": 360, "height": 740})
        look(page, f"{name}-{theme}-360")
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide[name] = page.evaluate(WIDEST)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert wide == {}
    assert complaints == []
    context.close()


def test_reading_a_diff_with_the_keyboard_and_talking_about_a_line(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/commits/{world.polite}?diff=unified")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("j")
    first = page.get_attribute("section.diff.current", "data-path")
    page.keyboard.press("k")
    assert page.get_attribute("section.diff.current", "data-path") != first
    page.keyboard.press("n")
    page.wait_for_selector("tr.current")
    page.fill("[data-tree-filter]", "welcome")
    assert page.locator(".diff-tree nav a:visible").count() == 1

    line = page.locator("section[data-path='src/app/welcome.py'] tr.added td.text").first
    line.hover()
    page.click("button.talk-add")
    page.fill("tr.talk-new textarea", "Why so **formal**?")
    page.click("tr.talk-new >> text=Preview")
    page.wait_for_selector("tr.talk-new .preview strong:has-text('formal')")
    page.check("tr.talk-new >> text=Task")
    page.click("tr.talk-new button:has-text('Comment')")
    page.wait_for_selector("tr.talk .comment:has-text('Why so formal?')")
    page.click(".comment summary:has-text('Reply')")
    page.fill(".comment .comment-form textarea:visible", "Because it is.")
    page.click(".comment button:has-text('Reply')")
    page.wait_for_selector(".replies:has-text('Because it is.')")
    page.click("button:has-text('Mark as done')")
    page.wait_for_selector("text=task done")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.locator(".comment").first.scroll_into_view_if_needed()
        look(page, f"commit-talk-{theme}")
    page.set_viewport_size({"width": 360, "height": 740})
    look(page, "commit-talk-360")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints == []


def test_files_and_commits_come_as_the_reader_gets_there(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/commits/{world.many}#many/part5/file077.txt")
    page.wait_for_selector("section[data-path='many/part5/file077.txt'] table", state="attached")
    page.goto(f"{world.url}{BASE}/commits")
    page.wait_for_load_state("networkidle")
    before = page.locator("#commits-table tbody tr").count()
    page.click("text=Load more commits")
    page.wait_for_selector(f"#commits-table tbody tr >> nth={before}", state="attached")
    assert page.url.endswith("/commits")
    page.click("summary:has-text('Filter')")
    page.fill("input[name=author]", "grace")
    page.wait_for_url("**author=grace**")
    page.wait_for_selector("text=Show all commits")
    page.goto(f"{world.url}{BASE}/compare")
    page.wait_for_load_state("networkidle")
    page.click("summary:has-text('Choose')")
    page.fill("input[name=sourceBranch]:visible", "polite")
    page.click("#source-choices >> text=feature/polite")
    page.wait_for_selector("text=2 commits ahead")
    page.click("[aria-label='Swap source and target']")
    page.wait_for_selector("text=1 commit ahead")
    assert complaints == []
