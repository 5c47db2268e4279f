"""Many refs: moved together in `packed-refs`, read once for each state of it, never out of date."""

from __future__ import annotations

import pytest

from gitengine import packed_refs, refs
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, RefCommand
from tests.builders import git

WHO = {
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@b.c",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@b.c",
}
MANY = refs.MANY


@pytest.fixture
def repository(tmp_path):
    made = GitRepository.create(tmp_path / "r.git", "refs/heads/main")
    tree = git("mktree", cwd=made.path, env=WHO)
    for number in range(3):
        commit = git("commit-tree", tree, "-m", str(number), cwd=made.path, env=WHO)
        git("update-ref", f"refs/keep/{number}", commit, cwd=made.path)
    return made


@pytest.fixture
def commits(repository):
    return git("for-each-ref", "--format=%(objectname)", "refs/keep", cwd=repository.path).split()


def add(name, new):
    return RefCommand(f"refs/heads/{name}", ZERO_ID, new)


def swap(repository, commands, *, atomic=False):
    with repository.exclusive() as held:
        return refs.swap(held, commands, atomic=atomic)


def told_by_git(repository):
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=repository.path)
    return dict(line.split() for line in lines.splitlines())


def told_by_us(repository):
    return {ref.name: ref.target for ref in refs.list_refs(repository)}


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("number", [3, MANY, 4 * MANY])
def test_many_new_refs_are_there_for_git_and_for_us(repository, commits, number, atomic):
    made = [add(f"topic/{one:04}", commits[one % 3]) for one in range(number)]

    assert not any(one.refusal for one in swap(repository, made, atomic=atomic))

    assert told_by_us(repository) == told_by_git(repository)
    assert len(told_by_git(repository)) == number + 3
    git("fsck", "--strict", cwd=repository.path)
    loose = list((repository.path / "refs/heads").rglob("topic/*"))
    assert len(loose) == (number if number < MANY else 0)
    assert not (repository.path / "packed-refs.lock").exists()


def test_annotated_tags_are_peeled(repository, commits):
    git("tag", "-m", "a tag", "seed", commits[0], cwd=repository.path, env=WHO)
    tag = git("rev-parse", "refs/tags/seed", cwd=repository.path)
    made = [RefCommand(f"refs/tags/v{one}", ZERO_ID, tag) for one in range(MANY)]

    swap(repository, made)

    listed = refs.list_refs(repository, ("refs/tags/v",))
    assert {ref.peeled for ref in listed} == {commits[0]}
    shown = git("show-ref", "--dereference", cwd=repository.path)
    assert f"{commits[0]} refs/tags/v0^{{}}" in shown


def test_many_packed_refs_are_moved_and_a_loose_one_goes_on_to_count(repository, commits):
    swap(repository, [add(f"b{one:03}", commits[0]) for one in range(MANY)])
    changed = [RefCommand(f"refs/heads/b{one:03}", commits[0], commits[1]) for one in range(MANY)]
    assert not any(one.refusal for one in swap(repository, changed))
    assert refs.values(repository, ["refs/heads/b000"]) == {"refs/heads/b000": commits[1]}

    swap(repository, [RefCommand("refs/heads/b000", commits[1], commits[2])])
    assert (repository.path / "refs/heads/b000").exists()
    again = [
        RefCommand(f"refs/heads/b{one:03}", commits[2 if one == 0 else 1], commits[0])
        for one in range(MANY)
    ]
    assert not any(one.refusal for one in swap(repository, again))
    assert told_by_us(repository) == told_by_git(repository)
    assert set(told_by_us(repository).values()) == set(commits)
    assert refs.find(repository, "refs/heads/b000").target == commits[0]


def test_one_stale_ref_among_many_is_refused_alone_or_with_all(repository, commits):
    swap(repository, [add("b000", commits[0])])
    made = [add(f"b{one:03}", commits[1]) for one in range(MANY + 1)]

    results = swap(repository, made, atomic=True)
    assert all(one.refusal for one in results)
    assert len(told_by_us(repository)) == 4

    results = swap(repository, made)
    assert [one.name for one in results if one.refusal] == ["refs/heads/b000"]
    assert told_by_us(repository) == told_by_git(repository)


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize(
    ("stands", "comes"), [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a"), ("a", "a/b/c")]
)
def test_a_name_cannot_stand_beside_a_folder_of_that_name(
    repository, commits, stands, comes, is_packed
):
    swap(repository, [add(stands, commits[0])])
    if is_packed:
        git("pack-refs", "--all", "--prune", cwd=repository.path)
    others = [add(f"b{one:03}", commits[1]) for one in range(MANY)]

    results = swap(repository, [add(comes, commits[0]), *others])
    assert "exists; cannot create" in results[0].refusal
    assert not any(one.refusal for one in results[1:])

    gone = RefCommand(f"refs/heads/{stands}", commits[0], ZERO_ID)
    assert not any(one.refusal for one in swap(repository, [gone, add(comes, commits[0])]))
    assert told_by_us(repository) == told_by_git(repository)


def test_two_that_clash_in_one_push(repository, commits):
    made = [add("x", commits[0]), add("x/y", commits[0])]
    made += [add(f"b{one:03}", commits[1]) for one in range(MANY)]
    results = swap(repository, made)
    assert [one.name for one in results if one.refusal] == ["refs/heads/x/y"]


def test_every_state_of_the_file_is_read(repository, commits):
    """Git and we rewrite it in turn; what was cached of one state is never given for another."""
    for turn in range(10):
        swap(repository, [add(f"t{turn}/{one:03}", commits[turn % 3]) for one in range(MANY)])
        assert told_by_us(repository) == told_by_git(repository)
        git("update-ref", "-d", f"refs/heads/t{turn}/000", cwd=repository.path)
        assert f"refs/heads/t{turn}/000" not in told_by_us(repository)
        git("update-ref", f"refs/heads/t{turn}/001", commits[(turn + 1) % 3], cwd=repository.path)
        git("pack-refs", "--all", cwd=repository.path)
        assert told_by_us(repository) == told_by_git(repository)


def test_what_is_cached_of_all_repositories_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_refs, "MOST_CACHED_REFS", 100)
    monkeypatch.setattr(packed_refs, "_cache", type(packed_refs._cache)())
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        lines = [f"{one:040x} refs/heads/b{one}" for one in range(40)]
        (folder / "packed-refs").write_text("\n".join([packed_refs.HEADER, *lines, ""]))
        assert len(packed_refs.read(folder).by_name) == 40
    assert len(packed_refs._cache) == 2
