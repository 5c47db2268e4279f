"""Source, file, blame, history, previews, archives, finder: what they show, and that nothing pushed comes alive."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import zipfile
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from repos import storage
from repos.models import Repository
from tests import builders
from web.source import line_endings

pytestmark = pytest.mark.django_db

R = "/projects/PRJ/repos/repo"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>\n'
MODULE = b"def one():\n    return 1\n"


def put(
    repository: Repository,
    files: dict[str, bytes],
    *,
    ref: str = "refs/heads/main",
    extra: str = "",
) -> None:
    """One more commit on a branch, with these files."""
    parts = [
        f"commit {ref}\nauthor Ada <alice@example.com> 1700009000 +0000\ncommitter A <a@b> 1700009000 +0000\ndata 4\nmore\nfrom {ref}^0\n".encode()
    ]
    parts.append(extra.encode())
    for path, data in files.items():
        quoted = path.encode("utf-8", "surrogateescape").replace(b'"', b'\\"')
        parts.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted, len(data), data))
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=storage.path_of(repository.pk),
        input=b"".join(parts),
        check=True,
    )  # fmt: skip


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


def shown(client: Client, path: str) -> str:
    # As gunicorn tells what it read.
    answer = client.get(path, RAW_URI=path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_a_folder_shows_its_first_thousand_entries_and_all_when_asked(repository):
    put(repository, {f"many/file{number:04}.txt": b"x\n" for number in range(1203)})
    client = browser()

    page = shown(client, f"{R}/browse/many")
    assert page.count("browse/many/file") == 1000
    assert "203 more" in page
    assert shown(client, f"{R}/last-changes/many").count("/commits/") == 1000
    page = shown(client, f"{R}/browse/many?all=1")
    assert page.count("browse/many/file") == 1203
    assert "last-changes/many?all=1" in page
    assert shown(client, f"{R}/last-changes/many?all=1").count("/commits/") == 1203


def test_the_number_of_queries_does_not_grow_with_a_folder(repository):
    put(repository, {f"many/file{number}.txt": b"x\n" for number in range(50)})
    client = browser()
    counts = []
    for path in ("src", "many", "many", "src"):
        if path == "docs":
            path = "src"
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shown(client, f"{R}/browse/{path}")
        counts.append(len(queries))
    assert counts[1] == counts[2] == counts[3]


def test_a_folder_is_downloaded_as_an_archive(repository):
    client = browser("reader")
    answer = client.get(f"{R}/archive?at=refs/heads/main&format=zip&path=src")
    packed = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert [name for name in packed.namelist() if not name.endswith("/")] == ["src/main.py"]
    assert "attachment" in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]
    answer = client.get(f"{R}/archive?format=tar.gz")
    assert b"".join(answer.streaming_content)[:2] == b"\x1f\x8b"
    assert client.get(f"{R}/archive?format=exe").status_code == 400
    assert client.get(f"{R}/archive?at=none").status_code == 404
    assert client.get(f"{R}/archive?path=none").status_code == 404


def test_blame_tells_who_brought_each_run_and_leads_to_what_was_before(repository):
    put(repository, {"src/new.py": MODULE})
    put(repository, {"src/new.py": MODULE.replace(b"return 1", b"return 2")})
    page = shown(browser(), f"{R}/browse/src/new.py?blame=true")

    assert page.count('class="blame"') == 2
    # The author is known by the address, and shown as the user that they are.
    assert page.count("/users/alice/avatar.png") >= 2
    assert "Alice" in page
    (before,) = re.findall(r'href="([^"]+)" title="Blame before this change"', page)
    assert "at=" in before and "blame=true" in before
    earlier = shown(browser(), before.replace("&amp;", "&"))
    assert "return</span> <span" in earlier or "return" in earlier
    assert earlier.count('class="blame"') == 1
    assert "before this change" not in earlier


def test_blame_asks_the_database_as_often_for_many_authors_as_for_one(repository):
    put(repository, {"one.txt": b"a\n"})
    counts = []
    client = browser()
    for name in ("one.txt", "README.md"):
        shown(client, f"{R}/browse/{name}?blame=true")
        with CaptureQueriesContext(connection) as queries:
            shown(client, f"{R}/browse/{name}?blame=true")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_history_of_a_file_follows_its_renames(repository):
    put(repository, {"old name.txt": b"some text\nthat is long enough\nto be known again\n"})
    put(repository, {}, extra='R "old name.txt" new.txt\n')
    page = shown(browser(), f"{R}/browse/new.txt?history=true")

    assert "Renamed from <code>old name.txt</code>" in page
    assert page.count('class="hash"') == 2
    then = re.findall(r'href="([^"]*browse/old%20name.txt\?at=[^"]+)"', page)
    assert len(then) == 1
    assert "that is long enough" in shown(browser(), then[0])


def test_the_last_change_of_a_file_stands_above_it(repository):
    page = shown(browser(), f"{R}/browse/src/main.py")
    assert f'hx-get="{R}/last-change/src/main.py"' in page
    part = shown(browser(), f"{R}/last-change/src/main.py")
    assert "second" in part and "Ada Author" in part
    assert browser().get(f"{R}/last-change/none").status_code == 404


def test_a_drawing_is_shown_as_a_picture_and_is_no_document(repository):
    put(repository, {"art/x.svg": SVG, "page.html": b"<script>alert(1)</script>"})
    client = browser()

    page = shown(client, f"{R}/browse/art/x.svg")
    assert f'<img src="{R}/raw/art/x.svg?preview=1"' in page
    assert "alert(1)" not in page
    answer = client.get(f"{R}/raw/art/x.svg?preview=1", headers={"Sec-Fetch-Dest": "image"})
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"".join(answer.streaming_content) == SVG
    for dest in ("document", "iframe", "object", "embed", "empty"):
        other = client.get(f"{R}/raw/art/x.svg?preview=1", headers={"Sec-Fetch-Dest": dest})
        assert other["Content-Type"].startswith("text/plain"), dest
    # A browser that does not say what asks: the document is sandboxed and loads nothing.
    silent = client.get(f"{R}/raw/art/x.svg?preview=1")
    for one in (answer, silent):
        policy = one["Content-Security-Policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Cross-Origin-Resource-Policy"] == "same-origin"
    assert client.get(f"{R}/raw/art/x.svg")["Content-Type"].startswith("text/plain")
    assert client.get(f"{R}/raw/page.html?preview=1")["Content-Type"].startswith("text/plain")
    assert "&lt;script" in shown(client, f"{R}/browse/art/x.svg?source=1").replace("<span class=\"nt\">", "")  # fmt: skip


def test_a_table_is_shown_in_rows_and_no_cell_is_markup(repository):
    rows = "name;value\n" + '"<script>alert(1)</script>;";2\n' + "x;y\n" * 1500
    put(repository, {"data.csv": rows.encode(), "odd.csv": b'"' + b"a" * 200_000 + b"\n"})
    client = browser()

    page = shown(client, f"{R}/browse/data.csv")
    assert '<th scope="col">name</th><th scope="col">value</th>' in page
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;;</td><td>2</td>" in page
    assert page.count("<td>x</td>") == 999
    assert "Only the first rows of this table" in page
    assert 'class="code"' in shown(client, f"{R}/browse/data.csv?source=1")
    # What a parser minds is shown as it is written.
    assert 'class="code"' in shown(client, f"{R}/browse/odd.csv")


def test_markdown_is_a_page_and_a_source_with_lines(repository):
    client = browser()
    page = shown(client, f"{R}/browse/README.md")
    assert "<em>text</em>" in page and ">Rendered</a>" in page
    page = shown(client, f"{R}/browse/README.md?source=1")
    assert 'id="L1"' in page and "<em>text</em>" not in page


def test_what_is_no_text_says_what_it_is(repository):
    large = b"a line\n" * 200_000
    put(repository, {"large.txt": large, "paper.pdf": b"%PDF-1.4\0\xff", "none.txt": b""})
    submodule = "M 160000 1111111111111111111111111111111111111111 sub\n"
    put(repository, {}, extra=submodule)
    client = browser()
    assert "Too large to show" in shown(client, f"{R}/browse/large.txt")
    assert "Too large to show" in shown(client, f"{R}/browse/large.txt?blame=true")
    assert "A binary file" in shown(client, f"{R}/browse/paper.pdf")
    assert "attachment" in client.get(f"{R}/raw/paper.pdf")["Content-Disposition"]
    assert "Empty file" in shown(client, f"{R}/browse/none.txt")
    page = shown(client, f"{R}/browse/link")
    assert "points to <code>/etc/passwd</code>" in page and "root:" not in page
    page = shown(client, f"{R}/browse/sub")
    assert "<code>1111111111111111111111111111111111111111</code>" in page
    assert "/raw/sub" not in page


def test_hostile_names_are_text_on_every_page(repository):
    hostile = '<script>alert("1")<\u202e.txt'
    odd = "odd\udcff.txt"
    put(repository, {f"dir/{hostile}": b"x\n", f"dir/{odd}": b"bytes\n", "dir/odd%FF.txt": b"z\n"})
    client = browser()
    pages = [
        f"{R}/browse/dir",
        f"{R}/last-changes/dir",
        f"{R}/find-file",
        f"{R}/find-file?filter=dir",
    ]
    for name in ("%3Cscript%3Ealert(%221%22)%3C%E2%80%AE.txt", "odd%FF.txt"):
        pages += [f"{R}/browse/dir/{name}{query}" for query in ("", "?blame=true", "?history=true")]
        pages += [f"{R}/{page}/dir/{name}" for page in ("edit", "rename", "delete")]
    for page in pages:
        html = shown(client, page)
        assert "<script>" not in html, page
    assert "bytes" in shown(client, f"{R}/browse/dir/odd%FF.txt")
    assert "bytes" not in shown(client, f"{R}/browse/dir/odd%25FF.txt")
    paths = json.loads(client.get(f"{R}/find-file/paths").content)
    assert f"dir/{hostile}" in paths
    assert ["dir/odd\ufffd.txt", "dir/odd%FF.txt"] in paths


def test_the_finder_finds_by_letters_without_scripts_too(repository):
    client = browser("reader")
    page = shown(client, f"{R}/find-file?filter=MAIN&at=refs/heads/main")
    assert f'href="{R}/browse/src/main.py?at=refs%2Fheads%2Fmain"' in page
    assert "hello.txt" not in page
    assert "No matching files" in shown(client, f"{R}/find-file?filter=nothing-like-it")
    answer = client.get(f"{R}/find-file/paths")
    paths = json.loads(answer.content)
    assert {"README.md", "src/main.py"} <= set(paths) and paths == sorted(paths)
    assert answer["Content-Type"] == "application/json"
    assert client.get(f"{R}/find-file?at=none").status_code == 404


def test_single_keys_are_switched_off_and_on(repository):
    client = browser()
    assert "data-shortcuts" not in shown(client, "/dashboard")
    client.post("/-/keyboard", {})
    assert '<html lang="en" data-shortcuts="off">' in shown(client, "/dashboard")
    client.post("/-/keyboard", {"shortcuts": "on"})
    assert "data-shortcuts" not in shown(client, "/dashboard")
    page = shown(client, "/-/keyboard")
    assert "Find a file" in page and "In a repository" in page


def test_the_sidebar_stays_folded(repository):
    client = browser()
    answer = client.post("/-/sidebar", {"sidebar": "narrow", "next": f"{R}/browse"})
    assert answer["Location"] == f"{R}/browse"
    assert 'data-sidebar="narrow"' in shown(client, f"{R}/browse")
    client.post("/-/sidebar", {"sidebar": "wide"})
    assert "data-sidebar" not in shown(client, f"{R}/browse")
    answer = client.post("/-/sidebar", {"sidebar": "wide", "next": "//evil.example"})
    assert answer["Location"] == "/dashboard"


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        (b"a\r\nb\r\n", "a\r\nc\r\n", b"a\r\nc\r\n"),
        (b"a\nb\n", "a\r\nc\r\n", b"a\nc\n"),
        (b"a\nb", "a\r\nc", b"a\nc"),
        (b"a\nb", "a\r\nb\r\n", b"a\nb\n"),
        (b"a\nb\n", "a\r\nb", b"a\nb"),
        (b"a\r\nb\nc\r\nd\n", "a\r\nb\r\nX\r\nd\r\n", b"a\r\nb\nX\r\nd\n"),
        (b"a\rb\r", "a\r\nb\r\nc\r\n", b"a\rb\rc\r"),
        (b"\xef\xbb\xbfa\n", "b\r\n", b"\xef\xbb\xbfb\n"),
        (b"a\n", "", b""),
        (b"", "new\r\n\r\n", b"new\n\n"),
        (b"a\nb\na\nb\n", "a\nb\n", b"a\nb\n"),
    ],
)
def test_line_ends_stay_as_they_were(before, typed, after):
    assert line_endings.kept(typed, before) == after


@pytest.mark.parametrize(
    "data", [b"", b"a", b"a\n", b"\n\n", b"a\r\nb\nc\rd", b"\xef\xbb\xbfa\r\n", "é\n".encode()]
)
def test_a_text_that_nobody_changed_is_the_same_file(data):
    text = line_endings.shown(data)
    assert line_endings.kept(text.replace("\n", "\r\n"), data) == data


@pytest.mark.parametrize("data", [b"\xff\xfea\0", b"caf\xe9", b"a\0b"])
def test_what_a_form_cannot_hold_is_not_edited(data):
    assert line_endings.shown(data) is None


def test_a_script_gets_the_file_alone_where_people_see_its_page(repository):
    basic = base64.b64encode(f"reader:{builders.PASSWORD}".encode()).decode()
    script = Client(headers={"Authorization": f"Basic {basic}"})
    put(repository, {"a.txt": b"one\xff\n"})
    for query in ("raw", "raw&at=refs/heads/main", "raw=true", "at=main&raw="):
        given = script.get(f"/projects/PRJ/repos/repo/browse/a.txt?{query}")
        assert given.status_code == 200, query
        assert given.getvalue() == b"one\xff\n"
        assert given["Content-Type"].startswith("text/plain")
    assert script.get("/projects/PRJ/repos/repo/browse/none?raw").status_code == 404
    page = browser().get("/projects/PRJ/repos/repo/browse/a.txt?raw=false")
    assert page["Content-Type"].startswith("text/html")
