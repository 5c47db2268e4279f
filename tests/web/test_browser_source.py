"""Source, file, editor, finder and keyboard in a real browser, as people use them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import requests

from tests.builders import git
from tests.server import ADMINISTRATOR
from tests.web.test_browser import WIDEST, chromium, listen, look, sign_in, violations

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

BASE = "/projects/EDIT/repos/tools"
EDITOR = Path(__file__).resolve().parents[2] / "web" / "static" / "web" / "editor"
PYTHON = (
    '"""Greet."""\n\n\ndef greet(name: str) -> str:\n    # Say hello.\n    return f"Hello {name}"\n'
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80"><style>rect{fill:#2f6fde}</style>'
    '<rect width="120" height="80"/><script>alert(1)</script></svg>\n'
)
TABLE = (
    "Country;Capital;Inhabitants\n"
    + "Norway;Oslo;709037\nPeru;Lima;10092000\nKenya;Nairobi;4397073\n" * 9
)


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A repository with files of every kind, and some past."""
    work = tmp_path_factory.mktemp("edit") / "work"
    address = server.repository(key="EDIT", name="tools", description="What is edited")
    git("clone", "-q", address, work, cwd=work.parent)
    git("checkout", "-q", "-b", "main", cwd=work)
    for text, message in (
        (PYTHON, "Greet people"),
        (PYTHON.replace("Hello", "Good day"), "Be polite"),
    ):
        (work / "src").mkdir(exist_ok=True)
        (work / "src" / "greet.py").write_text(text)
        git("add", "-A", cwd=work)
        git("commit", "-q", "-m", message, cwd=work)
    (work / "picture.svg").write_text(SVG)
    (work / "countries.csv").write_text(TABLE)
    (work / "README.md").write_text("# Tools\n\nSmall *tools*. ![A picture](picture.svg)\n")
    (work / "none.txt").write_text("")
    (work / "link").symlink_to("src/greet.py")
    git("mv", "src/greet.py", "src/welcome.py", cwd=work)
    git("add", "-A", cwd=work)
    git("commit", "-q", "-m", "Call it welcome, and say what this is", cwd=work)
    git("push", "-q", "origin", "HEAD:main", cwd=work)
    server.rest("POST", "projects/EDIT/repos", {"name": "fresh", "defaultBranch": "main"})
    return server


