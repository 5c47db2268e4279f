"""Text between a file and a form: browsers send every line end as CRLF, and files keep the ones they had."""

from __future__ import annotations

import re
from collections import Counter
from itertools import takewhile

MARK = "\ufeff"

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


def shown(data: bytes) -> str | None:
    """What a form shows of a file; None where it cannot be edited as text in UTF-8."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return "\n".join(line for line, _ in _lines(text.removeprefix(MARK)))


def kept(typed: str, before: bytes = b"") -> bytes:
    """The file that was typed, its line ends and its byte order mark as in the file before.

    Lines above and below the change keep each its own end; within it stands the end that most have.
    """
    old_text = before.decode(errors="replace")
    old = _lines(old_text.removeprefix(MARK))
    new = [line for line, _ in _lines(typed)]
    ends = Counter(end for _, end in old if end)
    usual = ends.most_common(1)[0][0] if ends else "\n"
    pairs = zip(old, new, strict=False)
    above = len(list(takewhile(lambda pair: pair[0][0] == pair[1], pairs)))
    above = min(above, len(old) - 1, len(new) - 1)
    below_pairs = zip(reversed(old[above:]), reversed(new[above:]), strict=False)
    below = len(list(takewhile(lambda pair: pair[0][0] == pair[1], below_pairs)))
    middle = len(new) - above - below
    written = [
        *(line + end for line, end in old[:above]),
        *(line + usual for line in new[above : above + middle]),
        *(line + end for line, end in old[len(old) - below :]),
    ]
    if not below:
        # What was typed does not end with a line end of its own: the last part has none.
        written[-1] = new[-1]
    text = "".join(written)
    return ((MARK if old_text.startswith(MARK) else "") + text).encode()


def _lines(text: str) -> list[tuple[str, str]]:
    """Each line with its end; the last has none, and is empty if the text ends with a line end."""
    found = []
    for match in _LINE.finditer(text):
        found.append((match[1], match[2]))
        if not match[2]:
            break
    return found
