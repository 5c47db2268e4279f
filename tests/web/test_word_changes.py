"""Which words of a line are marked as changed, and how lines are coloured."""

from __future__ import annotations

import pytest

from web.diffs import highlighting
from web.diffs.changed_words import LONGEST_LINE, changed_words


def words(old: str, new: str) -> tuple[list[str], list[str]]:
    removed, added = changed_words(old, new)
    return [old[start:end] for start, end in removed], [new[start:end] for start, end in added]


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("    return old_name(value)", "    return new_name(value)", ["old_name"], ["new_name"]),
        ("call(one, two)", "call(one, two, three)", [], [", three"]),
        ("  indented", "    indented", ["  "], ["    "]),
        (
            "total = first value of all",
            "total = another thing of all",
            ["first value"],
            ["another thing"],
        ),
        ("größer als null", "größer als eins", ["null"], ["eins"]),
        ("x = 1\r", "x = 1", ["\r"], []),
    ],
)
def test_only_what_changed_is_marked(old, new, removed, added):
    assert words(old, new) == (removed, added)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nothing at all like it", "quite another sentence"),
        ("same", "same"),
        ("", "new"),
        ("x" * (LONGEST_LINE + 1), "x" * LONGEST_LINE),
        ("a-" * 100, "b-" * 100),
    ],
)
def test_lines_that_are_unlike_equal_or_too_long_have_no_marks(old, new):
    assert changed_words(old, new) == ([], [])


def test_lines_that_end_as_on_windows_keep_their_colours():
    (pieces,) = highlighting.pieces_of([["def greet():\r", "    return 1\r"]], "a.py")
    assert [("".join(text for _, text in line)) for line in pieces] == [
        "def greet():\r",
        "    return 1\r",
    ]
    assert any(colour for line in pieces for colour, _ in line)