PAGES = {
    "edit-source": f"{BASE}/browse",
    "edit-file": f"{BASE}/browse/src/welcome.py",
    "edit-blame": f"{BASE}/browse/src/welcome.py?blame=true",
    "edit-history": f"{BASE}/browse/src/welcome.py?history=true",
    "edit-table": f"{BASE}/browse/countries.csv",
    "edit-picture": f"{BASE}/browse/picture.svg",
    "edit-markdown": f"{BASE}/browse/README.md",
    "edit-symlink": f"{BASE}/browse/link",
    "edit-empty-file": f"{BASE}/browse/none.txt",
    "edit-editor": f"{BASE}/edit/src/welcome.py",
    "edit-create": f"{BASE}/create?path=src",
    "edit-rename": f"{BASE}/rename/src/welcome.py",
    "edit-delete": f"{BASE}/delete/src/welcome.py",
    "edit-finder": f"{BASE}/find-file?filter=e",
    "edit-empty-repository": "/projects/EDIT/repos/fresh/browse",
    "edit-keyboard": "/-/keyboard",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_fit_to_be_seen(chromium, world, theme):
    """In both themes and at 360 pixels, without a complaint of axe or of the browser."""
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    wrong, wide = {}, {}
    for name, address in PAGES.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(world.url + address)
        page.wait_for_load_state("networkidle")
        look(page, f"{name}-{theme}")
        wrong[name] = violations(page)
        page.set_viewport_size({"width": 360, "height": 740})
        look(page, f"{name}-{theme}-360")
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide[name] = page.evaluate(WIDEST)
        wrong[f"{name}-360"] = violations(page)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert wide == {}
    assert complaints == []
    context.close()


def typed(page, text):
    """Put a text in the place of all that the editor holds."""
    page.wait_for_selector(".cm-content")
    page.click(".cm-content")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def raw(world, path, at="refs/heads/main"):
    url = f"{world.url}{BASE}/raw/{path}"
    return requests.get(url, {"at": at}, auth=ADMINISTRATOR, timeout=30).text


def test_a_file_is_created_edited_renamed_and_deleted(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/browse")
    page.click("summary[aria-label=More]")
    look(page, "edit-more")
    page.click("text=Create file")
    page.wait_for_selector(".cm-editor")
    page.click("[data-open-commit]")
    # The path is asked for first.
    assert not page.locator("#commit-dialog").is_visible()
    page.fill("[name=path]", "notes/plan.md")
    typed(page, "# Plan\n\n- one\n")
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_selector("#commit-dialog[open]")
    look(page, "edit-commit-dialog")
    page.keyboard.press("Escape")
    assert not page.locator("#commit-dialog").is_visible()
    page.click("[data-open-commit]")
    page.fill("#commit-dialog [name=message]", "Plan ahead")
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_url("**/browse/notes/plan.md?at=**")
    assert raw(world, "notes/plan.md") == "# Plan\n\n- one\n"
    page.wait_for_selector(".last-change:has-text('Plan ahead')")

    # Edited, while somebody else edits it too.
    page.keyboard.press("e")
    page.wait_for_selector(".cm-editor")
    url = f"{world.url}/rest/api/latest/projects/EDIT/repos/tools"
    tip = requests.get(f"{url}/commits?limit=1", auth=ADMINISTRATOR, timeout=30).json()["values"][0]
    other = {"content": "# Plan\n\n- theirs\n", "branch": "main", "sourceCommitId": tip["id"]}
    answer = requests.put(
        f"{url}/browse/notes/plan.md",
        files={name: (None, value) for name, value in other.items()},
        auth=ADMINISTRATOR,
        timeout=30,
    )
    assert answer.ok, answer.text
    typed(page, "# Plan\n\n- mine\n")
    page.click("[data-open-commit]")
    page.click("#commit-dialog button:has-text('Commit')")
    page.wait_for_selector("text=Your text is kept below")
    look(page, "edit-conflict")
    assert "- mine" in page.text_content(".cm-content")
    page.click("[data-open-commit]")
    page.check("#commit-dialog [value=new]")
    page.fill("#commit-dialog [name=branch]", "mine")
    look(page, "edit-new-branch")
    page.click("#commit-dialog button:has-text('Commit')")
    page.wait_for_url("**/browse/notes/plan.md?at=refs%2Fheads%2Fmine")
    assert "- mine" in raw(world, "notes/plan.md", "refs/heads/mine")
    assert "- theirs" in raw(world, "notes/plan.md")

    page.goto(f"{world.url}{BASE}/browse/notes/plan.md")
    page.click("summary[aria-label=More]")
    page.click("text=Rename or move")
    page.fill("[name=path]", "notes/road.md")
    page.click("button:has-text('Rename')")
    page.wait_for_url("**/browse/notes/road.md?at=**")
    page.click("text=History")
    page.wait_for_selector("text=Renamed from")
    page.click("summary[aria-label=More]")
    page.click(".menu a:has-text('Delete')")
    page.click("button:has-text('Delete file')")
    page.wait_for_url("**/browse?at=**")
    assert page.locator("td a:has-text('notes')").count() == 0
    assert [one for one in complaints if "409" not in one] == []


def test_leaving_with_unsaved_text_is_asked_for(chromium, world):
    page = chromium.new_context().new_page()
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/edit/src/welcome.py")
    typed(page, "changed")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{world.url}{BASE}/browse")
    assert asked == ["beforeunload"]


def test_files_are_edited_without_scripts(chromium, world):
    page = chromium.new_context(java_script_enabled=False).new_page()
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/create")
    page.fill("[name=path]", "plain.txt")
    page.fill("[name=content]", "plain\ntext\n")
    page.check("[value=here]")
    page.click("button:has-text('Commit') >> visible=true")
    page.wait_for_url("**/browse/plain.txt?at=**")
    assert raw(world, "plain.txt") == "plain\ntext\n"
    page.goto(f"{world.url}{BASE}/find-file?filter=plain")
    page.click("#found-files a")
    page.wait_for_url("**/browse/plain.txt")


def test_blame_leads_to_what_was_before(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/browse/src/welcome.py")
    page.keyboard.press("l")
    page.wait_for_selector("td.blame")
    page.click("a.blame-before")
    page.wait_for_selector("td.blame")
    assert "src/greet.py" in page.url and "blame=true" in page.url
    assert "Hello" in page.text_content("table.code")


def test_a_drawing_runs_no_script_as_a_picture_or_by_its_address(chromium, world):
    page = chromium.new_context().new_page()
    sign_in(page, world)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{world.url}{BASE}/browse/picture.svg")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") == 120
    page.goto(f"{world.url}{BASE}/browse/README.md")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('.markup img').naturalWidth") == 120
    got = page.goto(f"{world.url}{BASE}/raw/picture.svg?preview=1")
    assert got.headers["content-type"].startswith("text/plain")
    # As a browser that does not say what asks for it.
    page.route("**/raw/picture.svg*", lambda route: route.continue_(headers={**route.request.headers, "sec-fetch-dest": "image"}))  # fmt: skip
    page.goto(f"{world.url}{BASE}/raw/picture.svg?preview=1")
    assert dialogs == []


def test_the_finder_follows_what_is_typed(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/browse/src")
    page.keyboard.press("f")
    page.wait_for_url("**/find-file")
    page.wait_for_selector("#found-files .chosen")
    page.keyboard.type("swlpy")
    page.wait_for_selector("#found-files li:only-child")
    look(page, "edit-finder-typed")
    assert page.text_content("#found-files mark >> nth=0") == "s"
    assert "filter=swlpy" in page.url
    page.keyboard.press("Enter")
    page.wait_for_url("**/browse/src/welcome.py")
    assert complaints == []


def test_the_keyboard_leads_everywhere(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}{BASE}/browse")
    page.keyboard.press("?")
    page.wait_for_selector("#keyboard-dialog[open] h3")
    look(page, "edit-keyboard-dialog")
    # Keys do nothing behind a dialog.
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    assert not page.locator("#keyboard-dialog").is_visible()
    for keys, address in (
        ("gc", "**/commits"),
        ("gb", "**/branches"),
        ("gt", "**/tags"),
        ("gs", "**/browse"),
    ):
        page.keyboard.type(keys)
        page.wait_for_url(address)
    page.keyboard.press("[")
    page.wait_for_selector("html[data-sidebar=narrow]")
    page.wait_for_load_state("networkidle")
    look(page, "edit-sidebar")
    page.reload()
    assert page.get_attribute("html", "data-sidebar") == "narrow"
    assert page.locator("nav.side a").first.bounding_box()["width"] < 60
    page.keyboard.press("[")
    page.wait_for_selector("html:not([data-sidebar])")
    page.keyboard.type("gp")
    page.wait_for_url("**/projects")

    page.goto(f"{world.url}/-/keyboard")
    page.uncheck("[name=shortcuts]")
    page.click("button:has-text('Save')")
    page.wait_for_selector("text=turned off in this browser")
    page.goto(f"{world.url}{BASE}/browse")
    page.keyboard.type("gc?[f")
    page.wait_for_timeout(300)
    assert page.url.endswith("/browse")
    assert not page.locator("#keyboard-dialog").is_visible()
    assert complaints == []


def test_the_editor_weighs_little_and_is_fetched_by_its_page_alone(chromium, world):
    page = chromium.new_context().new_page()
    sign_in(page, world)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{world.url}{BASE}/browse/src/welcome.py")
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "/editor/" in url]
    page.goto(f"{world.url}{BASE}/edit/src/welcome.py")
    page.wait_for_selector(".cm-editor")
    page.wait_for_load_state("networkidle")
    names = {url.rsplit("/", 1)[1].split("?")[0] for url in fetched if "/editor/" in url}
    parts = [EDITOR / name for name in names if (EDITOR / name).exists()]
    sizes = sum(len(gzip.compress(part.read_bytes())) for part in parts)
    # The editor and one language, of the hundred that are there.
    assert 3 <= len(names) <= 8
    assert sizes < 220_000
    assert sum(one.stat().st_size for one in EDITOR.iterdir()) < 2_500_000
