"""Commits made in memory: the same trees that git would make of the same change."""

from __future__ import annotations

import subprocess

import pytest

from gitengine import edit, trees
from gitengine.edit import Edit
from gitengine.errors import EditRefused, NoSuchPath, NothingChanged
from gitengine.object_writer import ObjectWriter, clean_message, stamp
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import Person
from tests import builders

ADA = Person("Ada", "ada@example.com")


@pytest.fixture
def git(tmp_path):
    made = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    builders.write_history(made.path)
    return made


def tip(git, name="main"):
    return builders.git("rev-parse", name, cwd=git.path)


def commit(git, parent, change):
    draft = ObjectWriter(git)
    made = edit.commit(draft, parent, [change], person=ADA, time=1_700_000_000, message="m")
    with quarantine(git) as incoming:
        draft.bring_into(incoming, made)
        incoming.accept()
    return made


def with_git(git, tmp_path, parent, *commands):
    """What git's own index makes of it: the id of the tree."""
    index = {"GIT_INDEX_FILE": str(tmp_path / "index"), "GIT_DIR": str(git.path)}
    index["GIT_WORK_TREE"] = str(git.path)
    builders.git("read-tree", parent, cwd=git.path, env=index)
    for command in commands:
        builders.git("update-index", *command, cwd=git.path, env=index)
    return builders.git("write-tree", cwd=git.path, env=index)


def blob(git, data):
    done = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=git.path, input=data, capture_output=True,
        check=True, env=builders.GIT_ENVIRONMENT,
    )  # fmt: skip
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    "path", ["new", "a/b/c", "src", "src.txt", "src0", "zz/x", "README", "docs/deep/x", "é/☃"]
)
def test_trees_are_those_of_git(git, tmp_path, path):
    """Names that sort oddly beside a folder's included."""
    if path == "src":
        with pytest.raises(EditRefused):
            commit(git, tip(git), Edit(path, b"x"))
        return
    made = commit(git, tip(git), Edit(path, b"x"))
    info = f"100644,{blob(git, b'x')},{path}"
    expected = with_git(git, tmp_path, tip(git), ["--add", "--cacheinfo", info])
    assert builders.git("rev-parse", f"{made}^{{tree}}", cwd=git.path) == expected
    assert builders.git("fsck", "--strict", cwd=git.path).startswith("dangling commit")


def test_removing_and_renaming_as_git_does(git, tmp_path):
    gone = commit(git, tip(git), Edit("docs/deep/guide.md", is_removal=True))
    remove = ["--force-remove", "docs/deep/guide.md"]
    expected = with_git(git, tmp_path, tip(git), remove)
    assert builders.git("rev-parse", f"{gone}^{{tree}}", cwd=git.path) == expected

    kept = trees.entry(git, tip(git), "docs/deep/guide.md").id
    moved = commit(git, tip(git), Edit("src/guide.md", moved_from="docs/deep/guide.md"))
    add = ["--add", "--cacheinfo", f"100644,{kept},src/guide.md"]
    expected = with_git(git, tmp_path, tip(git), remove, add)
    assert builders.git("rev-parse", f"{moved}^{{tree}}", cwd=git.path) == expected


def test_what_cannot_be_changed(git):
    at = tip(git)
    for change, error in (
        (Edit("none", is_removal=True), NoSuchPath),
        (Edit("none"), NoSuchPath),
        (Edit("x", moved_from="none"), NoSuchPath),
        (Edit("x", moved_from="src"), EditRefused),
        (Edit("hello.txt", b"hello world\n"), NothingChanged),
        (Edit("hello.txt"), NothingChanged),
        (Edit("link", b"x"), EditRefused),
        (Edit("hello.txt/below", b"x"), EditRefused),
        (Edit("link/below", b"x"), EditRefused),
        (Edit("src", b"x"), EditRefused),
    ):
        with pytest.raises(error):
            commit(git, at, change)
    assert not list(git.objects.glob("incoming-*"))


def test_a_folder_a_thousand_deep(git):
    path = "d/" * 2000 + "x"
    made = commit(git, tip(git), Edit(path, b"deep"))
    assert trees.entry(git, made, path).size == 4


def test_entries_that_git_wrote_differently_once_keep_their_bytes(git):
    """Old tools wrote modes with a zero before them."""
    file = blob(git, b"x")
    old = (
        b"100664 a\0"
        + bytes.fromhex(file)
        + b"040000 b\0"
        + bytes.fromhex(builders.git("rev-parse", "main:src", cwd=git.path))
    )
    tree = subprocess.run(
        ["git", "hash-object", "-t", "tree", "--literally", "-w", "--stdin"], cwd=git.path,
        input=old, capture_output=True, check=True, env=builders.GIT_ENVIRONMENT,
    ).stdout.decode().strip()  # fmt: skip
    parent = builders.git("commit-tree", tree, "-m", "old", cwd=git.path)
    made = commit(git, parent, Edit("c", b"x"))
    raw = subprocess.run(
        ["git", "cat-file", "tree", f"{made}^{{tree}}"], cwd=git.path, capture_output=True,
        check=True, env=builders.GIT_ENVIRONMENT,
    ).stdout  # fmt: skip
    assert raw.startswith(old)
    changed = commit(git, parent, Edit("a", b"y"))
    # What is written is written as git does now.
    assert builders.git("ls-tree", changed, "a", cwd=git.path).startswith("100644")


def test_lines_of_people_and_messages_are_clean():
    odd = Person("A\n<b>\x00 \u2028c. ", " x>\ny@z ")
    assert stamp(odd, 5) == "Ab c <xy@z> 5 +0000"
    assert stamp(Person("<>", ""), 5) == "unknown <> 5 +0000"
    assert clean_message("\n\na  \r\n\r\nb\0\n\n") == "a\n\nb\n"
