"""The pages in a real browser: every one looked at in light, dark and at 360 px, and used as people use them."""

from __future__ import annotations

import os
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from django.test import RequestFactory

from tests import ssh_keys
from tests.builders import git
from tests.git.histories import everything
from tests.server import ADMINISTRATOR
from web.frame import views

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"
AXE = Path(__file__).with_name("axe.min.js")


def _chromium() -> str | None:
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


@pytest.fixture(scope="module")
def chromium():
    program = _chromium()
    if program is None:
        assert not os.environ.get("CI"), "Chromium is missing, and CI must not skip it"
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    """A project with a repository that has something of everything, an empty one, and people."""
    folder = tmp_path_factory.mktemp("world")
    address = server.repository(key="SHOW", name="everything", description="What there is")
    source = everything(folder / "source.git", commits=120)
    git("push", "-q", "--all", address, cwd=source)
    git("push", "-q", "--tags", address, cwd=source)
    git("clone", "-q", address, "work", cwd=folder)
    work = folder / "work"
    (work / "README.md").write_text(
        "# Everything\n\nA *readme* with a [link](dir1/), a table and code.\n\n"
        "| Name | Value |\n| --- | --- |\n| a | 1 |\n\n```python\nprint('hello')\n```\n\n- [x] done\n- [ ] open\n"
    )
    (work / "main.py").write_text(
        '"""A module."""\n\n\ndef greet(name: str) -> str:\n    # Say hello.\n    return f"Hello {name}"\n'
        * 20
    )
    (work / "picture.bin").write_bytes(bytes(range(256)))
    git("add", "-A", cwd=work)
    git("commit", "-q", "-m", "Say what this is\n\nWith a body that explains why.", cwd=work)
    git("push", "-q", "origin", "HEAD", cwd=work)
    server.rest("POST", "projects/SHOW/repos", {"name": "empty", "defaultBranch": "main"})
    server.rest(
        "PUT", "projects/SHOW/permissions/groups", name="stash-users", permission="PROJECT_READ"
    )
    server.ssh_key(ssh_keys.mine())
    robot = ssh_keys.make(folder / "robot").with_suffix(".pub").read_text()
    for where, step in (
        ("projects/SHOW", "PROJECT_READ"),
        ("projects/SHOW/repos/everything", "REPO_WRITE"),
    ):
        body = {"key": {"text": robot, "label": "build server"}, "permission": step}
        answer = requests.post(
            f"{server.url}/rest/keys/1.0/{where}/ssh", auth=ADMINISTRATOR, json=body, timeout=30
        )
        assert answer.status_code == 201, answer.text
    link = requests.post(
        f"{server.url}/rest/oauth2/1.0/client",
        json={
            "name": "Nightly builds",
            "redirects": ["https://builds.example.com/oauth/callback"],
            "scopes": ["REPO_READ", "REPO_WRITE", "ACCOUNT_WRITE"],
        },
        auth=ADMINISTRATOR,
        timeout=30,
    ).json()
    server.tip = git("rev-parse", "HEAD", cwd=work)
    server.names = {"tip": server.tip, "link": link["id"], "client": link["clientId"]}
    return server


