"""Which words of a line changed, so that a diff marks them and not the whole line; knows lines only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

LONGEST_LINE = 500
MOST_TOKENS = 160
# Lines that have less in common are two lines, not one that changed.
LEAST_ALIKE = 0.4

_TOKENS = re.compile(r"\w+|\s+|.", re.DOTALL)

Spans = list[tuple[int, int]]


def changed_words(old: str, new: str) -> tuple[Spans, Spans]:
    """Give the places in each line that the other one has not; none where the lines are too unlike."""
    if old == new or max(len(old), len(new)) > LONGEST_LINE:
        return [], []
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    if max(len(before), len(after)) > MOST_TOKENS:
        return [], []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    removed: Spans = []
    added: Spans = []
    alike = old_at = new_at = 0
    for block in matcher.get_matching_blocks():
        _append(removed, before, old_at, block.a)
        _append(added, after, new_at, block.b)
        kept = before[block.a : block.a + block.size]
        alike += sum(len(token) for token in kept if not token.isspace())
        old_at, new_at = block.a + block.size, block.b + block.size
    letters = max(_letters(before), _letters(after))
    if letters and alike < LEAST_ALIKE * letters:
        return [], []
    return _places(removed, before), _places(added, after)


def _append(spans: Spans, tokens: Sequence[str], start: int, end: int) -> None:
    """Add a run of tokens; over a gap of mere white space it joins the one before."""
    if start == end:
        return
    if spans and all(token.isspace() for token in tokens[spans[-1][1] : start]):
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))


def _places(spans: Spans, tokens: Sequence[str]) -> Spans:
    """Turn runs of tokens into places in the line."""
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token))
    return [(starts[start], starts[end]) for start, end in spans]


def _letters(tokens: Sequence[str]) -> int:
    return sum(len(token) for token in tokens if not token.isspace())
