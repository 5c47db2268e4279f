"""How branches lie to each other: how far apart they are, and which of them hold a commit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator

from gitengine import history, processes, refs
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

TIMEOUT = 30.0
MOST_WALKED = 200_000
# What git reads as a number of refs.
MOST_COUNTED = 2**31 - 1
# A walk of its own for each is cheaper than one for all where there are few.
FEW = 2


def distances(
    git: GitRepository, tips: Collection[ObjectId], base: ObjectId
) -> dict[ObjectId, tuple[int, int]]:
    """Count, for each tip, what it has beyond the base and the base beyond it: one walk for all.

    Walked is what is not common to all of them. Each commit carries the set of tips that reach it,
    as the bits of a number, from children to parents.
    """
    wanted = sorted(set(tips) - {base})
    same = dict.fromkeys(set(tips) & {base}, (0, 0))
    if len(wanted) <= FEW:
        return same | {tip: history.ahead_behind(git, tip, base) for tip in wanted}
    bits = {tip: 1 << number for number, tip in enumerate(wanted)}
    bits[base] = 1 << len(wanted)
    reached = dict(bits)
    counted: Counter[int] = Counter()
    for walked, (commit, parents) in enumerate(_walk(git, [*wanted, base])):
        if walked >= MOST_WALKED:
            return same | {tip: history.ahead_behind(git, tip, base) for tip in wanted}
        mask = reached.pop(commit, 0)
        counted[mask] += 1
        for parent in parents:
            reached[parent] = reached.get(parent, 0) | mask
    found = {}
    for tip in wanted:
        ahead = sum(n for mask, n in counted.items() if mask & bits[tip] and not mask & bits[base])
        behind = sum(n for mask, n in counted.items() if mask & bits[base] and not mask & bits[tip])
        found[tip] = (ahead, behind)
    return same | found


def containing(
    git: GitRepository, commit_id: ObjectId, *, most: int, prefix: str = refs.BRANCHES
) -> list[str]:
    """Give the full names of branches, or other refs, that reach a commit, sorted, at most so many."""
    output = processes.run(
        [
            "for-each-ref",
            f"--contains={commit_id}",
            f"--count={min(most, MOST_COUNTED)}",
            "--format=%(refname)",
            prefix,
        ],
        git_dir=git.path,
        timeout=TIMEOUT,
    )
    return [os.fsdecode(line) for line in output.splitlines()]


def reaching(
    git: GitRepository, commit_id: ObjectId, candidates: Collection[ObjectId]
) -> set[ObjectId]:
    """Keep of these commits those that have `commit_id` in their history, or are it; one walk for all.

    What is not there any more reaches nothing.
    """
    wanted = set(candidates)
    found = wanted & {commit_id}
    asked = "".join(f"{one}\n" for one in [*sorted(wanted), f"^{commit_id}"])
    walked = processes.stream(
        ["rev-list", "--ancestry-path", "--ignore-missing", "--stdin"],
        git_dir=git.path,
        stdin=asked.encode(),
        env=git.environment,
        timeout=TIMEOUT,
    )
    rest = b""
    for chunk in walked:
        *lines, rest = (rest + chunk).split(b"\n")
        found |= wanted.intersection(line.decode("ascii") for line in lines)
    return found


def _walk(git: GitRepository, tips: list[ObjectId]) -> Iterator[tuple[ObjectId, list[ObjectId]]]:
    """Give each commit that some of the tips reach and not all, children before parents, with its parents."""
    # What all of them reach is left out at its newest commit, where there is one.
    common = processes.run(
        ["merge-base", "--octopus", *tips], git_dir=git.path, timeout=TIMEOUT, ok_statuses=(0, 1)
    )
    revisions = [*tips, *(f"^{one}" for one in common.decode("ascii").split())]
    walk = processes.stream(
        ["rev-list", "--topo-order", "--parents", "--stdin"],
        git_dir=git.path,
        stdin="".join(f"{one}\n" for one in revisions).encode(),
        timeout=TIMEOUT,
    )
    rest = b""
    try:
        for chunk in walk:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                commit, *parents = line.decode("ascii").split(" ")
                yield commit, parents
    finally:
        walk.close()