PAGES = {
    "dashboard": "/dashboard",
    "projects": "/projects",
    "project": "/projects/SHOW",
    "create-project": "/projects?create",
    "repositories": "/repos",
    "create-where": "/repos/create",
    "create-repository": "/projects/SHOW/repos?create",
    "profile": "/users/admin",
    "empty": "/projects/SHOW/repos/empty/browse",
    "source": "/projects/SHOW/repos/everything/browse",
    "folder": "/projects/SHOW/repos/everything/browse/dir1",
    "file": "/projects/SHOW/repos/everything/browse/main.py",
    "markdown": "/projects/SHOW/repos/everything/browse/README.md",
    "binary": "/projects/SHOW/repos/everything/browse/picture.bin",
    "commits": "/projects/SHOW/repos/everything/commits",
    "commit": "/projects/SHOW/repos/everything/commits/{tip}",
    "branch-permissions": "/projects/SHOW/repos/everything/settings/branch-permissions",
    "merge-settings": "/projects/SHOW/repos/everything/settings/pull-requests",
    "default-reviewers": "/projects/SHOW/repos/everything/settings/default-reviewers",
    "project-merge-settings": "/projects/SHOW/settings/pull-requests",
    "pull-requests": "/projects/SHOW/repos/everything/pull-requests",
    "branches": "/projects/SHOW/repos/everything/branches",
    "tags": "/projects/SHOW/repos/everything/tags",
    "settings": "/projects/SHOW/repos/everything/settings",
    "permissions": "/projects/SHOW/repos/everything/permissions",
    "delete": "/projects/SHOW/repos/everything/settings/delete",
    "project-settings": "/projects/SHOW/settings",
    "project-permissions": "/projects/SHOW/permissions",
    "project-delete": "/projects/SHOW/settings/delete",
    "app-passwords": "/account/app-passwords",
    "access-tokens": "/account/access-tokens",
    "ssh-keys": "/account/ssh-keys",
    "access-keys": "/projects/SHOW/repos/everything/settings/access-keys",
    "project-access-keys": "/projects/SHOW/settings/access-keys",
    "admin-ssh": "/admin/ssh",
    "admin-authentication": "/admin/authentication",
    "admin-server": "/admin/server-settings",
    "account": "/account",
    "admin-rate-limiting": "/admin/rate-limiting",
    "sessions": "/account/sessions",
    "tokens": "/projects/SHOW/repos/everything/settings/access-tokens",
    "project-tokens": "/projects/SHOW/settings/access-tokens",
    "admin-audit": "/admin/audit",
    "audit": "/projects/SHOW/repos/everything/settings/audit",
    "project-audit": "/projects/SHOW/settings/audit",
    "own-password": "/account/password",
    "notifications": "/account/notifications",
    "admin-mail": "/admin/mail-server",
    "admin-jobs": "/admin/jobs",
    "project-webhooks": "/projects/SHOW/settings/webhooks",
    "webhook-create": "/projects/SHOW/repos/everything/settings/webhooks/create",
    "admin-users": "/admin/users",
    "admin-user": "/admin/users/view?name=admin",
    "admin-user-erasure": "/admin/users/erase",
    "admin-groups": "/admin/groups",
    "admin-group": "/admin/groups/view?name=stash-users",
    "admin-permissions": "/admin/permissions",
    "admin-oauth": "/admin/oauth",
    "admin-oauth-link": "/admin/oauth/view?id={link}",
    "authorise": "/rest/oauth2/latest/authorize?response_type=code&client_id={client}&state=x",
    "authorise-unknown": "/rest/oauth2/latest/authorize?response_type=code&client_id=none",
    "authorised-applications": "/account/authorised-applications",
    "not-found": "/projects/NONE",
}


