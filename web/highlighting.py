"""Colour the lines of a file; what is large or unknown stays plain."""

from __future__ import annotations

from html import escape

from django.core.cache import cache
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound

MOST_CHARACTERS = 200_000
LONGEST_LINE = 5_000
REMEMBERED_SECONDS = 24 * 3600

_FORMATTER = HtmlFormatter(nowrap=True)


def lines_of(text: str, name: str, blob_id: str) -> list[str]:
    """Give the lines of a file as HTML, remembered by the id of its content."""
    if len(text) > MOST_CHARACTERS:
        return _plain(text)
    key = f"lines:{blob_id}:{name.rpartition('.')[2][:20]}"
    found: list[str] | None = cache.get(key)
    if found is None:
        found = _coloured(text, name)
        cache.set(key, found, REMEMBERED_SECONDS)
    return found


def _coloured(text: str, name: str) -> list[str]:
    plain = _plain(text)
    if any(len(line) > LONGEST_LINE for line in plain):
        return plain
    try:
        lexer = get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return plain
    lines = highlight("\n".join(text.splitlines()), lexer, _FORMATTER).split("\n")
    lines = _closed_at_line_ends(lines)
    # A lexer that loses or makes lines would move every anchor.
    return lines if len(lines) == len(plain) else plain


def _plain(text: str) -> list[str]:
    return [escape(line) for line in text.splitlines()]


def _closed_at_line_ends(lines: list[str]) -> list[str]:
    """Close what a line leaves open and open it again on the next: each line stands in a cell of its own."""
    closed = []
    opened = ""
    for line in lines:
        whole = opened + line
        last_open, last_close = whole.rfind("<span"), whole.rfind("</span>")
        if last_open > last_close:
            opened = whole[last_open : whole.index(">", last_open) + 1]
            whole += "</span>"
        else:
            opened = ""
        closed.append(whole)
    return closed
