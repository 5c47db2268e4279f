"""Small pushes that unfold to very much cost a bounded time and memory, at push and at every page."""

from __future__ import annotations

import resource
import subprocess

import pytest
import requests

from gitengine import budgets, child_watch, last_changes, path_counts, processes
from gitengine import trees as git_trees
from gitengine.errors import LimitReached, ProtocolError, TooManyPaths
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from infrastructure import jobs
from infrastructure.models import Job
from repos import storage
from tests import builders
from tests.availability.hostile import packs, trees
from tests.builders import git
from tests.server import ADMINISTRATOR

MEGABYTE = 1024 * 1024


def children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


@pytest.fixture
def repository(tmp_path) -> GitRepository:
    git("init", "-q", "--bare", "-b", "main", "r.git", cwd=tmp_path)
    return GitRepository.open(tmp_path / "r.git")


@pytest.fixture
def budget(monkeypatch):
    """Set what children of a kind may use, for one test."""

    def give(kind: budgets.Kind, **figures: int) -> None:
        usual = {"memory": 1024 * MEGABYTE, "processor_seconds": 60}
        monkeypatch.setitem(budgets.BUDGETS, kind, budgets.Budget(**usual | figures))

    return give


def test_paths_are_counted_by_distinct_trees(repository):
    bomb = trees.bomb(repository.path, levels=9)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert path_counts.of_commit(repository, bomb) == path_counts.most_paths() + 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 0.5
    small = trees.bomb(repository.path, levels=2, branch="small")
    assert path_counts.of_commit(repository, small) == 2 + 10 + 100
    listed = git("ls-tree", "-r", "-t", "--name-only", small, cwd=repository.path)
    assert len(listed.splitlines()) == 112


def test_differences_are_counted_where_a_side_is_too_large(repository):
    bomb = trees.bomb(repository.path, levels=9)
    changed = _with_readme(repository, bomb, "changed\n")
    path_counts.require_few_differences(repository, bomb, changed)
    path_counts.require_few_differences(repository, None, bomb, "README.md")
    for old, new in ((None, bomb), (bomb, trees.bomb(repository.path, levels=1, branch="few"))):
        with pytest.raises(TooManyPaths):
            path_counts.require_few_differences(repository, old, new)


def test_differences_of_two_bombs_cost_no_more_than_their_trees(repository):
    """The same shape, with another file at the bottom: no two of their trees are equal."""
    one = trees.bomb(repository.path, levels=9, branch="one")
    other = trees.bomb(repository.path, levels=9, branch="other", content="y\n")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(TooManyPaths):
        path_counts.require_few_differences(repository, one, other)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 0.5


def test_a_line_far_behind_the_end_of_a_large_file(repository):
    blob = repository.path.parent / "large.txt"
    blob.write_bytes(b"line\n" * 20_000_000)
    large = git("hash-object", "-w", str(blob), cwd=repository.path)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    last = git_trees.read_lines(repository, large, start=19_999_999, limit=10)
    assert last.lines == ("line",) and last.is_last
    assert git_trees.read_lines(repository, large, start=100_000_000, limit=10).lines == ()
    assert git_trees.read_lines(repository, large, start=1, limit=1).lines == ("line",)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 2