WIDEST = """[...document.querySelectorAll('main *, header *')].filter(
  (one) => one.getBoundingClientRect().right > 361 && !one.closest('.scroll, .commands, .side')
).map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""


def sign_in(page, server, who=ADMINISTRATOR):
    page.set_default_timeout(10_000)
    page.goto(f"{server.url}/login")
    page.fill("#j_username", who[0])
    page.fill("#j_password", who[1])
    page.click("#submit")
    page.wait_for_url("**/dashboard")


def until(page, expression):
    """Wait until an expression is true; asked from outside, since pages let nobody evaluate texts."""
    deadline = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def listen(page):
    """Collect what the browser complains of: errors of scripts, refused resources."""
    complaints = []
    page.on(
        "response",
        lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 500 else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{message.text} {message.location}")
            if message.type in {"error", "warning"}
            and not any(f"status of {code}" in message.text for code in (400, 404))
            else None
        ),
    )
    return complaints


def look(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def violations(page):
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['help']} at {[node['html'][:150] for node in one['nodes'][:3]]}"
        for one in found
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_fit_to_be_seen(chromium, world, theme):
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    complaints = listen(page)
    page.goto(f"{world.url}/login")
    look(page, f"login-{theme}")
    wrong = {"login": violations(page)}
    sign_in(page, world)
    for name, address in PAGES.items():
        page.goto(world.url + address.format(**world.names))
        page.wait_for_load_state("networkidle")
        look(page, f"{name}-{theme}")
        wrong[name] = violations(page)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert complaints == []
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_refusals_are_pages_too(chromium, world, theme):
    """401 for somebody who may only read, 404, and the page of an accident."""
    reader = world.user(f"reader-{theme}")
    context = chromium.new_context(
        color_scheme=theme, viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    page = context.new_page()
    html = views.broken(RequestFactory().get("/broken")).content
    page.route("**/broken", lambda route: route.fulfill(body=html, content_type="text/html"))
    sign_in(page, world, reader)
    wrong = {}
    for name, address in (
        ("404", "/projects/NONE"),
        ("500", "/broken"),
        ("401", "/projects/SHOW/settings"),
    ):
        page.goto(world.url + address)
        look(page, f"refusal-{name}-{theme}")
        page.set_viewport_size({"width": 360, "height": 740})
        look(page, f"refusal-{name}-{theme}-360")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_viewport_size({"width": 1280, "height": 800})
        wrong[name] = violations(page)
    assert {name: found for name, found in wrong.items() if found} == {}
    context.close()


def test_every_page_fits_into_360_pixels(chromium, world):
    context = chromium.new_context(
        color_scheme="light", viewport={"width": 360, "height": 740}, bypass_csp=True
    )
    page = context.new_page()
    sign_in(page, world)
    wide, wrong = {}, {}
    for name, address in PAGES.items():
        page.goto(world.url + address.format(**world.names))
        page.wait_for_load_state("networkidle")
        look(page, f"{name}-360")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[name] = width, page.evaluate(WIDEST)
        if found := violations(page):
            wrong[name] = found
    assert wide == {}
    assert wrong == {}
    context.close()


def test_from_signing_in_to_reading_what_was_pushed(chromium, world, tmp_path):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.click("summary[aria-label=Create]")
    page.click(".menu a:has-text('Project')")
    page.fill("#id_name", "Fresh Start")
    assert page.input_value("#id_key") == "FS"
    page.click("text=Create project")
    page.wait_for_url("**/projects/FS")
    page.click("main a:has-text('Create repository')")
    page.fill("#id_name", "My First Repo")
    assert page.text_content("#slug") == "my-first-repo"
    page.click("button:has-text('Create repository')")
    page.wait_for_url("**/projects/FS/repos/my-first-repo/browse")
    commands = page.text_content("pre.commands >> nth=0")
    assert f"git remote add origin {world.url}/scm/fs/my-first-repo.git" in commands

    work = tmp_path / "work"
    work.mkdir()
    git("init", "-q", "-b", "main", cwd=work)
    (work / "hello.py").write_text("print('hello')\n" * 30)
    git("add", "-A", cwd=work)
    git("commit", "-q", "-m", "begin", cwd=work)
    # As the page says, with the credentials that git would ask for.
    git("remote", "add", "origin", world.address("fs/my-first-repo.git"), cwd=work)
    git("push", "-q", "-u", "origin", "HEAD:main", cwd=work)

    page.reload()
    page.click("text=hello.py")
    page.wait_for_url("**/browse/hello.py*")
    page.click("a[data-line='3']")
    page.click("a[data-line='5']", modifiers=["Shift"])
    assert page.url.endswith("#L3-5")
    until(page, "document.querySelectorAll('tr.chosen').length === 3")
    page.click("nav[aria-label=Repository] >> text=Commits")
    page.click("text=begin")
    page.wait_for_selector("text=1 file changed")
    assert complaints == []


def test_the_six_steps_of_an_app_password(chromium, world, tmp_path):
    """Avatar, Manage account, App passwords, Create, copy, use; then revoke."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.url)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.click("#current-user")
    page.click("text=Manage account")
    page.click("nav[aria-label=Account] >> text=App passwords")
    page.wait_for_url("**/account/app-passwords")
    page.fill("#id_name", "laptop")
    page.check("text=Repositories: read")
    page.click("button:has-text('Create app password')")
    text = page.input_value("#secret-text")
    look(page, "app-password-made-light")
    page.click("button[aria-label='Copy the app password']")
    until(page, "document.getElementById('status').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == text

    address = world.address("show/everything.git", (ADMINISTRATOR[0], text))
    git("clone", "-q", address, "clone", cwd=tmp_path)
    told = git("push", "-q", address, "HEAD:refs/heads/no", cwd=tmp_path / "clone", check=False)
    assert "403" in told

    page.reload()
    assert text not in page.content()
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("button[aria-label='Revoke laptop']")
    # Other stories make app passwords of the same person: only this one must be gone.
    page.wait_for_selector("button[aria-label='Revoke laptop']", state="detached")
    told = git("ls-remote", address, cwd=tmp_path, check=False)
    assert "Authentication failed" in told
    assert complaints == []


@pytest.fixture
def desktop():
    """A program on the same machine that listens for the answer, and thanks for it."""

    class Thanks(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/on"):
                self.send_response(302)
                # A host that is nowhere: the browser sets out for it, or it does not.
                self.send_header("Location", "https://app.invalid/done")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<link rel=icon href=data:,><p>Thank you")

        def log_message(self, *_):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Thanks)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def test_an_application_is_registered_allowed_and_revoked(chromium, world, desktop):
    """Secret copied once, consent with the keyboard, tokens used, the end of it; in every width and theme."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.url)
    page = context.new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}/admin/oauth")
    back = f"{desktop}/callback"
    page.fill("#id_name", "Desktop")
    page.fill("#id_redirect_uris", "http://desktop.example.com/")
    page.check("text=Read repositories")
    page.click("button:has-text('Register')")
    page.wait_for_selector("text=use https")
    assert page.input_value("#id_name") == "Desktop"
    page.fill("#id_redirect_uris", back)
    page.click("button:has-text('Register')")
    secret = page.input_value("#secret-text")
    client_id = page.input_value("#client-id")
    page.click("button[aria-label='Copy client secret']")
    until(page, "document.getElementById('status').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        look(page, f"oauth-made-{theme}")

    asked = f"{world.url}/rest/oauth2/latest/authorize?response_type=code&client_id={client_id}&state=s1"
    page.goto(asked)
    page.click("button:has-text('Deny')")
    page.wait_for_url(f"{back}?error=access_denied**")
    page.goto(asked)
    page.keyboard.press("Tab")
    page.focus("button:has-text('Allow')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{back}?code=**state=s1")
    form = {"grant_type": "authorization_code", "redirect_uri": back}
    form["code"] = page.url.split("code=")[1].split("&")[0]
    url = f"{world.url}/rest/oauth2/latest/token"
    given = requests.post(url, form, auth=(client_id, secret), timeout=30).json()
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    projects = f"{world.url}/rest/api/latest/projects"
    assert requests.get(projects, headers=headers, timeout=30).ok

    page.goto(f"{world.url}/account/authorised-applications")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        look(page, f"authorised-{theme}")
    page.set_viewport_size({"width": 360, "height": 740})
    look(page, "authorised-360")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("button[aria-label='Revoke Desktop']")
    page.wait_for_selector("button[aria-label='Revoke Desktop']", state="detached")
    assert requests.get(projects, headers=headers, timeout=30).status_code == 401
    page.goto(f"{world.url}/admin/oauth")
    page.click("a:has-text('Desktop')")
    page.click("summary[aria-label='Delete Desktop']")
    look(page, "oauth-delete-360")
    assert (
        page.evaluate("document.querySelector('details[open] .menu').getBoundingClientRect().left")
        >= 0
    )
    page.click("button:has-text('Delete Desktop')")
    page.wait_for_url("**/admin/oauth")
    assert page.locator("a:has-text('Desktop')").count() == 0
    assert complaints == []


def test_the_way_back_may_lead_through_several_hosts(chromium, world, desktop):
    """Browsers hold each redirect after a form against `form-action`: the application's own page may go on."""
    link = requests.post(
        f"{world.url}/rest/oauth2/1.0/client",
        json={"name": "Roundabout", "redirects": [f"{desktop}/on"], "scopes": ["REPO_READ"]},
        auth=ADMINISTRATOR,
        timeout=30,
    ).json()
    page = chromium.new_context().new_page()
    page.set_default_timeout(10_000)
    complaints = listen(page)
    page.goto(f"{world.url}{PAGES['authorise'].format(client=link['clientId'])}")
    page.fill("#j_username", ADMINISTRATOR[0])
    page.fill("#j_password", ADMINISTRATOR[1])
    page.click("#submit")
    with page.expect_event("requestfailed", lambda one: "app.invalid" in one.url) as failed:
        page.click("button:has-text('Allow')")
    assert "ABORTED" not in failed.value.failure
    assert not [one for one in complaints if "Content Security Policy" in one]


def test_the_branch_selector_finds_while_one_types(chromium, world):
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    complaints = listen(page)
    sign_in(page, world)
    page.goto(f"{world.url}/projects/SHOW/repos/everything/browse")
    # The last commits come after the names, by themselves.
    page.wait_for_selector("td:has-text('Say what this is')")
    page.keyboard.press("b")
    page.wait_for_selector("#ref-choices .label")
    page.keyboard.type("side/2")
    page.wait_for_selector("#ref-choices a:has-text('side/20')")
    page.click("#ref-choices a:has-text('side/20')")
    page.wait_for_url("**at=refs%2Fheads%2Fside%2F20")
    page.keyboard.press("/")
    page.keyboard.type("everyth")
    page.wait_for_selector("#found a:has-text('everything')")
    page.goto(f"{world.url}/repos")
    page.fill("input[aria-label^='Filter by name']", "no such name")
    page.wait_for_selector("text=No matching repositories")
    assert "filter=no" in page.url
    assert complaints == []


def test_the_theme_is_chosen_in_the_menu(chromium, world):
    page = chromium.new_context(color_scheme="light").new_page()
    sign_in(page, world)
    page.click("#current-user")
    page.click("button:has-text('Dark')")
    page.wait_for_load_state()
    assert page.get_attribute("html", "data-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#current-user")
    page.click("button:has-text('Light')")
    page.wait_for_load_state()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_pages_are_read_and_forms_are_sent_without_scripts(chromium, world):
    page = chromium.new_context(java_script_enabled=False).new_page()
    sign_in(page, world)
    page.goto(f"{world.url}/projects/SHOW/repos/everything/browse")
    page.click("text=main.py")
    assert "def" in page.text_content("table.code")
    page.goto(f"{world.url}/projects?filter=SHOW")
    assert page.locator("#projects-container tbody tr").count() == 1
    page.goto(f"{world.url}/projects/SHOW/repos?create")
    page.fill("#id_name", "without scripts")
    page.click("button:has-text('Create repository')")
    page.wait_for_url("**/repos/without-scripts/browse")


def test_a_page_weighs_little(chromium, world):
    """Everything that a page without the editor loads stays under 100 KB compressed."""
    page = chromium.new_context().new_page()
    sign_in(page, world)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{world.url}/projects/SHOW/repos/everything/browse")
    page.wait_for_load_state("networkidle")
    assert 5_000 < sum(sizes) < 100_000
