"""Colour source code with Pygments; pure functions, which run in a rendering process or for short texts in place."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

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


def lexer_of(name: str) -> Lexer | None:
    """Find what reads a file of that name; None where it would find no more than text."""
    try:
        found = get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    return None if isinstance(found, TextLexer) else found


def split(text: str) -> list[str]:
    """Cut at newlines only, as git and editors count lines."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def plain(text: str) -> list[str]:
    """Give the lines as HTML without colours."""
    return [escape(line) for line in split(text)]


def lines(text: str, name: str) -> list[str]:
    """Give the lines of a file called `name` as HTML; without colours where they would be wrong."""
    texts = split(text)
    lexer = lexer_of(name)
    if lexer is None or any(len(line) > LONGEST_LINE for line in texts):
        return plain(text)
    # The formatter closes what a line leaves open, so each line stands in a cell of its own.
    coloured = highlight("\n".join(texts), lexer, _FORMATTER).removesuffix("\n").split("\n")
    # A lexer that loses or makes lines would move every anchor.
    return coloured if len(coloured) == len(texts) else plain(text)


def pieces(blocks: list[list[str]], name: str) -> list[list[Pieces]]:
    """Give each block of lines that follow each other in coloured pieces; empty where it stays plain."""
    lexer = lexer_of(name)
    return [[] if lexer is None else _pieces_of_block(block, lexer) for block in blocks]


def _pieces_of_block(block: list[str], lexer: Lexer) -> list[Pieces]:
    if any(len(line) > LONGEST_LINE for line in block):
        return []
    found: list[Pieces] = [[]]
    # A lexer takes a carriage return for the end of the line: it goes, and comes back after it.
    texts = [line.removesuffix("\r") for line in block]
    for kind, text in lexer.get_tokens("\n".join(texts)):
        colour = STANDARD_TYPES.get(kind, "")
        colour = colour if colour in _COLOURED else ""
        first, *more = text.split("\n")
        if first:
            found[-1].append((colour, first))
        found += [[(colour, part)] if part else [] for part in more]
    is_whole = len(found) == len(block) and all(
        sum(len(text) for _, text in line) == len(original)
        for line, original in zip(found, texts, strict=True)
    )
    # A lexer that loses signs would lose what changed.
    if not is_whole:
        return []
    return [
        [*line, ("", "\r")] if original.endswith("\r") else line
        for line, original in zip(found, block, strict=True)
    ]
