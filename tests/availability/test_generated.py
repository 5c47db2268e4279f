"""Generated repositories and texts: whatever was pushed or written, no page and no resource fails over it."""

from __future__ import annotations

import resource
import subprocess

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from infrastructure.rendering import client as rendering
from infrastructure.rendering import highlight, markdown
from repos import storage
from tests import builders
from tests.availability.hostile import text
from tests.builders import GIT_ENVIRONMENT, git

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    # To make a failing example small takes minutes: who wants that runs the test alone without this line.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SECONDS = 1.0

runs = st.lists(
    st.tuples(st.sampled_from(text.MARKDOWN + text.SOURCE), st.integers(1, 60)), max_size=12
)
contents = st.one_of(
    st.binary(max_size=200),
    runs.map(lambda parts: "".join(piece * times for piece, times in parts).encode()),
    st.sampled_from(
        [
            b"* text=auto eol=crlf\n*.bin binary merge=ours filter=lfs diff=x\n",
            b'[submodule "a"]\n\tpath = ../a\n\turl = ext::sh -c id\n',
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n",
            b"\xff\xfea\x00b\x00",
            b"a" * 100_000,
            b"[" * 50_000,
            b"- " * 5_000,
            b"a: &a [*a, *a]\n" * 500,
            b"\n" * 5_000,
        ]
    ),
)
names = st.one_of(
    st.sampled_from(
        [
            b"README.md", b".gitattributes", b".gitmodules", b"a.ipynb", b"a.csv", b"a.svg", b"a.yaml", b"a.json",
            b"a.cpp", b"-x", b"%2e%2e", b"a\nb", b"\xff\xfe", "é".encode(), b"con", b" ", b"a" * 250, b":(glob)x",
        ]
    ),
    st.binary(min_size=1, max_size=12).filter(
        lambda name: not {b"/", b"\0"} & {name[i : i + 1] for i in range(len(name))}
        and name.lower() not in {b".", b"..", b".git"}
    ),
)  # fmt: skip
modes = st.sampled_from([b"100644", b"100755", b"120000"])
folders = st.dictionaries(names, st.tuples(modes, contents), min_size=1, max_size=5)
PAGES = ["browse", "browse?raw", "commits", "commits/{id}", "compare/diff?targetBranch={id}"]
RESOURCES = [
    "browse?at={id}", "files?at={id}", "commits/{id}/diff", "commits/{id}/changes", "patch?until={id}",
    "last-modified?at={id}", "commits/{id}/diff-stats-summary", "archive?at={id}",
]  # fmt: skip


@pytest.fixture
def place(db):
    """A repository, and somebody who may everything."""
    repository = builders.repository(builders.project("PRJ"), content=True)
    client = Client(raise_request_exception=False)
    client.force_login(builders.user("root", site="SYS_ADMIN"))
    return storage.path_of(repository.pk), client


def pushed(path, folder, depth: int) -> str:
    """Commit a folder so many levels deep, beside nothing; gives the commit's id."""
    entries = b""
    for name, (mode, content) in folder.items():
        entries += b"%s blob %s\t%s\0" % (
            mode,
            run(path, content, "hash-object", "-w", "--stdin"),
            name,
        )
    tree = run(path, entries, "mktree", "-z")
    for number in range(depth):
        tree = run(path, b"040000 tree %s\t%d\0" % (tree, number), "mktree", "-z")
    made = run(path, b"", "commit-tree", tree.decode(), "-m", "made", "-p", "main").decode()
    git("update-ref", "refs/heads/made", made, cwd=path)
    return made


def run(path, content: bytes, *args: str) -> bytes:
    done = subprocess.run(
        ["git", *args],
        cwd=path,
        input=content,
        env=GIT_ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
@given(folder=folders, depth=st.sampled_from([0, 0, 1, 3, 40]))
@EXAMPLES
def test_no_repository_makes_a_page_fail(place, folder, depth):
    path, client = place
    made = pushed(path, folder, depth)
    start = "/projects/PRJ/repos/repo"
    addresses = [f"{start}/{one}" for one in PAGES]
    addresses += [f"/rest/api/latest{start}/{one}" for one in RESOURCES]
    for address in addresses:
        answer = client.get(address.format(id=made), {} if "?" in address else {"at": made})
        if answer.streaming:
            answer.getvalue()
        assert answer.status_code < 500, address


@given(parts=runs, manner=st.sampled_from([markdown.AS_FILE, markdown.MarkdownOptions(html=False)]))
@EXAMPLES
def test_no_markdown_fails_or_takes_long(parts, manner):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    written = "".join(piece * times for piece, times in parts)
    html = markdown.render(written, manner, markdown.LinkContext("http://localhost"))
    assert "<script" not in html and "javascript:" not in html
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < SECONDS


@given(
    parts=runs, name=st.sampled_from(["a.py", "a.md", "a.json", "a.yaml", "a.sh", "a.html", "a.c"])
)
@EXAMPLES
def test_no_source_loses_lines(parts, name):
    written = "".join(piece * min(times, 20) for piece, times in parts)[: rendering.SHORT]
    lines = highlight.lines(written, name)
    assert len(lines) == len(highlight.split(written))
