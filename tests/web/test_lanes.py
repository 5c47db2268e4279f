"""The graph beside commits: lanes and lines, on histories drawn by hand."""

from __future__ import annotations

import random

from web.commits import commit_graph
from web.commits.commit_graph import GraphLine


def ids(*names: str) -> list[str]:
    return [f"{name}".ljust(40, "0") for name in names]


def commit(name: str, *parents: str) -> tuple[str, list[str]]:
    return ids(name)[0], ids(*parents)


def test_a_straight_history_is_one_lane_with_an_end():
    rows, left = commit_graph.drawn([commit("c", "b"), commit("b", "a"), commit("a")])

    assert [row.lane for row in rows] == [0, 0, 0]
    assert rows[0].lines == [GraphLine(0, 0, 0, "bottom")]
    assert rows[1].lines == [GraphLine(0, 0, 0, "top"), GraphLine(0, 0, 0, "bottom")]
    assert rows[2].lines == [GraphLine(0, 0, 0, "top")]
    assert left == []
    assert commit_graph.width(rows) == 1


def test_a_merge_opens_a_lane_and_where_both_meet_it_closes():
    rows, left = commit_graph.drawn(
        [commit("4", "2", "3"), commit("3", "1"), commit("2", "1"), commit("1")]
    )

    assert [row.lane for row in rows] == [0, 1, 0, 0]
    assert [row.is_merge for row in rows] == [True, False, False, False]
    assert rows[0].lines == [GraphLine(0, 0, 0, "bottom"), GraphLine(0, 1, 1, "bottom")]
    # While the side is drawn, the first lane passes by; both end where they meet.
    assert GraphLine(0, 0, 0) in rows[1].lines
    assert rows[2].lines == [
        GraphLine(0, 0, 0, "top"),
        GraphLine(1, 1, 1),
        GraphLine(0, 0, 0, "bottom"),
    ]
    assert rows[3].lines == [GraphLine(0, 0, 0, "top"), GraphLine(1, 0, 1, "top")]
    assert left == []
    assert commit_graph.width(rows) == 2


def test_a_lane_goes_on_at_the_next_page_as_it_ended():
    history = [
        commit("6", "4", "5"), commit("5", "3"), commit("4", "2"), commit("3", "1"),
        commit("2", "1"), commit("1"),
    ]  # fmt: skip
    whole, _ = commit_graph.drawn(history)
    for cut in range(1, len(history)):
        first, waiting = commit_graph.drawn(history[:cut])
        second, left = commit_graph.drawn(
            history[cut:], commit_graph.read(commit_graph.write(waiting))
        )
        assert first + second == whole
        assert left == []


def test_every_line_that_leaves_a_row_goes_on_in_the_next():
    chance = random.Random(3)
    for _ in range(50):
        names = [f"{number:040x}" for number in range(1, 40)]
        history = [
            (one, chance.sample(names[at + 1 :], min(len(names) - at - 1, chance.choice([1, 1, 2, 3]))))
            for at, one in enumerate(names)
        ]  # fmt: skip
        rows, left = commit_graph.drawn(history)
        assert left == []
        below: set[int] = set()
        for row in rows:
            assert {line.start for line in row.lines if line.half != "bottom"} == below
            below = {line.end for line in row.lines if line.half != "top"}
        assert below == set()


def test_a_parent_above_its_child_is_not_waited_for():
    rows, left = commit_graph.drawn([commit("a"), commit("b", "a")])

    assert rows[1].lines == []
    assert left == []


def test_open_lanes_in_an_address_are_read_only_if_they_are_lanes():
    assert commit_graph.read("a" * 12 + ",," + "b" * 12) == ["a" * 12, "", "b" * 12]
    for odd in ("", "xyz", "a" * 13, ",".join(["a" * 12] * 25), "\n" + "a" * 12, "a" * 12 + "\n"):
        assert commit_graph.read(odd) == []
    assert commit_graph.write(["a" * 12] * 25) == ""
