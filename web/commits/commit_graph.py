"""The commit graph beside a list of commits: the column of each commit and the lines to its parents.

Commits come as they are listed, children before parents. A lane waits for one commit; the next free
one is taken by what nobody waits for. Lanes that wait at the end of a page go on at the start of the
next. Knows ids and parents only; a template draws.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_LANES = 24
# As much of an id as tells the commits of one page apart, and fits into an address.
LENGTH = 12
COLOURS = 6

_OPEN = re.compile(rf"([0-9a-f]{{{LENGTH}}})?(,([0-9a-f]{{{LENGTH}}})?){{0,{MOST_LANES - 1}}}")

Lanes = list[str]


@dataclass(frozen=True)
class GraphLine:
    """A line through a row, from a lane at its top to one at its bottom; it begins or ends at the dot if half."""

    start: int
    end: int
    colour: int
    half: str = ""


@dataclass(frozen=True)
class GraphRow:
    """What is drawn beside one commit."""

    lane: int
    colour: int
    is_merge: bool
    lines: list[GraphLine] = field(default_factory=list)


def drawn(
    commits: Iterable[tuple[str, Sequence[str]]], waiting: Sequence[str] = ()
) -> tuple[list[GraphRow], Lanes]:
    """Give a row for each commit with its parents, and the lanes that are open at the end."""
    lanes: Lanes = list(waiting)
    seen: set[str] = set()
    rows = []
    for commit_id, parent_ids in commits:
        commit, parents = commit_id[:LENGTH], [one[:LENGTH] for one in parent_ids]
        seen.add(commit)
        above = list(lanes)
        lane = lanes.index(commit) if commit in lanes else _free(lanes)
        for number, waited in enumerate(lanes):
            if waited == commit:
                lanes[number] = ""
        # A parent that stands above already, as clocks that go wrong let it, is not drawn to.
        targets = [_place(lanes, parent, lane) for parent in parents if parent not in seen]
        rows.append(
            GraphRow(lane, lane % COLOURS, len(parents) > 1, _lines(above, commit, lane, targets))
        )
        while lanes and not lanes[-1]:
            lanes.pop()
    return rows, lanes


def width(rows: Iterable[GraphRow]) -> int:
    """Count the lanes that the rows need."""
    return 1 + max((_widest(row) for row in rows), default=0)


def write(lanes: Sequence[str]) -> str:
    """Write open lanes into an address; nothing where there are too many to go on with."""
    return ",".join(lanes) if len(lanes) <= MOST_LANES else ""


def read(text: str) -> Lanes:
    """Read open lanes out of an address; what is none is nothing."""
    return text.split(",") if text and _OPEN.fullmatch(text) else []


def _lines(above: Sequence[str], commit: str, lane: int, targets: Iterable[int]) -> list[GraphLine]:
    lines = []
    for number, waited in enumerate(above):
        if waited == commit:
            lines.append(GraphLine(number, lane, number % COLOURS, "top"))
        elif waited:
            lines.append(GraphLine(number, number, number % COLOURS))
    for target in dict.fromkeys(targets):
        lines.append(
            GraphLine(lane, target, (target if target != lane else lane) % COLOURS, "bottom")
        )
    return lines


def _place(lanes: Lanes, parent: str, lane: int) -> int:
    """Find the lane that waits for a parent, else let one wait: the commit's own if it is free.

    Lanes to its right may wait for the same: they join where it stands, so that the left ones stay straight.
    """
    is_free = not lanes[lane]
    if parent in lanes[: lane if is_free else None]:
        return lanes.index(parent)
    if is_free:
        lanes[lane] = parent
        return lane
    number = _free(lanes)
    lanes[number] = parent
    return number


def _free(lanes: Lanes) -> int:
    """Give the first lane that waits for nothing; a new one if all do."""
    if "" in lanes:
        return lanes.index("")
    lanes.append("")
    return len(lanes) - 1


def _widest(row: GraphRow) -> int:
    return max([row.lane, *(max(line.start, line.end) for line in row.lines)])
