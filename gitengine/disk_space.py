"""Whether the disk has space for more objects; below a limit, writes are refused and reads continue."""

from __future__ import annotations

import os
from pathlib import Path

from gitengine.errors import DiskFull

_least_free_bytes = 0


def configure(least_free_bytes: int) -> None:
    """Set how many bytes stay free on the disk of the repositories; 0 asks for none."""
    global _least_free_bytes
    _least_free_bytes = least_free_bytes


def require(path: Path) -> None:
    """Raise DiskFull if the disk of this path has less free space than the limit."""
    if not _least_free_bytes:
        return
    found = os.statvfs(path)
    if found.f_bavail * found.f_frsize < _least_free_bytes:
        raise DiskFull("The disk of the server is almost full. Ask an administrator to free space.")
