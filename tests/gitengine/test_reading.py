"""Reading: names and ids only, old and odd commits, folders, lines, differences."""

from __future__ import annotations

import subprocess

import pytest

from gitengine import diff, history, last_changes, refs, trees
from gitengine.errors import InvalidName, NoSuchPath, NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import ChangeKind, LineKind
from tests.builders import git, write_history


@pytest.fixture
def repository(tmp_path):
    made = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    write_history(made.path)
    return made


def commit_object(repository, text: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        cwd=repository.path, input=text, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    ("lines", "name", "email", "time"),
    [
        (b"author A B <a@b> 12 +0000", "A B", "a@b", 12),
        (b"author <a@b> 12 +0000", "", "a@b", 12),
        (b"author A <> 12 +0000", "A", "", 12),
        (b"author A <a@b>12 +0000", "A", "a@b", 12),
        (b"author A <a@b>", "A", "a@b", 0),
        (b"author nonsense", "", "", 0),
        (b"author A <a@b> -5 +0000", "A", "a@b", -5),
        (b"author \xe9 <a@b> 12 +0000", "\ufffd", "a@b", 12),
        (b"author \xe9 <a@b> 12 +0000\nencoding ISO-8859-1", "é", "a@b", 12),
        (b"author \xe9 <a@b> 12 +0000\nencoding no-such", "\ufffd", "a@b", 12),
    ],
)
def test_commits_of_old_histories_are_read(repository, lines, name, email, time):
    tree = git("rev-parse", "main^{tree}", cwd=repository.path).encode()
    made = commit_object(
        repository, b"tree " + tree + b"\n" + lines + b"\ncommitter C <c@d> 1 +0000\n\nm\n"
    )

    read = history.commit(repository, made)

    assert (read.author.name, read.author.email, read.author_time) == (name, email, time)
    assert read.message == "m"


def test_names_come_before_ids_and_grammar_is_never_read(repository):
    main, ref = refs.resolve(repository, "main")
    assert ref == "refs/heads/main"
    assert refs.resolve(repository, main[:8]) == (main, None)
    git("update-ref", f"refs/heads/{main[:8]}", "main~1", cwd=repository.path)
    assert refs.resolve(repository, main[:8])[1] == f"refs/heads/{main[:8]}"
    for odd in ("main~1", "main^", "@", ":/first", "main:README.md", "-x", "", "refs/heads/none"):
        with pytest.raises(NoSuchRevision):
            refs.resolve(repository, odd)


@pytest.mark.parametrize(
    "name",
    [
        "refs/heads/-x",
        "refs/heads/" + "é" * 200,
        "refs/heads/a..b",
        "refs/heads/HEAD",
        "refs/heads/a b",
    ],
)
def test_names_that_nobody_should_make(name):
    with pytest.raises(InvalidName):
        refs.check_new_name(name)


def test_packed_and_loose_refs_are_one_list(repository):
    before = refs.list_refs(repository)
    git("pack-refs", "--all", cwd=repository.path)
    git("update-ref", "refs/heads/new", "main", cwd=repository.path)
    after = refs.list_refs(repository)

    assert [ref for ref in after if ref.name != "refs/heads/new"] == before
    assert refs.find(repository, "refs/tags/v1").is_annotated
    assert refs.find(repository, "refs/heads/none") is None


def test_differences_are_read_with_their_hunks(repository):
    tip, _ = refs.resolve(repository, "refs/tags/v1")
    parent = history.commit(repository, tip).parents[0]

    by_path = {one.change.path: one for one in diff.file_diffs(repository, parent, tip)}

    assert by_path["data/blob.bin"].is_binary
    assert by_path["src/main.py"].change.kind is ChangeKind.ADD
    (line,) = by_path["src/main.py"].hunks[0].lines
    assert (line.kind, line.text, line.new_number) == (LineKind.ADDED, 'print("é")', 1)
    first = diff.changes(repository, None, parent)
    assert [(one.kind, one.path) for one in first] == [
        (ChangeKind.ADD, "README.md"),
        (ChangeKind.ADD, "hello.txt"),
    ]


def test_a_moved_file_is_known_again(repository):
    script = b"commit refs/heads/main\ncommitter A <a@b> 1700009999 +0000\ndata 1\nm\nfrom refs/heads/main^0\nR README.md docs/READ.md\n\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository.path, input=script, check=True)
    tip, _ = refs.resolve(repository, "main")
    (change,) = diff.changes(repository, history.commit(repository, tip).parents[0], tip)

    assert (change.kind, change.source_path, change.path) == (
        ChangeKind.MOVE,
        "README.md",
        "docs/READ.md",
    )


def test_a_large_difference_is_cut_and_says_so(repository):
    text = b"x\n" * 3000
    script = b"commit refs/heads/big\ncommitter A <a@b> 1 +0000\ndata 1\nm\n" + b"".join(
        b"M 100644 inline f%d\ndata %d\n%s\n" % (n, len(text), text) for n in range(5)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository.path, input=script, check=True)
    tip, _ = refs.resolve(repository, "big")
    limits = diff.DiffLimits(files=4, lines_of_a_file=1000, lines=2500)

    found = list(diff.file_diffs(repository, None, tip, limits=limits))

    assert len(found) == 4
    assert [sum(len(hunk.lines) for hunk in one.hunks) for one in found] == [1000, 1000, 500, 0]


