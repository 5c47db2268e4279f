"""Pages answer, forms work and keep what was typed, and nothing that somebody pushed becomes a script."""

from __future__ import annotations

import base64
import re
import subprocess

import pytest
from django.test import Client

from repos import storage
from repos.models import Project, Repository
from tests import builders

pytestmark = pytest.mark.django_db

R = "/projects/PRJ/repos/repo"


@pytest.fixture
def world(db):
    project = builders.project("PRJ", name="The project")
    repository = builders.repository(project, "repo", content=True)
    alice = builders.user("alice")
    builders.grant(project, alice, "PROJECT_ADMIN")
    return repository


def browser(name: str | None = "alice", **options) -> Client:
    client = Client(raise_request_exception=False, **options)
    if name:
        assert _log_in(client, name)
    return client


def _log_in(client: Client, name: str):
    body = {"j_username": name, "j_password": builders.PASSWORD}
    token = {}
    if client.handler.enforce_csrf_checks:
        client.get("/login")
        token = {"csrfmiddlewaretoken": client.cookies["bitbucket_csrf"].value}
    return client.post("/j_atl_security_check", body | token).status_code == 302


PAGES = [
    "/dashboard", "/projects", "/projects/PRJ", "/projects/PRJ/repos?create", "/repos",
    "/repos/create", "/users/alice", f"{R}/browse", f"{R}/browse/docs/deep", f"{R}/browse/README.md",
    f"{R}/browse/README.md?source=1", f"{R}/browse/src/main.py?at=refs/heads/main",
    f"{R}/browse/data/blob.bin", f"{R}/browse/link", f"{R}/commits", f"{R}/commits?path=src",
    f"{R}/commits/main", f"{R}/branches", f"{R}/tags", f"{R}/settings", f"{R}/permissions",
    f"{R}/settings/delete", "/projects/PRJ/settings", "/projects/PRJ/permissions",
    "/projects/PRJ/settings/delete", f"{R}/last-changes", f"{R}/last-changes/docs", f"{R}/find-refs?q=one",
    "/-/recent", "/-/search?filter=re", "/users/alice/avatar.png", "/projects/PRJ/avatar.png",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers(world, page):
    answer = browser().get(page)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"] or "max-age" in answer["Cache-Control"]


@pytest.mark.parametrize("page", [f"{R}/browse", f"{R}/commits/main", "/dashboard", "/login"])
def test_headers_keep_pages_safe(world, page):
    answer = browser(None if page == "/login" else "alice").get(page)

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'nonce-[^' ]+'", policy)
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*src=)", html), "an inline script"
    assert not re.search(r"\son[a-z]+=", html), "an inline handler"
    assert " style=" not in html


@pytest.mark.parametrize("page", ["/dashboard", f"{R}/browse", "/users/alice", f"{R}/settings"])
def test_somebody_unknown_is_sent_to_the_login_page_and_back(world, page):
    answer = browser(None).get(page)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=%2F")


