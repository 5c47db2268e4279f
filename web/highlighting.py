"""Colour the lines of a file; what is large or unknown stays plain."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from django.core.cache import caches
from django.utils.safestring import SafeString, mark_safe
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
        return [escape(line) for line in _split(text)]
    key = f"lines:{blob_id}:{name.rpartition('.')[2][:20]}"
    kept = caches["pages"]
    found: list[str] | None = kept.get(key)
    if found is None:
        found = _coloured(text, name)
        kept.set(key, found, REMEMBERED_SECONDS)
    return found


def rows(lines: list[str], gutter: Mapping[int, str] | None = None) -> SafeString:
    """Write lines as rows of a table, numbered from 1; `gutter` holds cells that stand before some."""
    before = gutter or {}
    return mark_safe(
        "\n".join(
            f'<tr id="L{n}">{before.get(n, "")}'
            f'<td class="number"><a href="#L{n}" data-line="{n}">{n}</a></td>'
            f'<td class="text">{line}</td></tr>'
            for n, line in enumerate(lines, 1)
        )
    )


def _coloured(text: str, name: str) -> list[str]:
    lines = _split(text)
    plain = [escape(line) for line in lines]
    if any(len(line) > LONGEST_LINE for line in lines):
        return plain
    try:
        lexer = get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return plain
    # The formatter closes what a line leaves open, so each line stands in a cell of its own.
    coloured = highlight("\n".join(lines), lexer, _FORMATTER).removesuffix("\n").split("\n")
    # A lexer that loses or makes lines would move every anchor.
    return coloured if len(coloured) == len(plain) else plain


def _split(text: str) -> list[str]:
    """Cut at newlines only, as git and editors count lines."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
