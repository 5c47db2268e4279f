"""Pictures as people send them, and what came of them."""

from __future__ import annotations

import io

from PIL import Image


def drawn(kind: str = "PNG", size: tuple[int, int] = (64, 64)) -> bytes:
    """A picture with something in it."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind)
    return file.getvalue()


def size_of(content: bytes) -> tuple[int, int]:
    """The size of a PNG; fails for anything else."""
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        image.load()
        return image.size