def test_signing_in_changes_the_session_and_leads_back(world):
    client = Client()
    client.get("/login")
    answer = client.post(
        "/j_atl_security_check",
        {"j_username": "Alice", "j_password": builders.PASSWORD, "next": f"{R}/browse"},
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{R}/browse")
    cookie = client.cookies["BITBUCKETSESSIONID"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert client.get("/dashboard").status_code == 200
    # REST knows the same session.
    assert client.get("/rest/api/latest/users/alice")["X-AUSERNAME"] == "alice"
    client.post("/j_atl_security_logout")
    assert client.get("/dashboard").status_code == 302


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\t//evil.example",
     "https:evil.example", "/%09/evil.example\n", "http://user@evil.example", "\\\\evil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(world, target):
    client = Client()
    body = {"j_username": "alice", "j_password": builders.PASSWORD, "next": target}

    location = client.post("/j_atl_security_check", body)["Location"]

    assert location == "/dashboard" or re.fullmatch(r"/[^/\\].*", location)


def test_a_wrong_password_keeps_the_name_and_says_nothing_of_who_exists(world):
    answers = [
        Client().post("/j_atl_security_check", {"j_username": name, "j_password": "wrong"})
        for name in ("alice", "nobody")
    ]

    for answer, name in zip(answers, ("alice", "nobody"), strict=True):
        html = answer.content.decode()
        assert answer.status_code == 401
        assert "Please check your credentials" in html
        assert f'value="{name}"' in html


def test_forms_without_our_token_are_refused(world):
    client = browser(enforce_csrf_checks=True)
    create = client.post("/projects/PRJ/repos?create", {"name": "x"})
    assert create.status_code == 403
    assert not Repository.objects.filter(slug="x").exists()
    # Signing in by a form of another site too.
    login = Client(enforce_csrf_checks=True).post(
        "/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD}
    )
    assert login.status_code == 403


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"]
)
def test_a_cookie_alone_changes_nothing_over_rest(world, kind):
    client = browser(enforce_csrf_checks=True)
    url = "/rest/api/latest/projects/PRJ/repos"

    refused = client.post(url, '{"name": "x"}', content_type=kind)
    assert refused.status_code == 403

    if kind == "application/json":
        meant = client.post(
            url, '{"name": "x"}', content_type=kind, headers={"X-Atlassian-Token": "no-check"}
        )
        assert meant.status_code == 201


def test_a_project_is_made_and_what_was_typed_is_kept_when_it_is_refused(world):
    builders.grant_site(builders.User.objects.get(name="alice"), "PROJECT_CREATE")
    client = browser()
    typed = {"name": "Another", "key": "prj", "description": "kept <b>"}

    refused = client.post("/projects?create", typed)
    html = refused.content.decode()
    assert "This project key is already in use." in html
    assert 'value="Another"' in html
    assert "kept &lt;b&gt;" in html

    made = client.post("/projects?create", typed | {"key": "another", "is_public": "on"})
    assert made["Location"] == "/projects/ANOTHER"
    assert Project.objects.get(key="ANOTHER").is_public


def test_a_repository_is_made_and_its_empty_page_shows_how_to_push(world):
    made = browser().post(
        "/projects/PRJ/repos?create", {"name": "New one", "default_branch": "trunk"}
    )

    assert made["Location"] == "/projects/PRJ/repos/new-one/browse"
    html = browser().get(made["Location"]).content.decode()
    assert "git remote add origin http://localhost:7990/scm/prj/new-one.git" in html
    assert "git push -u origin HEAD:trunk" in html
    assert "git push --mirror http://localhost:7990/scm/prj/new-one.git" in html


def test_a_repository_of_ones_own(world):
    made = browser().post("/users/~alice/repos?create", {"name": "mine", "default_branch": "main"})

    assert made["Location"] == "/users/alice/repos/mine/browse"
    assert browser().get(made["Location"]).status_code == 200
    assert "mine" in browser().get("/users/alice").content.decode()


def test_a_repository_is_changed_moved_and_deleted(world):
    builders.grant(
        builders.project("OTHER"), builders.User.objects.get(name="alice"), "REPO_CREATE"
    )
    client = browser()
    fields = {
        "name": "renamed",
        "description": "d",
        "project": "OTHER",
        "is_forkable": "on",
    }

    moved = client.post(f"{R}/settings", fields)

    assert moved["Location"].startswith("/projects/OTHER/repos/renamed/settings")
    old = client.get(f"{R}/commits?until=main")
    assert old.status_code == 302
    assert old["Location"].endswith("/projects/OTHER/repos/renamed/commits?until=main")
    new = "/projects/OTHER/repos/renamed"
    builders.grant(Repository.objects.get(), builders.User.objects.get(name="alice"), "REPO_ADMIN")
    assert "README.md" in client.get(f"{new}/browse").content.decode()
    assert client.get(f"{new}/settings/delete").status_code == 200
    assert client.post(f"{new}/settings/delete").status_code == 302
    assert client.get(f"{new}/browse").status_code == 404


@pytest.mark.parametrize("base", [f"{R}/permissions", "/projects/PRJ/permissions"])
def test_permissions_are_given_changed_and_taken(world, base):
    builders.user("bob")
    step = "REPO_WRITE" if "repos" in base else "PROJECT_WRITE"
    client = browser()
    given = {"action": "grant", "kind": "user", "name": "bob", "permission": step}

    assert client.post(base, given).status_code == 302
    assert "bob" in client.get(base).content.decode()
    unknown = client.post(base, given | {"name": "nobody"})
    assert "User &quot;nobody&quot; does not exist." in unknown.content.decode()
    assert client.post(base, {"action": "revoke", "kind": "user", "name": "bob"}).status_code == 302
    assert client.post(base, {"action": "odd"}).status_code == 400


def test_nobody_takes_their_own_administration_away(world):
    body = {"action": "revoke", "kind": "user", "name": "alice"}

    answer = browser().post("/projects/PRJ/permissions", body)

    assert answer.status_code == 409
    assert "remove your own administrator permission" in answer.content.decode()


def test_who_may_only_read_is_offered_nothing_else(world):
    builders.grant(world, builders.user("bob"), "REPO_READ")
    client = browser("bob")

    html = client.get(f"{R}/browse").content.decode()
    assert "Repository settings" not in html
    for page in (f"{R}/settings", f"{R}/permissions", f"{R}/settings/delete"):
        assert client.get(page).status_code == 401
    assert client.get("/projects?create").status_code == 401
    assert client.get("/projects/PRJ/repos?create").status_code == 401


def test_missing_and_hidden_pages_are_alike(world):
    builders.user("bob")
    client = browser("bob")

    for page in (
        f"{R}/browse",
        "/projects/NONE",
        "/nothing/here",
        f"{R}/settings",
        "/projects/PRJ",
    ):
        answer = client.get(page)
        assert answer.status_code == 404
        assert "Not found" in answer.content.decode()


def test_an_accident_shows_an_id_and_nothing_of_the_inside(world, monkeypatch):
    def explode(*args, **kwargs):
        raise RuntimeError("secret /path/of/server")

    monkeypatch.setattr("web.projects.views.projects.list_visible", explode)

    answer = browser().get("/projects")
    html = answer.content.decode()
    assert answer.status_code == 500
    assert answer["X-AREQUESTID"] in html.replace("&#x27;", "'")
    assert "secret" not in html


MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_what_somebody_pushed_is_text(world):
    path = storage.path_of(world.pk)
    name = "<img src=x onerror=alert(3)>.md"
    content = (
        f"# {MARKUP}\n\n[x](javascript:alert(1)) <a href='data:text/html,x'>d</a> <svg onload=alert(1)>"
        "\n\n<style>*{display:none}</style><iframe src=/></iframe><form action=//evil></form>"
        "\n\n```\n</code></pre><script>1</script>\n```\n"
    )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=path,
        input=(
            f"commit refs/heads/x<script>alert(9)</script>\ncommitter {MARKUP.replace('<', '').replace('>', '')} <a@b> 1700000000 +0000\n"
            f"data {len(MARKUP)}\n{MARKUP}\nM 100644 inline {name}\ndata {len(content)}\n{content}\n"
            f"M 100644 inline README.md\ndata {len(content)}\n{content}\n"
        ).encode(),
        check=True,
    )
    branch = "refs/heads/x<script>alert(9)</script>"
    client = browser()
    for page, query in (
        (f"{R}/browse", {"at": branch}),
        (f"{R}/browse/README.md", {"at": branch}),
        (f"{R}/browse/README.md", {"at": branch, "source": "1"}),
        (f"{R}/commits", {"until": branch}),
        (f"{R}/commits/{branch}", {}),
        (f"{R}/branches", {}),
        (f"{R}/find-refs", {}),
        (f"{R}/last-changes", {"at": branch}),
        (f"{R}/branches", {"filter": MARKUP}),
        ("/projects", {"filter": MARKUP}),
        ("/login", {"next": MARKUP}),
    ):
        html = client.get(page, query).content.decode()
        for bad in (
            "<script>",
            "onerror=alert(2)>",
            "<svg onload",
            "<iframe",
            "<style",
            'href="javascript',
            'data:text/html,x"',
            "<form action=//",
        ):
            assert bad not in html.replace("onerror=alert(2)&gt;", ""), (page, bad)


