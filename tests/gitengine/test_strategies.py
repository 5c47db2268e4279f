"""Merging and rewriting over random histories: the graph, trees, authors and messages that git makes by hand."""

from __future__ import annotations

import os
import random

import pytest

from gitengine import commit_rewriting, history, merge, merge_strategies
from gitengine.commit_rewriting import Committer
from gitengine.errors import MergeConflict, NotFastForward
from gitengine.merge_strategies import MergeRequest, Strategy
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import Person
from tests.builders import git

CARL = Person("Carl Committer", "carl@example.com")
ADA = Person("Ada Author", "ada@example.com")
TIME = 1_700_000_100


class Work:
    """A work tree whose commits go into a bare repository, as people work."""

    def __init__(self, folder):
        self.tree = folder / "work"
        self.tree.mkdir()
        git("init", "-q", "-b", "main", cwd=self.tree)
        self.bare = GitRepository.create(folder / "bare.git", "refs/heads/main")
        git("remote", "add", "origin", str(self.bare.path), cwd=self.tree)

    def write(self, **files):
        for name, text in files.items():
            path = self.tree / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

    def commit(self, message="change", author="Ada Author <ada@example.com>", **files):
        self.write(**files)
        git("add", "-A", cwd=self.tree)
        options = ["--author", author, "--allow-empty", "--allow-empty-message"]
        git("commit", "-q", *options, "-m", message, cwd=self.tree)
        return self.tip()

    def tip(self, name="HEAD"):
        return git("rev-parse", name, cwd=self.tree)

    def on(self, *args):
        return git("checkout", "-q", *args, cwd=self.tree)

    def push(self):
        git("push", "-q", "-f", "origin", "--all", cwd=self.tree)


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path)


def text(*lines):
    return "".join(f"{line}\n" for line in lines)


def grown(work, seed):
    """Two branches that changed different lines, files, folders, names and modes of one beginning."""
    chance = random.Random(seed)
    names = [f"{folder}{name}" for folder in ("", "a__", "a__b__", "c__") for name in "xyz"]
    work.commit("begin", **{name: text(*range(40)) for name in names})
    work.on("-b", "topic")
    mine, theirs = names[:6], names[6:]
    chance.shuffle(mine)
    for number, name in enumerate(mine):
        lines = [*range(40)]
        lines[chance.randrange(10)] = f"topic {number}"
        work.commit(
            f"topic {number}\n\nbody {number}", f"P{number} <p{number}@x>", **{name: text(*lines)}
        )
    work.commit("empty")
    (work.tree / "x").chmod(0o755)
    git("mv", "c/z", "moved", cwd=work.tree)
    work.commit("move")
    work.on("main")
    for name in theirs[:-1]:
        lines = [*range(40)]
        lines[20 + chance.randrange(10)] = "main"
        work.commit(f"main {name}", **{name: text(*lines)})
    # Both sides change one file, in different places.
    lines = [*range(40)]
    lines[39] = "end"
    work.commit("both", **{mine[0]: text(*lines)})
    work.push()


def made(work, strategy, message="Merged"):
    wanted = MergeRequest(work.tip("main"), work.tip("topic"), message, ADA, CARL, TIME)
    with quarantine(work.bare) as incoming:
        tip = merge_strategies.apply(incoming, strategy, wanted)
        incoming.accept()
    return tip


def by_hand(work, strategy):
    """The same with the git program, in the work tree."""
    work.on("-B", "hand", "main")
    if strategy in {Strategy.REBASE_NO_FF, Strategy.REBASE_FF_ONLY}:
        work.on("-B", "rebased", "topic")
        git("rebase", "-q", "main", cwd=work.tree, env={"GIT_COMMITTER_DATE": f"{TIME} +0000"})
        work.on("hand")
        way = "--no-ff" if strategy is Strategy.REBASE_NO_FF else "--ff-only"
        git("merge", "-q", way, "-m", "Merged", "rebased", cwd=work.tree)
    elif strategy in {Strategy.SQUASH, Strategy.SQUASH_FF_ONLY}:
        git("merge", "-q", "--squash", "topic", cwd=work.tree)
        git("commit", "-q", "-m", "Merged", cwd=work.tree)
    else:
        git("merge", "-q", f"--{strategy.value}", "-m", "Merged", "topic", cwd=work.tree)
    return work.tip()