def _with_readme(repository: GitRepository, commit: str, text: str) -> str:
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"],
        cwd=repository.path, input=text.encode(), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    listing = git("ls-tree", commit, cwd=repository.path)
    lines = [
        f"100644 blob {blob}\tREADME.md" if line.endswith("README.md") else line
        for line in listing.splitlines()
    ]
    tree = subprocess.run(
        ["git", "mktree"],
        cwd=repository.path, input="\n".join([*lines, ""]).encode(), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    return git("commit-tree", tree, "-p", commit, "-m", "readme", cwd=repository.path)


def test_the_index_of_last_changes_is_not_made_and_leaves_nothing(repository):
    bomb = trees.bomb(repository.path, levels=9)
    (repository.path / ".new-killedlast-changes.sqlite").write_bytes(b"half")
    before = children()
    with pytest.raises(TooManyPaths):
        last_changes.update(repository, bomb)
    assert last_changes.find(repository, bomb, "", ["README.md", "bomb"]) == {}
    assert children().ru_utime - before.ru_utime < 0.5
    assert not [*repository.path.glob("*last-changes*")]


def test_a_child_that_takes_too_much_memory_is_ended(repository, budget):
    """Ten million paths, as if nobody had counted them."""
    bomb = trees.bomb(repository.path, levels=7)
    budget(budgets.Kind.READING, memory=64 * MEGABYTE)
    with pytest.raises(LimitReached):
        args = ["log", "-c", "--name-only", "--format=%H", bomb]
        for _ in processes.stream(args, git_dir=repository.path):
            pass
    ended = budgets.ENDED.labels("reading", "memory")._value.get()
    assert ended >= 1


def test_a_child_that_takes_too_much_time_is_ended(repository, budget):
    bomb = trees.bomb(repository.path, levels=8)
    budget(budgets.Kind.READING, processor_seconds=1)
    before = children()
    with pytest.raises(LimitReached):
        for _ in processes.stream(["ls-tree", "-r", bomb], git_dir=repository.path):
            pass
    assert children().ru_utime - before.ru_utime < 2


def test_a_pack_that_unfolds_to_very_much_is_refused_for_its_size(repository, monkeypatch):
    monkeypatch.setattr(budgets, "_first_seconds", 1)
    monkeypatch.setattr(child_watch, "SAMPLE_SECONDS", 0.2)
    pack = packs.delta_bomb(base_bytes=64 * MEGABYTE, deltas=200)
    assert len(pack) < 100_000
    before = children()
    with (
        quarantine(repository) as incoming,
        pytest.raises(ProtocolError, match="too much time or memory"),
    ):
        incoming.unpack(iter([pack]), most_bytes=10 * MEGABYTE)
    after = children()
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert not [*repository.path.glob("objects/incoming-*")]


def test_an_honest_pack_of_deltas_is_taken(repository):
    pack = packs.delta_bomb(base_bytes=MEGABYTE, deltas=20)
    with quarantine(repository) as incoming:
        incoming.unpack(iter([pack]), most_bytes=10 * MEGABYTE)


@pytest.mark.django_db
def test_a_job_that_reached_a_limit_is_not_tried_again():
    repository = builders.repository(builders.project("PRJ"))
    bomb = trees.bomb(storage.path_of(repository.pk), levels=9)
    git("update-ref", "refs/heads/main", bomb, cwd=storage.path_of(repository.pk))
    Job.objects.all().delete()
    jobs.enqueue("repos.index_last_changes", repository.pk)
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED and job.attempts == 1
    assert "more than 5,000,000 paths" in job.last_error


@pytest.mark.django_db
def test_a_push_of_too_many_paths_is_refused_where_that_is_asked(settings, tmp_path):
    from repos.services import push_rules

    repository = builders.repository(builders.project("PRJ"))
    bomb = trees.bomb(storage.path_of(repository.pk), levels=9)
    case = push_rules.PushContext(builders.actor(None), repository, storage.git_of(repository))
    command = push_rules.RefCommand("refs/heads/x", "0" * 40, bomb)
    assert push_rules.has_few_paths(case, command) is None
    settings.GIT_REFUSE_TOO_MANY_PATHS = True
    assert "more than 5,000,000 paths" in str(push_rules.has_few_paths(case, command))


RECURSIVE = [
    "rest/api/latest/projects/BOMB/repos/repo/commits/{bomb}/changes",
    "rest/api/latest/projects/BOMB/repos/repo/commits/{bomb}/diff",
    "rest/api/latest/projects/BOMB/repos/repo/commits/{bomb}/diff-stats-summary",
    "rest/api/latest/projects/BOMB/repos/repo/patch?until={bomb}",
    "rest/api/latest/projects/BOMB/repos/repo/files?at={bomb}",
    "rest/api/latest/projects/BOMB/repos/repo/archive?at={bomb}&format=tar",
    "rest/api/latest/projects/BOMB/repos/repo/compare/changes?from=bomb&to=main",
    "rest/api/latest/projects/BOMB/repos/repo/compare/diff?from=bomb&to=main",
    "projects/BOMB/repos/repo/commits/{bomb}?raw=diff",
]
# They show what they have, and say in place of the diff why there is none.
WITHOUT_DIFF = [
    "projects/BOMB/repos/repo/commits/{bomb}",
    "projects/BOMB/repos/repo/compare/diff?sourceBranch=bomb&targetBranch=main",
    "projects/BOMB/repos/repo/pull-requests/1/diff",
]
BOUNDED = [
    "rest/api/latest/projects/BOMB/repos/repo/last-modified?at={bomb}",
    "rest/api/latest/projects/BOMB/repos/repo/browse?at={bomb}",
    "rest/api/latest/projects/BOMB/repos/repo/commits?until={bomb}",
    "projects/BOMB/repos/repo/browse?at={bomb}",
    "projects/BOMB/repos/repo/browse/bomb/0/0?at={bomb}",
    "projects/BOMB/repos/repo/pull-requests/1/overview",
    "projects/BOMB/repos/repo/pull-requests/1/commits",
]


@pytest.mark.slow
def test_a_tree_bomb_on_the_server(server, tmp_path):
    """Pushed in a moment; every page of it answers, and costs next to nothing."""
    address = server.repository(key="BOMB", public=True)
    work = tmp_path / "work"
    git("init", "-q", "-b", "main", str(work), cwd=tmp_path)
    trees.bomb(work / ".git", levels=1, branch="main")
    bomb = trees.bomb(work / ".git", levels=9)
    git("push", "-q", address, "main", "bomb", cwd=work)

    proposal = {"title": "bomb", "fromRef": {"id": "bomb"}, "toRef": {"id": "main"}}
    made = requests.post(
        f"{server.url}/rest/api/latest/projects/BOMB/repos/repo/pull-requests",
        json=proposal,
        auth=ADMINISTRATOR,
        timeout=30,
    )
    assert made.status_code == 201, made.text

    def get(path: str) -> requests.Response:
        url = f"{server.url}/{path.format(bomb=bomb)}"
        return requests.get(url, timeout=30, auth=ADMINISTRATOR)

    def answered(path: str) -> int:
        return get(path).status_code

    assert {path: answered(path) for path in BOUNDED} == dict.fromkeys(BOUNDED, 200)
    assert {path: answered(path) for path in RECURSIVE} == dict.fromkeys(RECURSIVE, 422)
    for path in WITHOUT_DIFF:
        page = get(path)
        assert page.status_code == 200, path
        assert "too many to show at once" in page.text and "Browse files" in page.text, path
    git("clone", "-q", "--bare", "-b", "bomb", address, "back.git", cwd=tmp_path)
