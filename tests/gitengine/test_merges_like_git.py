"""Merges give what `git merge` gives on a clone of the target: the same conflicts, else the same tree."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

import pytest

from gitengine import merge
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from tests.builders import git

TEXT = "".join(f"line {number}\n" for number in range(20))
Tree = dict[str, str | bytes | tuple[str, str] | None]


def changed(number: int, word: str, text: str = TEXT) -> str:
    return text.replace(f"line {number}\n", f"{word}\n")


@dataclass(frozen=True)
class Case:
    """Files of the base, and what each side makes of them: None removes, a pair is mode and content."""

    name: str
    base: Tree
    ours: Tree
    theirs: Tree
    clean: bool


BOTH = ({"a.txt": changed(3, "ours")}, {"a.txt": changed(3, "theirs")})
APART = ({"a.txt": changed(3, "ours")}, {"a.txt": changed(15, "theirs")})
BINARY = (
    {"a.bin": b"\0base"},
    {"a.bin": b"\0ours"},
    {"a.bin": b"\0theirs"},
)

CASES = [
    Case("lines apart", {"a.txt": TEXT}, *APART, clean=True),
    Case("the same line", {"a.txt": TEXT}, *BOTH, clean=False),
    Case("the same change", {"a.txt": TEXT}, BOTH[0], BOTH[0], clean=True),
    Case("changed and removed", {"a.txt": TEXT}, BOTH[0], {"a.txt": None}, clean=False),
    Case("removed and changed", {"a.txt": TEXT}, {"a.txt": None}, BOTH[1], clean=False),
    Case("removed by both", {"a.txt": TEXT}, {"a.txt": None}, {"a.txt": None}, clean=True),
    Case("added by both, differing", {}, {"n.txt": "one\n"}, {"n.txt": "two\n"}, clean=False),
    Case("added by both, alike", {}, {"n.txt": "one\n"}, {"n.txt": "one\n"}, clean=True),
    Case("renamed and changed", {"a.txt": TEXT}, {"a.txt": None, "b.txt": TEXT}, BOTH[1], clean=True),
    Case(
        "renamed to two names",
        {"a.txt": TEXT},
        {"a.txt": None, "b.txt": TEXT},
        {"a.txt": None, "c.txt": TEXT},
        clean=False,
    ),
    Case(
        "two renamed to one name",
        {"a.txt": TEXT, "b.txt": TEXT.upper()},
        {"a.txt": None, "c.txt": TEXT},
        {"b.txt": None, "c.txt": TEXT.upper()},
        clean=False,
    ),
    Case("renamed and removed", {"a.txt": TEXT}, {"a.txt": None, "b.txt": TEXT}, {"a.txt": None}, clean=False),
    Case("a file and a folder", {}, {"x": "file\n"}, {"x/y": "inside\n"}, clean=False),
    Case("mode and content", {"a.sh": TEXT}, {"a.sh": ("100755", TEXT)}, {"a.sh": changed(3, "x")}, clean=True),
    Case("a link and a file", {"a": TEXT}, {"a": ("120000", "target")}, {"a": changed(3, "x")}, clean=False),
    Case("two links", {"a": ("120000", "one")}, {"a": ("120000", "two")}, {"a": ("120000", "three")}, clean=False),
    Case("binary", *BINARY, clean=False),
    Case(
        "line ends",
        {"a.txt": TEXT},
        {"a.txt": TEXT.replace("\n", "\r\n")},
        {"a.txt": changed(3, "x")},
        clean=False,
    ),
    Case("no line end", {"a.txt": "a"}, {"a.txt": "a\nb"}, {"a.txt": "a\nc"}, clean=False),
    Case(
        "odd names",
        {"ü \"q\"\t.txt": TEXT, "-x": TEXT},
        {"ü \"q\"\t.txt": changed(3, "ours"), "-x": changed(3, "ours")},
        {"ü \"q\"\t.txt": changed(15, "theirs"), "-x": changed(3, "theirs")},
        clean=False,
    ),
    Case(
        "a folder renamed, a file added in it",
        {"old/a": TEXT, "old/b": TEXT.upper()},
        {"old/a": None, "old/b": None, "new/a": TEXT, "new/b": TEXT.upper()},
        {"old/c": "added\n"},
        clean=False,
    ),
    # Attributes of the target.
    Case("union", {"a.txt": TEXT, ".gitattributes": "*.txt merge=union\n"}, *BOTH, clean=True),
    Case("no merge of text", {"a.txt": TEXT, ".gitattributes": "*.txt -merge\n"}, *APART, clean=False),
    Case("binary by attribute", {"a.txt": TEXT, ".gitattributes": "a.txt binary\n"}, *APART, clean=False),
    Case("text by attribute", {"a.bin": "\0" + TEXT, ".gitattributes": "*.bin merge=text\n"},
         {"a.bin": "\0" + changed(3, "o")}, {"a.bin": "\0" + changed(15, "t")}, clean=False),
    Case("a driver that nobody has", {"a.txt": TEXT, ".gitattributes": "*.txt merge=ours\n"}, *APART, clean=True),
    Case(
        "union in a folder",
        {"d/e/a.txt": TEXT, "d/.gitattributes": "*.txt merge=union\n", "b.txt": TEXT},
        {"d/e/a.txt": changed(3, "ours")},
        {"d/e/a.txt": changed(3, "theirs")},
        clean=True,
    ),
    Case(
        "of a folder, not beside it",
        {"d/a.txt": TEXT, "d/.gitattributes": "*.txt merge=union\n", "b.txt": TEXT},
        {"b.txt": changed(3, "ours")},
        {"b.txt": changed(3, "theirs")},
        clean=False,
    ),
    Case(
        "the nearer one counts",
        {"d/a.txt": TEXT, "d/.gitattributes": "a.txt merge\n", ".gitattributes": "*.txt merge=union\n"},
        {"d/a.txt": changed(3, "ours")},
        {"d/a.txt": changed(3, "theirs")},
        clean=False,
    ),
    Case(
        "a pattern with a slash, in a folder with a space and a star",
        {"d *[x]/e/a.txt": TEXT, "d *[x]/.gitattributes": "e/*.txt merge=union\n", "d y/e/a.txt": TEXT},
        {"d *[x]/e/a.txt": changed(3, "ours")},
        {"d *[x]/e/a.txt": changed(3, "theirs")},
        clean=True,
    ),
    Case(
        "a macro of the root",
        {"a.txt": TEXT, ".gitattributes": "[attr]log merge=union\na.txt log\n"},
        *BOTH,
        clean=True,
    ),
    Case(
        "what the source says does not count",
        {"a.txt": TEXT},
        BOTH[0],
        BOTH[1] | {".gitattributes": "*.txt merge=union\n"},
        clean=False,
    ),
    Case(
        "what the target says since they parted",
        {"a.txt": TEXT},
        BOTH[0] | {".gitattributes": "*.txt merge=union\n"},
        BOTH[1],
        clean=True,
    ),
]  # fmt: skip


def write(work, tree):
    for name, what in tree.items():
        path = work / name
        if what is None:
            path.unlink()
            continue
        mode, content = what if isinstance(what, tuple) else ("100644", what)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.exists():
            path.unlink()
        if mode == "120000":
            os.symlink(content, path)
            continue
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(int(mode, 8) & 0o777)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_git_merges_on_a_clone(tmp_path, case):
    work = tmp_path / "work"
    git("init", "-q", "-b", "base", str(work), cwd=tmp_path)
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "A",
           "GIT_COMMITTER_EMAIL": "a@b.c"}  # fmt: skip
    write(work, {"first": "x\n"} | case.base)
    git("add", "-A", cwd=work)
    git("commit", "-qm", "base", cwd=work, env=who)
    for side, tree in (("ours", case.ours), ("theirs", case.theirs)):
        git("checkout", "-q", "-B", side, "base", cwd=work)
        write(work, tree)
        git("add", "-A", cwd=work)
        git("commit", "-q", "--allow-empty", "-m", side, cwd=work, env=who)
    git("checkout", "-q", "ours", cwd=work)
    ours, theirs = (git("rev-parse", name, cwd=work) for name in ("ours", "theirs"))
    bare = GitRepository.create(tmp_path / "bare.git")
    git("push", "-q", str(bare.path), "ours", "theirs", cwd=work)

    done = subprocess.run(
        ["git", "merge", "--no-ff", "-m", "m", "theirs"],
        cwd=work,
        env={**os.environ, **who, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    with quarantine(bare) as incoming:
        merged = merge.merge(incoming, ours, theirs)
        tree = merged.tree

    assert (done.returncode == 0) == case.clean, done.stdout
    assert (not merged.disagreements) == case.clean
    if case.clean:
        assert tree == git("rev-parse", "HEAD^{tree}", cwd=work)
