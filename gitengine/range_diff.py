"""Range-diffs of rewritten branches (git-range-diff(1))."""

from __future__ import annotations

from gitengine import processes
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

TIMEOUT = 30.0
MOST_BYTES = 2 * 1024 * 1024


def between(
    git: GitRepository, old: tuple[ObjectId, ObjectId], new: tuple[ObjectId, ObjectId]
) -> str:
    """Compare two ranges, each from a base to a tip, commit by commit, as text for people.

    TookTooLong, InputTooLarge.
    """
    output = processes.run(
        # Ids alone: this command knows no --end-of-options.
        ["range-diff", "--no-color", f"{old[0]}..{old[1]}", f"{new[0]}..{new[1]}"],
        git_dir=git.path,
        env=git.environment,
        timeout=TIMEOUT,
        most_output=MOST_BYTES,
    )
    return output.decode("utf-8", "replace")
