"""Colour the lines of a file; what is large or unknown stays plain."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from core.remembered import remembered

MOST_CHARACTERS = 200_000
LONGEST_LINE = 5_000

_FORMATTER = HtmlFormatter(nowrap=True)
# What the style sheet has a colour for.
_COLOURED = frozenset(
    {"k", "kd", "kn", "kr", "kc", "ow", "s", "s1", "s2", "sd", "sa", "sb", "si", "se", "sr", "m"}
    | {"mi", "mf", "mh", "il", "c", "c1", "cm", "ch", "cp", "cpf", "cs", "nf", "fm", "nd", "nl"}
    | {"nt", "na", "nc", "kt", "nb", "bp", "ne"}
)

# The text of a line in pieces, each with the class of its colour, or none.
Pieces = list[tuple[str, str]]


def lines_of(text: str, name: str, blob_id: str) -> list[str]:
    """Give the lines of a file as HTML, remembered by the id of its content."""
    if len(text) > MOST_CHARACTERS:
        return [escape(line) for line in _split(text)]
    ending = name.rpartition(".")[2][:20]
    return remembered("lines", blob_id, ending, make=lambda: _coloured(text, name))


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


def pieces_of(lines: list[str], name: str) -> list[Pieces]:
    """Give lines that follow each other in coloured pieces; nothing where they stay plain."""
    lexer = _lexer(name)
    if lexer is None or any(len(line) > LONGEST_LINE for line in lines):
        return []
    found: list[Pieces] = [[]]
    # A lexer takes a carriage return for the end of the line: it goes, and comes back after it.
    plain = [line.removesuffix("\r") for line in lines]
    for kind, text in lexer.get_tokens("\n".join(plain)):
        colour = STANDARD_TYPES.get(kind, "")
        colour = colour if colour in _COLOURED else ""
        first, *more = text.split("\n")
        if first:
            found[-1].append((colour, first))
        found += [[(colour, part)] if part else [] for part in more]
    is_whole = len(found) == len(lines) and all(
        sum(len(text) for _, text in pieces) == len(line)
        for pieces, line in zip(found, plain, strict=True)
    )
    # A lexer that loses signs would lose what changed.
    if not is_whole:
        return []
    return [
        [*pieces, ("", "\r")] if line.endswith("\r") else pieces
        for pieces, line in zip(found, lines, strict=True)
    ]


def _lexer(name: str) -> Lexer | None:
    """Find what reads a file of that name; None where it would find no more than text."""
    try:
        found = get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return None if isinstance(found, TextLexer) else found


def _coloured(text: str, name: str) -> list[str]:
    lines = _split(text)
    plain = [escape(line) for line in lines]
    if any(len(line) > LONGEST_LINE for line in lines):
        return plain
    lexer = _lexer(name)
    if lexer is None:
        return plain
    # The formatter closes what a line leaves open, so each line stands in a cell of its own.
    coloured = highlight("\n".join(lines), lexer, _FORMATTER).removesuffix("\n").split("\n")
    # A lexer that loses or makes lines would move every anchor.
    return coloured if len(coloured) == len(plain) else plain


def _split(text: str) -> list[str]:
    """Cut at newlines only, as git and editors count lines."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