def test_lines_are_read_as_a_stream_and_long_ones_are_cut(repository):
    text = b"short\n" + b"y" * 100_000 + b"\nlast"
    script = b"commit refs/heads/long\ncommitter A <a@b> 1 +0000\ndata 1\nm\n"
    script += b"M 100644 inline f\ndata %d\n%s\n" % (len(text), text)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository.path, input=script, check=True)
    tip, _ = refs.resolve(repository, "long")
    blob = trees.entry(repository, tip, "f").id

    lines = trees.read_lines(repository, blob, start=0, limit=10, longest=50)

    assert [len(line) for line in lines.lines] == [5, 50, 4]
    assert lines.is_last
    assert not trees.read_lines(repository, blob, start=0, limit=2).is_last


@pytest.mark.parametrize("path", ["none", "..", "a//b", "/x", "README.md/x", "x\0y", "./README.md"])
def test_paths_that_are_not_there(repository, path):
    tip, _ = refs.resolve(repository, "main")
    with pytest.raises(NoSuchPath):
        trees.entry(repository, tip, path)


def test_what_stands_in_gitattributes_runs_nothing(repository, tmp_path):
    """Drivers, filters and text conversion of a repository are its own affair, never the server's."""
    mark = tmp_path / "ran"
    git("config", "diff.evil.textconv", f"touch {mark}; cat", cwd=repository.path)
    git("config", "diff.evil.command", f"touch {mark}", cwd=repository.path)
    script = (
        b"commit refs/heads/main\ncommitter A <a@b> 1700009999 +0000\ndata 1\nm\nfrom refs/heads/main^0\n"
        b"M 100644 inline .gitattributes\ndata 12\n* diff=evil\n\nM 100644 inline README.md\ndata 2\nx\n\n"
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository.path, input=script, check=True)
    tip, _ = refs.resolve(repository, "main")

    assert list(diff.file_diffs(repository, history.commit(repository, tip).parents[0], tip))
    assert last_changes.find(repository, tip, "", ["README.md"])
    assert not mark.exists()


def test_what_is_too_large_is_not_compared_at_all(repository):
    parts = [b"commit refs/heads/huge\ncommitter A <a@b> 1 +0000\ndata 1\nm\n"]
    for number in range(12):
        text = b"%d\n" % number * 200_000
        parts.append(b"M 100644 inline big%d\ndata %d\n%s\n" % (number, len(text), text))
    for number in range(30):
        text = b"%d\n" % number * 80_000
        parts.append(b"M 100644 inline fair%d\ndata %d\n%s\n" % (number, len(text), text))
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=repository.path, input=b"".join(parts), check=True
    )
    tip, _ = refs.resolve(repository, "huge")

    limits = diff.DiffLimits(bytes_of_a_file=512 * 1024)
    found = {one.change.path: one for one in diff.file_diffs(repository, None, tip, limits=limits)}

    assert len(found) == 42
    assert not found["big11"].hunks and found["big11"].truncated and not found["big11"].is_binary
    # Of the fair ones as many as fit into what may be read in all.
    assert 0 < sum(bool(one.hunks) for one in found.values()) < 30


def test_one_bad_want_among_many_is_found_by_halving(repository, monkeypatch):
    from gitengine import reachability

    ids = git("rev-list", "--all", cwd=repository.path).split()
    tree = git("rev-parse", "main^{tree}", cwd=repository.path)
    lost = git(
        "commit-tree", tree, "-m", "lost", cwd=repository.path,
        env={"GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_EMAIL": "a"},
    )  # fmt: skip
    calls = []
    real = reachability._none_is_new
    monkeypatch.setattr(
        reachability, "_none_is_new", lambda *args: (calls.append(1), real(*args))[1]
    )

    assert reachability.unreachable(repository, [*ids, lost]) == {lost}
    assert reachability.unreachable(repository, ids) == set()
    assert len(calls) <= 4


def test_a_tag_object_is_had_only_through_a_ref(repository):
    """A deleted tag, or one of another fork in the same pool, may name a commit that we have."""
    from gitengine import reachability

    names = dict(GIT_COMMITTER_NAME="T", GIT_COMMITTER_EMAIL="t@e")
    git("tag", "-a", "-m", "secret", "gone", "main", cwd=repository.path, env=names)
    secret = git("rev-parse", "refs/tags/gone", cwd=repository.path)
    nested = git("tag", "-a", "-m", "outer", "outer", "gone", cwd=repository.path, env=names)
    assert nested == ""
    git("update-ref", "-d", "refs/tags/gone", cwd=repository.path)
    assert reachability.unreachable(repository, [secret]) == set()

    git("update-ref", "-d", "refs/tags/outer", cwd=repository.path)

    assert reachability.unreachable(repository, [secret]) == {secret}
    shown = git("rev-parse", "refs/tags/v1", cwd=repository.path)
    assert reachability.unreachable(repository, [shown]) == set()
