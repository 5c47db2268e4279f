"""Differences: equal to git's, true byte for byte, bounded, and never somebody else's program."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from gitengine import diff, encodings, history, patches, processes
from gitengine.diff import DiffLimits, DiffSelection
from gitengine.errors import TookTooLong
from gitengine.repository import GitRepository
from gitengine.types import ChangeKind, LineKind
from tests.builders import git
from tests.git.changes import STEPS, every_kind
from tests.gitengine import differences


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = GitRepository.create(tmp_path_factory.mktemp("changes") / "r.git", "refs/heads/main")
    return made, every_kind(made.path)


@pytest.fixture
def named(world):
    """The two ends of each step, by its name."""
    repository, _ = world
    listed = git("log", "--format=%H %P %s", "main", cwd=repository.path).splitlines()
    ends = {}
    for line in listed:
        ids = [word for word in line.split(" ") if len(word) == 40]
        subject = " ".join(word for word in line.split(" ") if len(word) != 40).strip()
        ends[subject] = (ids[1] if len(ids) > 1 else None, ids[0])
    return ends


def files_of(repository, ends, selected=diff.ALL, **limits):
    found = diff.file_diffs(repository, *ends, selected, limits=DiffLimits(**limits))
    return {one.change.path: one for one in found}


def test_every_step_is_as_git_says_and_true_byte_for_byte(world):
    repository, ids = world
    assert len(ids) == len(STEPS) + 2
    compared = 0
    for commit_id in ids:
        parents = history.commit(repository, commit_id).parents
        for parent in parents or (None,):
            compared += differences.assert_as_git_says(repository, parent, commit_id)[0]
    assert compared > 40


def test_any_two_commits_are_as_git_says(world):
    repository, ids = world
    for old in ids[::3]:
        for new in ids[1::4]:
            differences.assert_as_git_says(repository, old, new)


def test_renames_and_copies_tell_how_much_is_the_same(world, named):
    repository, _ = world
    (moved,) = diff.changes(repository, *named["rename with an edit"])
    assert (moved.kind, moved.source_path) == (ChangeKind.MOVE, "long.txt")
    assert 90 < moved.similarity < 100
    copied = next(diff.changes(repository, *named["copy while the source changes"]))
    assert (copied.kind, copied.source_path, copied.similarity) == (
        ChangeKind.COPY, "moved/longer.txt", 100,
    )  # fmt: skip
    modes = {one.path: one for one in diff.changes(repository, *named["modes and kinds"])}
    assert (modes["run.sh"].old_mode, modes["run.sh"].new_mode) == (0o100644, 0o100755)
    assert modes["module"].is_submodule
    assert (modes["thing"].kind, modes["thing"].new_mode) == (ChangeKind.MODIFY, 0o120000)


def test_line_endings_are_told_honestly(world, named):
    repository, _ = world
    lines = files_of(repository, named["line endings"])["crlf.txt"].hunks[0].lines
    assert [(one.kind, one.text) for one in lines][1:3] == [
        (LineKind.REMOVED, "two\r"),
        (LineKind.ADDED, "two"),
    ]
    assert (lines[-1].text, lines[-1].newline) == ("four\r", False)
    (hunk,) = files_of(repository, named["line endings"])["open.txt"].hunks
    ends = [(one.kind, one.text, one.newline) for one in hunk.lines[-2:]]
    assert ends == [
        (LineKind.REMOVED, "no newline", False),
        (LineKind.ADDED, "no newline", True),
    ]


def test_text_of_every_encoding_is_read(world, named):
    repository, _ = world
    files = files_of(repository, named["encodings"])
    texts = {
        path: [(line.kind, line.text) for line in one.hunks[0].lines] for path, one in files.items()
    }
    assert texts["latin.txt"] == [
        (LineKind.REMOVED, "café"),
        (LineKind.ADDED, "café crème"),
        (LineKind.CONTEXT, "naïve"),
        (LineKind.ADDED, "\x81"),
    ]
    assert texts["wide.txt"][-1] == (LineKind.ADDED, "fünf")
    assert not files["wide.txt"].hunks[0].lines[-1].newline
    assert texts["bom.txt"][0] == (LineKind.REMOVED, "\ufeffwith a mark")
    both = files_of(repository, named["latin becomes unicode"])["latin.txt"].hunks[0].lines
    assert [one.text for one in both] == ["café crème", "naïve", "\x81", "café crème", "naïve"]


def test_white_space_may_be_passed_over(world, named):
    repository, _ = world
    ignoring = DiffSelection(ignore_whitespace=True)
    assert files_of(repository, named["spaces"])["spaces.txt"].hunks
    nothing = files_of(repository, named["spaces"], ignoring)["spaces.txt"]
    assert not nothing.hunks and not nothing.truncated and not nothing.is_binary
    (hunk,) = files_of(repository, named["spaces and words"], ignoring)["spaces.txt"].hunks
    changed = [line.text for line in hunk.lines if line.kind is not LineKind.CONTEXT]
    assert changed == ["d e", "f"]
    assert diff.stats(repository, *named["spaces"], ignoring).files == 0
    together = {**dict.fromkeys(("empty", "late.dat")), "spaces.txt": None}
    found = files_of(repository, (named["binary and empty"][0], named["spaces"][1]), ignoring)
    assert set(together) & set(found) == {"spaces.txt", "late.dat"}
    assert found["late.dat"].hunks and not found["spaces.txt"].hunks


def test_context_and_path_narrow_what_is_read(world, named):
    repository, _ = world
    ends = named["rename with an edit"]
    plain = files_of(repository, ends, DiffSelection("moved/longer.txt"))["moved/longer.txt"]
    assert plain.change.kind is ChangeKind.ADD
    source = diff.source_of(repository, *ends, "moved/longer.txt")
    assert source == "long.txt"
    selected = DiffSelection("moved/longer.txt", source, context=0)
    (moved,) = diff.file_diffs(repository, *ends, selected)
    assert moved.change.kind is ChangeKind.MOVE
    assert [(one.old_start, one.old_count, len(one.lines)) for one in moved.hunks] == [
        (201, 1, 2),
        (391, 1, 2),
    ]
    whole = DiffSelection("moved/longer.txt", source, context=10_000)
    (moved,) = diff.file_diffs(repository, *ends, whole)
    assert len(moved.hunks[0].lines) == 402
    assert [
        one.path for one in diff.changes(repository, *named["begin"], DiffSelection("dir"))
    ] == ["dir/a/deep/file.py"]
    assert not list(diff.changes(repository, *named["begin"], DiffSelection("*.txt")))
    assert diff.source_of(repository, *named["line endings"], "crlf.txt") == ""


def test_a_copy_of_what_did_not_change_is_found_where_it_is_named(world, named):
    repository, _ = world
    # The source changed in the same commit; of the two only the copy is asked for.
    ends = named["copy while the source changes"]
    (copied,) = diff.changes(repository, *ends, DiffSelection("copy.txt", "moved/longer.txt"))
    assert (copied.kind, copied.source_path) == (ChangeKind.COPY, "moved/longer.txt")
    old = history.commit(repository, ends[0]).id
    text = git("cat-file", "blob", f"{old}:moved/longer.txt", cwd=repository.path).encode()
    tip = made(repository, (b"long", text), (b"again", text))
    before = made(repository, (b"long", text))
    assert next(diff.changes(repository, before, tip)).kind is ChangeKind.ADD
    (copied,) = diff.changes(repository, before, tip, DiffSelection("again", "long"))
    assert (copied.kind, copied.similarity) == (ChangeKind.COPY, 100)


def test_sums_are_those_of_git(world, named):
    repository, _ = world
    for ends in named.values():
        found = diff.stats(repository, *ends)
        empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        numbers = git("diff-tree", "-r", "-M", "-C", "--numstat", ends[0] or empty, ends[1], cwd=repository.path)  # fmt: skip
        rows = [line.split("\t") for line in numbers.splitlines()]
        assert found.files == len(rows)
        assert found.added == sum(int(row[0]) for row in rows if row[0] != "-")
        assert found.removed == sum(int(row[1]) for row in rows if row[1] != "-")


def made(repository, *files):
    """A commit without a parent that holds these files."""
    script = b"commit refs/heads/made\ncommitter A <a@b> 1 +0000\ndata 1\nm\n"
    script = b"reset refs/heads/made\n\n" + script + b"".join(
        b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(text), text) for name, text in files
    )  # fmt: skip
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=repository.path, input=script, check=True)  # fmt: skip
    return git("rev-parse", "refs/heads/made", cwd=repository.path)


def test_huge_files_are_cut_and_say_so(world):
    repository, _ = world
    many = b"".join(b"%d\n" % number for number in range(500_000))
    tip = made(
        repository, (b"lines", many), (b"long", b"y" * 8_000_000 + b"\nend\n"), (b"z", b"z\n")
    )

    files = files_of(repository, (None, tip))

    lines = [line for hunk in files["lines"].hunks for line in hunk.lines]
    assert len(lines) == DiffLimits().lines_of_a_file
    assert files["lines"].truncated and files["lines"].hunks[-1].truncated
    long, end = files["long"].hunks[0].lines
    assert (len(long.text), long.truncated, end.text) == (DiffLimits().line_length, True, "end")
    # What comes behind a file that was cut is read as if nothing had been.
    assert files["z"].hunks[0].lines[0].text == "z"


def test_beyond_the_files_of_an_answer_the_rest_is_counted(world):
    repository, ids = world
    found = diff.file_diffs(repository, None, ids[0], limits=DiffLimits(files=4))
    assert len(list(found)) == 4
    assert found.left_out == len(STEPS[0][1]) - 4


def test_when_time_is_up_the_rest_is_told_without_lines(world, monkeypatch):
    repository, ids = world
    real = diff.PatchReader.read
    taken = []

    def slow(self, change, **limits):
        if len(taken) == 3:
            raise TookTooLong("too long")
        taken.append(change)
        return real(self, change, **limits)

    monkeypatch.setattr(diff.PatchReader, "read", slow)
    files = list(diff.file_diffs(repository, None, ids[0]))
    assert len(files) == len(STEPS[0][1])
    assert [one.truncated for one in files] == [False] * 3 + [True] * (len(files) - 3)


def test_a_child_that_is_stopped_breaks_off_honestly(world, monkeypatch):
    repository, ids = world

    class AtOnce(threading.Timer):
        """Time is up before git has said a word."""

        def start(self):
            self.function(*self.args)

    monkeypatch.setattr(processes.threading, "Timer", AtOnce)
    # Git itself may be done before anybody looks: this stands for one that is not.
    monkeypatch.setattr(processes, "_ALWAYS", ["sh", "-c", "exec sleep 60"])
    for ask in (diff.changes, diff.file_diffs, diff.stats):
        with pytest.raises(TookTooLong):
            list(ask(repository, None, ids[0]))


@pytest.mark.parametrize("stop", range(0, 1130, 31))
def test_output_that_breaks_off_anywhere_is_never_taken_for_whole(world, named, stop):
    """Of what git says up to any byte, each file is whole, or the reader knows that it is at the end."""
    repository, _ = world
    args = ["diff-tree", "-r", "--raw", "-p", "-z", *named["modes and kinds"]]
    output = subprocess.run(["git", "-c", "core.quotePath=false", *args], cwd=repository.path, capture_output=True, check=True)  # fmt: skip
    whole = _read_from(output.stdout)
    assert stop < len(output.stdout)
    for (change, patch, ended), reference in zip(
        _read_from(output.stdout[:stop]), whole, strict=False
    ):
        assert change == reference[0]
        assert ended or patch == reference[1]


class _Printed:
    """Stands for a child that printed this, in pieces of seven bytes."""

    def __init__(self, output):
        self.output = output

    def read(self, size):
        piece, self.output = self.output[:7], self.output[7:]
        return piece


def _read_from(output):
    reader = patches.OutputReader(_Printed(output))
    changed = list(patches.read_changes(reader))
    lines = patches.PatchReader(reader, longest=1000)
    return [
        (one, lines.read(one, most_lines=1000, most_bytes=10**6), lines.ended) for one in changed
    ]


def test_pieces_of_any_size_are_read_alike_and_what_is_skipped_is_skipped_whole(world, named):
    repository, _ = world
    args = ["diff-tree", "-r", "--raw", "-p", "-z", "--root", "--no-commit-id", named["begin"][1]]
    output = subprocess.run(["git", "-c", "core.quotePath=false", *args], cwd=repository.path, capture_output=True, check=True)  # fmt: skip
    reader = patches.OutputReader(_Printed(output.stdout))
    changed = list(patches.read_changes(reader))
    lines = patches.PatchReader(reader, longest=5)
    found = [lines.read(one, most_lines=1, most_bytes=10**6) for one in changed]
    assert len(found) == len(STEPS[0][1]) and None not in found
    assert {patch.lines for patch in found} == {0, 1}
    cut = next(patch for one, patch in zip(changed, found, strict=True) if one.path == "long.txt")
    assert cut.truncated and cut.hunks[0].lines[0].text == "line "


def test_a_line_is_never_cut_within_a_character():
    assert encodings.cut("aé".encode() * 10, 5) == "aéa".encode()
    assert encodings.cut(b"abc", 3) == b"abc"
    assert encodings.of_file("é".encode() * 4000 + "é".encode()[:1]) == "utf-8-sig"
    assert encodings.decode(b"\xff\xfea\0b") == "ab"[:1] + "b"


def test_the_raw_text_is_what_git_applies(world, named, tmp_path):
    repository, _ = world
    work = tmp_path / "work"
    git("clone", "-q", str(repository.path), str(work), cwd=tmp_path)
    old, new = named["begin"][1], named["line endings"][1]
    git("checkout", "-q", "--detach", old, cwd=work)
    (tmp_path / "raw.diff").write_bytes(b"".join(diff.raw(repository, old, new)))

    git("apply", "--index", str(tmp_path / "raw.diff"), cwd=work)

    assert git("write-tree", cwd=work).strip() == git("rev-parse", f"{new}^{{tree}}", cwd=work)


def test_mails_rebuild_the_history(world, named, tmp_path):
    repository, _ = world
    work = tmp_path / "work"
    git("clone", "-q", str(repository.path), str(work), cwd=tmp_path)
    old, new = named["begin"][1], named["empty again"][1]
    git("checkout", "-q", "--detach", old, cwd=work)
    mails = b"".join(diff.mailbox(repository, new, since=old))
    (tmp_path / "mails").write_bytes(mails)

    git("am", "-q", "--keep-cr", str(tmp_path / "mails"), cwd=work)

    assert git("rev-parse", "HEAD^{tree}", cwd=work) == git(
        "rev-parse", f"{new}^{{tree}}", cwd=work
    )
    one = b"".join(diff.mailbox(repository, new))
    assert one.count(b"\nSubject: ") == 1 and b"[PATCH] empty again" in one
    merge = b"".join(diff.mailbox(repository, named["merge"][1]))
    assert b"side.txt" in merge
    assert b"".join(diff.mailbox(repository, new, ancestors=True)).count(b"\nSubject: ") == 11


def test_what_the_repository_says_about_drivers_is_not_heard(tmp_path):
    """Neither a driver runs, nor does the word of .gitattributes hide what is text."""
    repository = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    mark = tmp_path / "ran"
    git("config", "diff.evil.textconv", f"touch {mark}; cat", cwd=repository.path)
    git("config", "diff.evil.command", f"touch {mark}", cwd=repository.path)
    tip = made(repository, (b".gitattributes", b"*.txt diff=evil\n*.py -diff\n"), (b"a.txt", b"a\n"), (b"b.py", b"b\n"))  # fmt: skip

    files = files_of(repository, (None, tip))
    text = b"".join([*diff.raw(repository, None, tip), *diff.mailbox(repository, tip)])

    assert files["a.txt"].hunks and files["b.py"].hunks
    assert b"\n+a\n" in text and b"\n+b\n" in text
    assert diff.stats(repository, None, tip).added == 4
    assert not mark.exists()


def test_a_child_is_gone_when_nobody_reads_on(world):
    repository, ids = world
    made(repository, (b"lines", b"".join(b"%d\n" % number for number in range(500_000))))
    before = children()
    chunks = diff.raw(repository, None, git("rev-parse", "made", cwd=repository.path))
    assert next(chunks)
    assert children() - before
    chunks.close()
    files = iter(diff.file_diffs(repository, None, ids[0]))
    assert next(files)
    files.close()
    assert children() <= before


def children() -> set[str]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True)  # fmt: skip
    alive = set()
    for pid in listed.stdout.split():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"diff-tree" in command:
            alive.add(pid)
    return alive


def test_commits_of_two_repositories_are_compared(tmp_path):
    origin = GitRepository.create(tmp_path / "one" / "r.git", "refs/heads/main")
    ids = every_kind(origin.path)
    fork = GitRepository.create(tmp_path / "two" / "r.git", "refs/heads/main")
    (fork.objects / "info/alternates").write_text(f"{origin.objects}\n")
    git("update-ref", "refs/heads/main", ids[4], cwd=fork.path)
    tree = git("rev-parse", f"{ids[9]}^{{tree}}", cwd=origin.path)
    person = {"GIT_AUTHOR_DATE": "1700001000 +0000", "GIT_COMMITTER_DATE": "1700001000 +0000"}
    own = git("commit-tree", tree, "-p", ids[4], "-m", "of the fork", cwd=fork.path, env=person)
    third = GitRepository.create(tmp_path / "three" / "r.git", "refs/heads/main")
    both = origin.reading(fork)

    assert history.merge_base(both, ids[-1], own) == ids[4]
    assert [one.id for one in history.log(both, [own], since=[ids[-1]], limit=5)] == [own]
    differences.assert_as_git_says(fork, ids[4], own)
    assert list(diff.changes(both, ids[4], own)) == list(diff.changes(fork, ids[4], own))
    # Through what the other one borrows itself, too.
    assert list(diff.file_diffs(third.reading(fork), ids[4], own))
    assert third.reading(fork).libgit2()[ids[0]]
