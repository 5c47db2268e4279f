"""A history in which every kind of change happens: what differences are tried on."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import builders

LONG = b"".join(b"line %d of a long file\n" % number for number in range(400))
CHANGED = LONG.replace(b"line 200 ", b"line two hundred ").replace(b"line 390 ", b"LINE 390 ")
UTF_16 = "eins\nzwei\ndrei\nvier ü\n"

# Each step is what one commit does: (path, mode, content), or (path, None, b"") for what goes.
STEPS: list[tuple[str, list[tuple[bytes, bytes | None, bytes]]]] = [
    (
        "begin",
        [
            (b"long.txt", b"100644", LONG),
            (b"crlf.txt", b"100644", b"one\r\ntwo\r\nthree\r\n"),
            (b"latin.txt", b"100644", b"caf\xe9\nna\xefve\n"),
            (b"wide.txt", b"100644", b"\xff\xfe" + UTF_16.encode("utf-16-le")),
            (b"open.txt", b"100644", b"a\nb\nno newline"),
            (b"empty", b"100644", b""),
            (b"image.bin", b"100644", bytes(range(256)) * 8),
            (b"run.sh", b"100644", b"#!/bin/sh\necho\n"),
            (b"link", b"120000", b"long.txt"),
            (b"thing", b"100644", b"was a file\n"),
            (b"module", b"160000", b"1" * 40),
            (b"dir/a/deep/file.py", b"100644", b"print(1)\nprint(2)\n"),
            (b'odd "name"\t\xc3\xa9 \xff.txt', b"100644", b"odd\n"),
            (b"bom.txt", b"100644", b"\xef\xbb\xbfwith a mark\nsecond\n"),
            (b"spaces.txt", b"100644", b"a b c\nd  e\n"),
        ],
    ),
    (
        "rename with an edit",
        [(b"long.txt", None, b""), (b"moved/longer.txt", b"100644", CHANGED)],
    ),
    (
        "copy while the source changes",
        [
            (b"copy.txt", b"100644", CHANGED),
            (b"moved/longer.txt", b"100644", CHANGED + b"one more\n"),
        ],
    ),
    (
        "line endings",
        [
            (b"crlf.txt", b"100644", b"one\r\ntwo\nthree\r\nfour\r"),
            (b"open.txt", b"100644", b"a\nb\nno newline\n"),
        ],
    ),
    (
        "endings back",
        [
            (b"crlf.txt", b"100644", b"one\ntwo\nthree\n"),
            (b"open.txt", b"100644", b"a\nB\nno newline"),
        ],
    ),
    (
        "encodings",
        [
            (b"latin.txt", b"100644", b"caf\xe9 cr\xe8me\nna\xefve\n\x81\n"),
            (b"wide.txt", b"100644", b"\xff\xfe" + (UTF_16 + "fünf").encode("utf-16-le")),
            (b"bom.txt", b"100644", b"with a mark\nsecond\n"),
        ],
    ),
    (
        "latin becomes unicode",
        [(b"latin.txt", b"100644", "café crème\nnaïve\n".encode())],
    ),
    (
        "modes and kinds",
        [
            (b"run.sh", b"100755", b"#!/bin/sh\necho\n"),
            (b"thing", b"120000", b"empty"),
            (b"link", b"120000", b"run.sh"),
            (b"module", b"160000", b"2" * 40),
        ],
    ),
    (
        "mode and content, file and link",
        [
            (b"run.sh", b"100644", b"#!/bin/sh\necho again\n"),
            (b"thing", b"100644", b"a file again\n"),
            (b"link", None, b""),
            (b"module", None, b""),
        ],
    ),
    (
        "binary and empty",
        [
            (b"image.bin", b"100644", bytes(range(255, -1, -1)) * 8),
            (b"empty", b"100644", b"no longer\n"),
            (b"late.dat", b"100644", b"text " * 2000 + b"\n\0 late\n"),
        ],
    ),
    (
        "empty again",
        [
            (b"empty", b"100644", b""),
            (b'odd "name"\t\xc3\xa9 \xff.txt', b"100644", b"odder\n"),
            (b"late.dat", b"100644", b"text " * 2000 + b"\n\0 later\n"),
        ],
    ),
    ("spaces", [(b"spaces.txt", b"100644", b"a  b c\nd e\n")]),
    ("spaces and words", [(b"spaces.txt", b"100644", b"a b   c\nf\n")]),
    (
        "exact rename of what is odd",
        [
            (b'odd "name"\t\xc3\xa9 \xff.txt', None, b""),
            (b"dir/\x01odd\\new", b"100755", b"odder\n"),
        ],
    ),
    (
        "a folder in the place of a file",
        [(b"open.txt", None, b""), (b"open.txt/inside", b"100644", b"x\n")],
    ),
]


def every_kind(folder: Path) -> list[str]:
    """Write the history into a bare repository, a merge at its end; gives its commits, oldest first."""
    parts: list[bytes] = []
    for number, (message, files) in enumerate(STEPS, start=1):
        text = message.encode()
        parts.append(
            b"commit refs/heads/main\nmark :%d\n" % number
            + b"author A <a@b> %d +0000\n" % (1_700_000_000 + number)
            + b"committer A <a@b> %d +0000\n" % (1_700_000_000 + number)
            + b"data %d\n%s\n" % (len(text), text)
        )
        parts += [_file(*file) for file in files]
    last = len(STEPS)
    parts.append(
        b"commit refs/heads/side\nmark :%d\ncommitter A <a@b> 1700000500 +0000\n"
        % (last + 1)
        + b"data 4\nside\nfrom :3\nM 100644 inline side.txt\ndata 5\nside\n\n"
        b"commit refs/heads/main\nmark :%d\ncommitter A <a@b> 1700000600 +0000\n"
        % (last + 2)
        + b"data 5\nmerge\nfrom :%d\nmerge :%d\n" % (last, last + 1)
        + b"M 100644 inline side.txt\ndata 5\nside\n\n"
    )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=folder, input=b"".join(parts), check=True, env=builders.GIT_ENVIRONMENT,
    )  # fmt: skip
    return builders.git("rev-list", "--reverse", "--topo-order", "main", cwd=folder).split()


def _file(path: bytes, mode: bytes | None, content: bytes) -> bytes:
    quoted = b'"' + b"".join(b"\\%03o" % sign for sign in path) + b'"'
    if mode is None:
        return b"D %s\n" % quoted
    if mode == b"160000":
        return b"M 160000 %s %s\n" % (content, quoted)
    return b"M %s inline %s\ndata %d\n%s\n" % (mode, quoted, len(content), content)
