"""Text encodings of files, detected from their first bytes.

UTF-8, UTF-16 by its mark, else Windows' Latin. No text is ever lost: a byte that its encoding does
not know stands for itself, as in Latin-1.
"""

from __future__ import annotations

import codecs

SNIFFED = 8000
WIDE_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
ERRORS = "gitengine-as-latin-1"


def is_binary(start: bytes) -> bool:
    """Whether a file that begins so is binary, as git tells: a NUL among its first 8,000 bytes."""
    return b"\0" in start[:SNIFFED] and wide(start) is None


def wide(start: bytes) -> str | None:
    """Give the kind of UTF-16 of a file that begins with its mark; None for all else."""
    return WIDE_MARKS.get(start[:2])


def decode(data: bytes) -> str:
    """Make text of a file."""
    return data.decode(of_file(data), ERRORS)


def of_file(start: bytes) -> str:
    """Decide by how a file begins; a character that the beginning cuts in two counts as whole."""
    if wide(start):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def of_lines(data: bytes) -> str:
    """Decide for lines from the midst of a file."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def cut(data: bytes, most: int) -> bytes:
    """Cut bytes where no character of UTF-8 is torn apart."""
    if len(data) <= most:
        return data
    while most and data[most] & 0xC0 == 0x80:
        most -= 1
    return data[:most]


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(ERRORS, _as_latin_1)