def story(folder, tip):
    """Graph, trees, people and words, without the ids that hang on the second in which it was done."""
    output = git("log", "--topo-order", "--format=%T|%an|%ae|%ad|%cn|%ce|%s|%b|%P", tip, cwd=folder)
    shape = git("log", "--topo-order", "--format=%H %P", tip, cwd=folder).split("\n")
    numbers = {line.split()[0]: number for number, line in enumerate(shape)}
    parents = [[numbers[one] for one in line.split()[1:]] for line in shape]
    return [line.rsplit("|", 1)[0] for line in output.split("\n") if "|" in line], parents


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "strategy",
    [Strategy.NO_FF, Strategy.FF, Strategy.REBASE_NO_FF, Strategy.REBASE_FF_ONLY, Strategy.SQUASH],
)
def test_the_same_as_by_hand(work, strategy, seed):
    grown(work, seed)
    tip = made(work, strategy)
    hand = by_hand(work, strategy)
    ours, theirs = story(work.bare.path, tip), story(work.tree, hand)
    if strategy in {Strategy.NO_FF, Strategy.FF, Strategy.SQUASH, Strategy.REBASE_NO_FF}:
        # The date of the author of what is made now is now.
        ours[0][0] = theirs[0][0] = theirs[0][0].split("|")[0]
        assert git("rev-parse", f"{tip}^{{tree}}", cwd=work.bare.path) == ours[0][0]
    assert ours == theirs
    assert git("fsck", "--strict", "--no-dangling", cwd=work.bare.path) == ""


@pytest.mark.parametrize("strategy", [Strategy.FF_ONLY, Strategy.FF, Strategy.SQUASH_FF_ONLY])
def test_a_source_that_is_only_ahead(work, strategy):
    work.commit("begin", x="1\n")
    work.on("-b", "topic")
    work.commit("more", x="2\n")
    work.push()
    tip = made(work, strategy)
    if strategy is Strategy.SQUASH_FF_ONLY:
        assert history.commit(work.bare, tip).parents == (work.tip("main"),)
        assert history.commit(work.bare, tip).author == ADA
    else:
        assert tip == work.tip("topic")
    work.on("main")
    work.commit("other", y="1\n")
    work.push()
    if strategy is not Strategy.FF:
        with pytest.raises(NotFastForward):
            made(work, strategy)


def test_conflicts_are_told_by_path_and_side_and_leave_nothing(work):
    work.commit("begin", both="1\n", gone="1\n", kept="1\n")
    work.on("-b", "topic")
    work.commit("topic", both="2\n", gone=None, new="a\n", ümlaut="t\n")
    work.on("main")
    work.commit("main", both="3\n", gone="4\n", new="b\n", ümlaut="m\n")
    work.push()
    before = sorted(os.listdir(work.bare.objects))
    for strategy in (Strategy.NO_FF, Strategy.REBASE_FF_ONLY, Strategy.SQUASH):
        with pytest.raises(MergeConflict) as told:
            made(work, strategy)
        assert set(told.value.paths) == {"both", "gone", "new", "ümlaut"}
    with quarantine(work.bare) as incoming:
        merged = merge.merge(incoming, work.tip("main"), work.tip("topic"))
    sides = {one.path: (one.ours.value, one.theirs.value) for one in merged.disagreements}
    assert sides["both"] == ("MODIFY", "MODIFY")
    assert sides["gone"] == ("MODIFY", "DELETE")
    assert sides["new"] == ("ADD", "ADD")
    assert sorted(os.listdir(work.bare.objects)) == before


