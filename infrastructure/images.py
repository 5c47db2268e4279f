"""Avatars of users and projects: uploaded images, and generated patterns for all others.

No request leaves for them. What somebody sent is never given out as it came: it is read as an image,
within limits, and written anew as a small PNG, so that nothing else can hide in it.
"""

from __future__ import annotations

import io
import struct
import zlib
from hashlib import sha256

from PIL import Image, ImageOps

from core.errors import Invalid

MOST_BYTES = 1024 * 1024
MOST_PIXELS_A_SIDE = 4096
STORED_PIXELS_A_SIDE = 256
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")

CELLS = 5
CELL_PIXELS = 10
MARGIN = 7

# Dark enough to stand on white and on black.
_COLOURS = (0x0C5BC4, 0x5B3FB5, 0x92217F, 0xB02A37, 0x8A4B08, 0x1F6B3A, 0x0B6477, 0x4B5563)


def identicon(identity: str) -> bytes:
    """Draw a PNG of 64 by 64 pixels; the same identity always gets the same one."""
    digest = sha256(identity.encode("utf-8", "replace")).digest()
    colour = _COLOURS[digest[0] % len(_COLOURS)].to_bytes(3, "big")
    ground = b"\xf1\xf2\xf4"
    size = CELLS * CELL_PIXELS + 2 * MARGIN
    empty = ground * size
    rows = [empty] * MARGIN
    for row in range(CELLS):
        half = [digest[1 + row * 3 + column] % 2 for column in range(3)]
        cells = b"".join((colour if on else ground) * CELL_PIXELS for on in half + half[1::-1])
        rows += [ground * MARGIN + cells + ground * MARGIN] * CELL_PIXELS
    rows += [empty] * MARGIN
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header) + _part(b"IDAT", pixels) + _part(b"IEND", b"")
    )


def normalised(content: bytes) -> bytes:
    """Convert an uploaded image to the PNG that is stored: square, at most 256 pixels; raises Invalid."""
    if len(content) > MOST_BYTES:
        raise Invalid("The avatar is larger than 1 MiB.", context="avatar")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if max(image.size) > MOST_PIXELS_A_SIDE:
                raise Invalid(
                    f"The avatar has more than {MOST_PIXELS_A_SIDE} pixels a side.",
                    context="avatar",
                )
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except Invalid:
        raise
    except Exception:  # Pillow's decoders raise whatever a broken file leads them to.
        raise Invalid(
            "The avatar must be a PNG, JPEG, GIF or WebP image.", context="avatar"
        ) from None
    side = min(*upright.size, STORED_PIXELS_A_SIDE)
    return _written(ImageOps.fit(upright, (side, side)))


def scaled(content: bytes, side: str | None) -> bytes:
    """Give a kept picture as close as possible to `side` pixels, as a query asks; others as they are."""
    if side is None or not (side.isascii() and side.isdigit() and len(side) < 6):
        return content
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        wanted = min(max(int(side), 16), image.width)
        return content if wanted == image.width else _written(image.resize((wanted, wanted)))


def _written(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
