"""Repositories with branches to be merged, and jobs that are done at once."""

from __future__ import annotations

from pathlib import Path

from accounts.actor import Actor
from gitengine.types import ZERO_ID, RefCommand
from infrastructure import jobs
from infrastructure.models import Job
from repos import storage
from repos.models import Push, Repository
from repos.services import ref_updates
from tests.builders import git

R = "projects/PRJ/repos/repo"
P = f"{R}/pull-requests"


def run_jobs() -> None:
    """Do all that waits, whenever it is due."""
    for _ in range(10):
        Job.objects.update(due_at="2020-01-01T00:00:00Z")
        for number in jobs.due_ids():
            jobs.run(number)


def folder(repository: Repository) -> Path:
    """Where its files are."""
    return storage.path_of(repository.pk)


def commit(
    repository: Repository,
    branch: str,
    files: dict[str, str | None],
    *,
    on: str = "",
    message: str = "",
    actor: Actor | None = None,
    is_forced: bool = False,
) -> str:
    """Push a commit to a branch, made from `on` (else from itself); None removes a file. Gives its id."""
    path = folder(repository)
    name = f"refs/heads/{branch}"
    old = git("for-each-ref", "--format=%(objectname)", name, cwd=path)
    parent = git("rev-parse", on or name, cwd=path) if on or old else ""
    index = path / "index-of-tests"
    env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(path), "GIT_DIR": str(path)}
    index.unlink(missing_ok=True)
    if parent:
        git("read-tree", parent, cwd=path, env=env)
    for file, text in files.items():
        if text is None:
            git("update-index", "--force-remove", file, cwd=path, env=env)
            continue
        source = path / "text-of-tests"
        source.write_text(text)
        blob = git("hash-object", "-w", str(source), cwd=path)
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},{file}", cwd=path, env=env)
    tree = git("write-tree", cwd=path, env=env)
    parents = ["-p", parent] if parent else []
    made = git(
        "commit-tree", tree, *parents, "-m", message or f"Change {', '.join(files)}", cwd=path
    )
    move(repository, branch, made, actor=actor)
    return made


def move(repository: Repository, branch: str, to: str, *, actor: Actor | None = None) -> None:
    """Let a branch lead elsewhere, as a push does; an empty `to` deletes it."""
    name = f"refs/heads/{branch}"
    old = git("for-each-ref", "--format=%(objectname)", name, cwd=folder(repository)) or ZERO_ID
    (moved,) = ref_updates.move(
        actor or Actor.system(),
        repository,
        [RefCommand(name, old, to or ZERO_ID)],
        reason=Push.Reason.PUSH,
    )
    assert not moved.refusal, moved.refusal
