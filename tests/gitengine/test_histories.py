"""Blame, the history of a file, and what last changed each entry: always what git itself answers."""

from __future__ import annotations

import random
import sqlite3
import subprocess

import pytest

from gitengine import blame, history, last_changes, trees
from gitengine.errors import NoSuchPath
from gitengine.history import CommitSelection
from gitengine.repository import GitRepository
from tests.builders import git
from tests.git.histories import everything


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return GitRepository.open(everything(tmp_path_factory.mktemp("old") / "r.git"))


def tip_of(repository, name="main"):
    return git("rev-parse", name, cwd=repository.path)


def test_blame_equals_git(old):
    tip = tip_of(old)
    for path in [*trees.walk_files(old, tip, "dir2")][:6]:
        runs = blame.blame(old, tip, f"dir2/{path}")
        told = git("blame", "--porcelain", tip, "--", f"dir2/{path}", cwd=old.path).split("\n")
        # In the porcelain form every line begins with the commit, its line there and its line here.
        lines = [line.split()[:3] for line in told if len(line) > 40 and line[40] == " "]
        assert [
            [run.commit_id, str(run.source_line + n), str(run.line + n)]
            for run in runs
            for n in range(run.count)
        ] == [line for line in lines if line[1].isdigit()]


def test_blame_leads_to_the_file_as_it_was_before(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    git("init", "-q", "-b", "main", cwd=work)
    odd = 'old "näme"\t.txt'
    for name, text in ((odd, "a\nb\nc\n"), (odd, "a\nB\nc\n"), ("new.txt", "a\nB\nC\n")):
        for one in work.glob("*.txt"):
            one.unlink()
        (work / name).write_text(text)
        git("add", "-A", cwd=work)
        git("commit", "-q", "-m", name, cwd=work)
    repository = GitRepository.open(work / ".git")

    first, second, third = blame.blame(repository, tip_of(repository), "new.txt")

    assert (first.path, first.previous_id) == (odd, None)
    assert (second.path, second.previous_id) == (odd, first.commit_id)
    assert (third.path, third.previous_id, third.previous_path) == (
        "new.txt",
        second.commit_id,
        odd,
    )
    assert blame.blame(repository, tip_of(repository), "new.txt", first=2, count=1) == [second]
    assert blame.blame(repository, tip_of(repository), "new.txt", first=9) == []
    with pytest.raises(NoSuchPath):
        blame.blame(repository, tip_of(repository), "none.txt")


def test_the_history_of_a_file_follows_its_names(old):
    tip = tip_of(old)
    told = git("log", "--follow", "--format=%H", tip, "--", "renamed.txt", cwd=old.path)

    found = history.file_history(old, tip, "renamed.txt", limit=100)

    assert [one.id for one, _ in found] == told.split()
    assert [name for _, name in found] == ["renamed.txt"] + ["dir1/sub/file1.txt"] * (
        len(found) - 1
    )
    assert history.file_history(old, tip, "renamed.txt", skip=1, limit=1) == found[1:2]


def test_histories_are_narrowed_by_author_and_time(old):
    tip = tip_of(old)

    def ids(narrowed):
        return [one.id for one in history.log(old, [tip], narrowed=narrowed, limit=1000)]

    assert len(ids(CommitSelection(author="ÄDA"))) == len(ids(CommitSelection())) - 1
    assert ids(CommitSelection(author="a.*a")) == []
    assert ids(CommitSelection(author="--all")) == []
    times = {one.id: one.committer_time for one in history.log(old, [tip], limit=1000)}
    middle = sorted(times.values())[len(times) // 2]
    assert set(ids(CommitSelection(after=middle))) == {
        one for one, at in times.items() if at >= middle
    }
    assert set(ids(CommitSelection(before=middle))) == {
        one for one, at in times.items() if at <= middle
    }


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """A history whose branches come together as people merge them: each side's changes are kept."""
    folder = tmp_path_factory.mktemp("merged") / "r.git"
    made = GitRepository.create(folder, "refs/heads/main")
    chance = random.Random(11)
    lines: list[str] = []
    for number in range(1, 200):
        text = f"{number}\n"
        change = f"M 100644 inline dir{number % 5}/sub/file{chance.randint(0, 9)}\ndata {len(text)}\n{text}\n"
        side = number % 6 == 0 and number > 20
        begin = f"commit refs/heads/{'side' if side else 'main'}\nmark :{number}\n"
        begin = (f"reset refs/heads/side\nfrom :{number - 4}\n\n" if side else "") + begin
        begin += f"committer C <c@example.com> {1600000000 + number * 60} +0000\ndata 1\nm\n"
        if side:
            kept = (
                f"M 100644 inline dir{number % 5}/sub/side{number % 4}\ndata {len(text)}\n{text}\n"
            )
            change = kept
        if number % 6 == 1 and number > 24:
            begin += f"merge :{number - 1}\n"
            change = kept
        lines.append(begin + change)
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=folder,
        input="".join(lines).encode(),
        check=True,
    )
    return made


@pytest.fixture
def fresh(merged):
    (merged.path / last_changes.INDEX_FILE).unlink(missing_ok=True)
    return merged


def files_by_git(repository, commit_id, folder):
    names = [one.name for one in trees.list_directory(repository, commit_id, folder)]
    start = f"{folder}/" if folder else ""
    return {
        name: git(
            "--literal-pathspecs", "log", "-1", "--format=%H", commit_id, "--", start + name,
            cwd=repository.path,
        )
        for name in names
    }  # fmt: skip


def found(repository, commit_id, folder):
    names = [one.name for one in trees.list_directory(repository, commit_id, folder)]
    listed = last_changes.find(repository, commit_id, folder, names)
    return {name: one.id for name, one in listed.items()}


@pytest.mark.parametrize("folder", ["dir3/sub", "dir1", ""])
@pytest.mark.parametrize("indexed", [None, "main", "main~40", "side"])
@pytest.mark.parametrize("asked", ["main", "main~20", "side"])
def test_what_last_changed_each_entry_is_what_git_says(fresh, folder, indexed, asked):
    if indexed is not None:
        last_changes.update(fresh, tip_of(fresh, indexed))
    commit_id = tip_of(fresh, asked)

    assert found(fresh, commit_id, folder) == files_by_git(fresh, commit_id, folder)


def test_the_index_grows_with_what_is_new_and_is_made_anew_after_a_rewrite(fresh):
    steps = ["main~120", "main~50", "main~3", "side", "main"]
    for step in random.Random(3).sample(steps, len(steps)):
        commit_id = tip_of(fresh, step)
        last_changes.update(fresh, commit_id)
        assert found(fresh, commit_id, "dir4/sub") == files_by_git(fresh, commit_id, "dir4/sub")


def test_an_index_that_cannot_be_read_is_as_good_as_none(fresh):
    tip = tip_of(fresh)
    file = fresh.path / last_changes.INDEX_FILE
    file.write_bytes(b"no database at all" * 100)
    assert found(fresh, tip, "dir1/sub") == files_by_git(fresh, tip, "dir1/sub")

    last_changes.update(fresh, tip)

    assert sqlite3.connect(file).execute("SELECT count(*) FROM last").fetchone()[0] > 50
    assert found(fresh, tip, "dir1/sub") == files_by_git(fresh, tip, "dir1/sub")
