"""Text that makes parsers slow: short pieces repeated, alone and in pairs, in Markdown and in source code."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

SOURCE = [
    "\n", " ", "\t", "(", "[", "{", "<", '"', "'", "`", "\\", "/", "/*", "//", "#", "--", "a", "a ", "a\n", "0",
    "0x", "=", "::", ":", "a.", "a(", "a<", "a[", "/* ", "<!--", "<a ", "{{", "{%", "$", "${", "@", "-", "..", 'a="',
    "begin ", "\\\n", "a:\n ", "%", "&", "|", "*", "<?", "a,", "1.", "é", "(*", "/**", '"""', "r'", "a = ", ";", "<<A\n",
]  # fmt: skip

MARKDOWN = [
    "://", "http://a ", "www.", "a@", "a@b.c ", "# a\n", "- a\n---\n", "- a\n\n===\n", "*a ", "**", "_a", "~~a ", "[",
    "![", "[a](b", "[a]: b\n", "[^a]: x\n", "[^a]", "> ", "> a\n\n", "- ", "- [ ] a\n", "1. a\n", "<b>", "<b", "a<",
    "<!--", "<![CDATA[", "`", "` ", "```\n", "|a|\n|-|\n", "|a", "&#1;", "&a", "\\\n", "a  \n", "\t", "<a:", "a\n", "@a ",
    ":+1:", '@"a', "$", "{", "======\n", "* * *\n",
]  # fmt: skip


def repeated(piece: str, size: int) -> str:
    """Give so many characters of a piece, again and again."""
    return (piece * (size // len(piece) + 1))[:size]


def markdown(size: int) -> Iterator[tuple[str, str]]:
    """Give a name and a text for each piece, and for each pair of pieces that follow each other in the list."""
    for piece in MARKDOWN:
        yield repr(piece), repeated(piece, size)
    for one, other in itertools.pairwise(MARKDOWN):
        yield repr(one + other), repeated(one + other, size)
        yield f"{one!r} then {other!r}", repeated(one, size // 2) + repeated(other, size // 2)


def source(size: int) -> Iterator[tuple[str, str]]:
    """Give a name and a text for each piece of source code."""
    for piece in SOURCE:
        yield repr(piece), repeated(piece, size)
