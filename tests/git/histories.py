"""Histories that tests push: small ones, and ones with everything in them that real old ones have."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from tests import builders
from tests.builders import git


def work_tree(folder: Path, *, commits: int = 1, branch: str = "main") -> Path:
    """A repository with a work tree and a few commits."""
    folder.mkdir(parents=True)
    git("init", "-q", "-b", branch, cwd=folder)
    for number in range(commits):
        commit(folder, f"file{number}.txt", f"content {number}\n")
    return folder


def commit(folder: Path, name: str, content: str | bytes) -> str:
    """Commit one file; gives the commit's id."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", f"change {name}", cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


def everything(folder: Path, *, commits: int = 300) -> Path:
    """A bare repository as old projects have them: merges, renames, tags of all kinds, odd names, notes.

    Also an author without a name, a commit in another encoding, modes with leading zeros left out,
    executable files, symbolic links, a submodule, a hidden branch of a pull request.
    """
    folder.mkdir(parents=True)
    git("init", "-q", "--bare", "-b", "main", cwd=folder)
    chance = random.Random(7)
    lines: list[bytes] = []
    for number in range(1, commits + 1):
        side = number % 10 == 0 and number > 20
        branch = b"refs/heads/side/%d" % (number % 30) if side else b"refs/heads/main"
        parent = b"from :%d\n" % (number - chance.randint(5, 15)) if side else b""
        merge = b"merge :%d\n" % (number - 1) if number % 10 == 1 and number > 25 else b""
        text = bytes(chance.choices(b"abcdef \n", k=chance.randint(10, 3000)))
        path = b"dir%d/sub/file%d.txt" % (number % 7, number % 40)
        message = b"change %d\n\nwith \xc3\xa9\n" % number
        lines.append(
            (b"reset %s\n%s\n" % (branch, parent) if side else b"")
            + b"commit %s\nmark :%d\n" % (branch, number)
            + b"author \xc3\x84da <ada@example.com> %d +0130\n" % (1600000000 + number * 60)
            + b"committer C <c@example.com> %d -0800\n" % (1600000000 + number * 60)
            + b"data %d\n%s" % (len(message), message)
            + merge
            + b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(text), text)
        )
    lines.append(
        b"commit refs/heads/main\nmark :9001\ncommitter <> 1700000000 +0000\ndata 4\nodd\n"
        b"M 100755 inline run.sh\ndata 3\n#!\n\nM 120000 inline link\ndata 11\n../../x/y/z\n"
        b"M 160000 1234567890123456789012345678901234567890 module\n"
        b'M 100644 inline "with \\377 \\t sign"\ndata 1\nx\n'
        b"R dir1/sub/file1.txt renamed.txt\n\n"
        b"tag annotated\nfrom :100\ntagger T <t@example.com> 1700000000 +0000\ndata 3\none\n"
        b"reset refs/tags/light\nfrom :50\n\n"
        b"reset refs/pull-requests/3/from\nfrom :60\n\n"
        b"reset refs/notes/commits\nfrom :70\n\n"
        b"reset refs/heads/with-\xc3\xa9-\xff\nfrom :80\n\n"
    )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=folder,
        input=b"".join(lines),
        check=True,
        env=builders.GIT_ENVIRONMENT,
    )
    nested = git("rev-parse", "refs/tags/annotated", cwd=folder)
    tag_of_tag = f"object {nested}\ntype tag\ntag nested\ntagger T <t@e> 1700000000 +0000\n\ntwo\n"
    made = subprocess.run(
        ["git", "hash-object", "-t", "tag", "-w", "--stdin"],
        cwd=folder,
        input=tag_of_tag.encode(),
        capture_output=True,
        check=True,
    )
    git("update-ref", "refs/tags/nested", made.stdout.decode().strip(), cwd=folder)
    tree = git("rev-parse", "main^{tree}", cwd=folder)
    git("update-ref", "refs/tags/of-a-tree", tree, cwd=folder)
    return folder


def refs_of(folder: Path, *, without: str = "refs/pull-requests/") -> list[str]:
    """All refs with their targets, but for those below `without`."""
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", cwd=folder).splitlines()
    return [line for line in listed if f" {without}" not in line]


def objects_of(folder: Path) -> list[str]:
    """Every object that branches, tags and notes reach, sorted."""
    args = ["rev-list", "--objects", "--no-object-names", "--exclude=refs/pull-requests/*", "--all"]
    return sorted(git(*args, cwd=folder).splitlines())


def assert_same(left: Path, right: Path) -> None:
    """Two repositories hold the same refs and objects, and both are whole."""
    assert refs_of(left) == refs_of(right)
    assert objects_of(left) == objects_of(right)
    git("fsck", "--connectivity-only", cwd=right)