def test_relative_links_and_pictures_of_a_readme_lead_into_the_repository(world):
    from infrastructure import markup

    html = markup.render(
        "[a](docs/x.md#part) ![b](img.png) [c](https://example.com) [d](#here) - [ ] task",
        file_links=markup.FileLinks("/r", folder="guide", query="at=v1"),
    )

    assert 'href="/r/browse/guide/docs/x.md?at=v1#part"' in html
    assert 'src="/r/raw/guide/img.png?at=v1"' in html
    assert 'href="https://example.com"' in html
    assert 'href="#here"' in html


def test_host_headers_and_forwarded_headers_of_a_client_change_no_link(world):
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Remote-User": "admin"}

    html = browser().get(f"{R}/browse", headers=headers).content.decode()

    assert "evil.example" not in html
    assert "http://localhost:7990/scm/prj/repo.git" in html
    anonymous = Client(headers={"Remote-User": "alice", "X-Forwarded-User": "alice"})
    assert anonymous.get("/dashboard").status_code == 302


@pytest.mark.parametrize(("page", "most"), [("/projects/PRJ", 9), ("/repos", 7), ("/dashboard", 9)])
def test_lists_take_as_many_queries_for_many_rows(world, page, most, django_assert_max_num_queries):
    client = browser()
    client.get(page)
    project = Project.objects.get(key="PRJ")
    Repository.objects.bulk_create(
        [Repository(project=project, slug=f"r{number}", name=f"r{number}") for number in range(999)]
    )

    with django_assert_max_num_queries(most):
        assert client.get(page, {"limit": 1000}).status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        f"{R}/browse",
        f"{R}/browse/src/main.py",
        f"{R}/commits",
        f"{R}/commits/main",
        f"{R}/branches",
    ],
)
def test_pages_of_a_repository_take_few_queries(world, page, django_assert_max_num_queries):
    client = browser()
    client.get(page)

    with django_assert_max_num_queries(14):
        assert client.get(page).status_code == 200


