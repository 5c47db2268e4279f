"""The lines of a file as rows of a table, coloured where that takes no more than its time."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.safestring import SafeString, mark_safe

from infrastructure.rendering import client, highlight
from infrastructure.rendering.highlight import Pieces

__all__ = ["Pieces", "lines_of", "pieces_of", "rows"]


def lines_of(text: str, name: str) -> list[str]:
    """Give the lines of a file as HTML; what is large, unknown or too complex stays plain."""
    lines = client.highlighted_lines(text, name)
    return highlight.plain(text) if lines is None else lines


def rows(lines: list[str], gutter: Mapping[int, str] | None = None) -> SafeString:
    """Render lines as table rows, numbered from 1; `gutter` has cells for some of them."""
    before = gutter or {}
    return mark_safe(
        "\n".join(
            f'<tr id="L{n}">{before.get(n, "")}'
            f'<td class="number"><a href="#L{n}" data-line="{n}">{n}</a></td>'
            f'<td class="text">{line}</td></tr>'
            for n, line in enumerate(lines, 1)
        )
    )


def pieces_of(blocks: list[list[str]], name: str) -> list[list[Pieces]]:
    """Give blocks of lines of a file in coloured pieces; an empty list for each block that stays plain."""
    return client.highlighted_pieces(blocks, name) or [[] for _ in blocks]
