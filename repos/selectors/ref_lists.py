"""Branches or tags in an order and narrowed by a search, read no further than they are listed.

The packed refs of a repository are put in order once for each state of `packed-refs`; the few loose
ones, which moved since they were packed, are merged in.
"""

from __future__ import annotations

import enum
import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gitengine import history, refs
from gitengine.packed_refs import PackedRefs
from gitengine.repository import GitRepository
from gitengine.types import Ref

# What refs are sorted by: both orders end with the name, so that none is left to chance.
Rank = tuple[int | str, str]


class RefOrder(enum.Enum):
    """How branches and tags are listed."""

    ALPHABETICAL = "ALPHABETICAL"
    MODIFICATION = "MODIFICATION"


@dataclass(frozen=True)
class RefSearch:
    """What a list is narrowed to: `text` anywhere in the short name, `below` at its beginning."""

    text: str = ""
    order: RefOrder = RefOrder.MODIFICATION
    boost_matches: bool = False
    below: str = ""


def matching(git: GitRepository, prefix: str, search: RefSearch) -> Iterator[Ref]:
    """Give the refs below a prefix such as refs/heads/ that fit, in order."""
    listed = _ordered(git, prefix, search.order)
    if search.below:
        listed = (ref for ref in listed if ref.name.startswith(prefix + search.below))
    if not search.text:
        return iter(listed)
    text, start = search.text.lower(), len(prefix)
    found = (ref for ref in listed if text in ref.name[start:].lower())
    if not search.boost_matches:
        return found
    return iter(sorted(found, key=lambda ref: _match_rank(ref.name[start:].lower(), text)))


def _ordered(git: GitRepository, prefix: str, order: RefOrder) -> Iterable[Ref]:
    loose, packed = refs.snapshot(git, (prefix,))
    name = f"{order.value} {prefix}"
    ordered = packed.orders.get(name)
    if ordered is None:
        below = list(packed.below(prefix))
        rank = _ranks(git, below, order, packed)
        ordered = packed.orders[name] = sorted(
            ((rank(ref), ref) for ref in below), key=lambda one: one[0]
        )
    if not loose:
        return (ref for _, ref in ordered)
    rank = _ranks(git, list(loose.values()), order, packed)
    moved = sorted(((rank(ref), ref) for ref in loose.values()), key=lambda one: one[0])
    still = (one for one in ordered if one[1].name not in loose)
    return (ref for _, ref in heapq.merge(still, moved, key=lambda one: one[0]))


def _ranks(
    git: GitRepository, listed: list[Ref], order: RefOrder, packed: PackedRefs
) -> Callable[[Ref], Rank]:
    if order is RefOrder.ALPHABETICAL:
        return lambda ref: (ref.name.lower(), ref.name)
    times = packed.commit_times
    missing = {ref.peeled for ref in listed if ref.peeled not in times}
    if missing:
        times.update(history.commit_times(git, missing))
    return lambda ref: (-times[ref.peeled], ref.name)


def _match_rank(name: str, text: str) -> int:
    return 0 if name == text else 1 if name.startswith(text) else 2