def test_what_was_picked_already_and_what_becomes_empty_is_left_out(work):
    work.commit("begin", x=text(*range(9)))
    work.on("-b", "topic")
    picked = work.commit("picked", y="1\n")
    work.commit("same as there", z="1\n")
    work.commit("stays empty")
    work.commit("stays", w="1\n")
    work.on("main")
    git("cherry-pick", picked, cwd=work.tree)
    work.commit("there, with more", z="1\n", v="1\n")
    work.push()
    tip = made(work, Strategy.REBASE_FF_ONLY)
    assert story(work.bare.path, tip) == story(work.tree, by_hand(work, Strategy.REBASE_FF_ONLY))
    subjects = git("log", "--format=%s", f"main..{tip}", cwd=work.bare.path).split("\n")
    assert subjects == ["stays", "stays empty"]


def test_renames_of_one_side_carry_what_the_other_changed(work):
    work.commit("begin", **{f"old__{name}": text(*range(30), name) for name in "abc"})
    work.on("-b", "topic")
    work.commit("change", old__a=text("new", *range(30), "a"))
    work.on("main")
    git("mv", "old", "fresh", cwd=work.tree)
    work.commit("move the folder")
    work.push()
    for strategy in (Strategy.NO_FF, Strategy.REBASE_FF_ONLY):
        tip = made(work, strategy)
        names = git("ls-tree", "-r", "--name-only", tip, cwd=work.bare.path)
        assert names == git("ls-tree", "-r", "--name-only", by_hand(work, strategy), cwd=work.tree)
        assert names.split() == ["fresh/a", "fresh/b", "fresh/c"]
    # Where a new file of a moved folder belongs is for people to say, as git has it.
    work.on("topic")
    work.commit("add", old__d="d\n")
    work.push()
    for strategy in (Strategy.NO_FF, Strategy.REBASE_FF_ONLY):
        with pytest.raises(MergeConflict, match="fresh/d"):
            made(work, strategy)


def test_histories_that_cross_and_histories_that_share_nothing(work):
    work.commit("begin", x=text(*range(20)))
    work.on("-b", "topic")
    work.commit("topic", x=text("t", *range(1, 20)))
    work.on("main")
    work.commit("main", x=text(*range(19), "m"))
    git("merge", "-q", "-m", "m", "topic", cwd=work.tree)
    git("branch", "before", "main^", cwd=work.tree)
    work.on("topic")
    git("merge", "-q", "-m", "t", "before", cwd=work.tree)
    work.commit("more", y="1\n")
    work.push()
    assert story(work.bare.path, made(work, Strategy.NO_FF)) is not None
    git("checkout", "-q", "--orphan", "alone", cwd=work.tree)
    git("rm", "-rfq", ".", cwd=work.tree)
    work.commit("alone", alone="1\n")
    git("branch", "-f", "topic", cwd=work.tree)
    work.push()
    tip = made(work, Strategy.REBASE_FF_ONLY)
    assert git("ls-tree", "--name-only", tip, cwd=work.bare.path).split() == ["alone", "x"]


def test_revert_and_cherry_pick(work):
    work.commit("begin", x=text(*range(20)))
    one = work.commit("one\n\nwhy", x=text("one", *range(1, 20)))
    work.commit("two", x=text("one", *range(1, 19), "two"))
    work.push()
    signed = Committer(CARL, TIME)
    with quarantine(work.bare) as incoming:
        commit = history.commit(work.bare, one)
        back = commit_rewriting.revert(incoming, commit, work.tip(), signed)
        again = commit_rewriting.cherry_pick(incoming, commit, back, signed)
        incoming.accept()
    git("revert", "--no-edit", one, cwd=work.tree)
    hand = git("log", "-1", "--format=%T %B", cwd=work.tree)
    assert git("log", "-1", "--format=%T %B", back, cwd=work.bare.path) == hand
    git("cherry-pick", one, cwd=work.tree)
    hand = git("log", "-1", "--format=%T %an %ad %B", cwd=work.tree)
    assert git("log", "-1", "--format=%T %an %ad %B", again, cwd=work.bare.path) == hand