def test_the_theme_is_remembered_by_the_browser(world):
    client = browser()
    client.post("/-/theme", {"theme": "dark", "next": "/projects"})
    assert 'data-theme="dark"' in client.get("/projects").content.decode()
    client.post("/-/theme", {"theme": "", "next": "/projects"})
    assert "data-theme" not in client.get("/projects").content.decode()
    odd = client.post("/-/theme", {"theme": '"><script>', "next": "//evil.example"})
    assert odd["Location"] == "/dashboard"


def test_typing_into_a_filter_brings_the_list_alone(world):
    answer = browser().get(
        "/projects", {"filter": "none"}, headers={"HX-Request": "true", "HX-Target": "list"}
    )
    html = answer.content.decode()
    assert "No matching projects" in html
    assert "<html" not in html


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_odd_methods_are_refused(world, method):
    client = browser()
    override = {"X-HTTP-Method-Override": "DELETE"}
    assert client.generic(method, "/projects").status_code == 405
    assert client.generic(method, f"{R}/browse").status_code == 405
    assert client.get("/projects/PRJ", headers=override).status_code == 200
    assert Project.objects.filter(key="PRJ").exists()


def test_scripts_fetch_raw_files_with_a_password_in_the_header(world):
    def fetch(text):
        header = "Basic " + base64.b64encode(text.encode()).decode()
        return Client().get(f"{R}/raw/hello.txt?at=main", headers={"Authorization": header})

    assert b"".join(fetch(f"alice:{builders.PASSWORD}")) == b"hello world\n"
    wrong = fetch("alice:wrong")
    assert wrong.status_code == 401
    assert wrong["WWW-Authenticate"].startswith("Basic")
    assert Client().get(f"{R}/raw/hello.txt").status_code == 302


def test_long_lines_are_broken_for_who_wants_that(client):
    page = "/login"
    assert b'data-wrap="on"' not in client.get(page).content
    assert client.post("/-/wrap", {"wrap": "on", "next": page}).headers["Location"] == page
    assert b'data-wrap="on"' in client.get(page).content
    client.post("/-/wrap", {"wrap": "off", "next": page})
    assert b'data-wrap="on"' not in client.get(page).content
