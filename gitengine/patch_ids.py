"""Patch IDs: ranges with the same ID make the same change (git-patch-id(1))."""

from __future__ import annotations

from gitengine import processes
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

TIMEOUT = 60.0


def of_range(git: GitRepository, base: ObjectId, tip: ObjectId) -> str:
    """The stable patch-id of all that leads from one commit to another; empty where nothing does."""
    patch = processes.stream(
        ["diff-tree", "-p", "--no-ext-diff", "--full-index", "--end-of-options", base, tip, "--"],
        git_dir=git.path,
        env=git.environment,
        timeout=TIMEOUT,
    )
    output = processes.run(["patch-id", "--stable"], git_dir=git.path, stdin=patch, timeout=TIMEOUT)
    return output.decode("ascii").split(" ", 1)[0].strip()
