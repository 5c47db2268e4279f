"""Where the bytes of attachments lie: below the home, under names of ours, never under theirs."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from gitengine import disk_space

CHUNK = 64 * 1024
HEAD = 8 * 1024


def folder_of(repository_id: int) -> Path:
    """Give the folder of a repository's attachments."""
    folder: Path = settings.ATTACHMENTS_DIR / f"{repository_id % 256:02x}"
    return folder / str(repository_id)


def store(repository_id: int, chunks: Iterable[bytes]) -> str:
    """Write a file, whole and safe on the disk before its name is known; gives the name. DiskFull."""
    folder = folder_of(repository_id)
    folder.mkdir(parents=True, exist_ok=True)
    disk_space.require(folder)
    name = secrets.token_hex(16)
    with (folder / name).open("xb") as file:
        try:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            remove(repository_id, name)
            raise
    return name


def read(repository_id: int, name: str, *, start: int = 0, length: int) -> Iterator[bytes]:
    """Open a file at once, and give a part of it in pieces; Unavailable if it is not there."""
    try:
        file = (folder_of(repository_id) / name).open("rb")
    except FileNotFoundError as error:
        raise Unavailable(
            "The file of the attachment is missing. Tell an administrator."
        ) from error
    file.seek(start)

    def pieces() -> Iterator[bytes]:
        left = length
        with file:
            while left > 0 and (piece := file.read(min(CHUNK, left))):
                left -= len(piece)
                yield piece

    return pieces()


def remove(repository_id: int, name: str) -> None:
    """Delete a file, if it is there."""
    (folder_of(repository_id) / name).unlink(missing_ok=True)


def listed(*, older_than: float) -> Iterator[tuple[int, list[str]]]:
    """Give each repository's files that were written so many seconds ago or earlier, folder by folder."""
    newest = time.time() - older_than
    for folder in settings.ATTACHMENTS_DIR.glob("[0-9a-f][0-9a-f]/*"):
        names = [file.name for file in folder.iterdir() if file.stat().st_mtime < newest]
        yield int(folder.name), names


def remove_all(repository_id: int) -> None:
    """Delete the attachments of a repository."""
    shutil.rmtree(folder_of(repository_id), ignore_errors=True)
