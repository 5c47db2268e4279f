"""The answer to a whole clone, kept as a file and given again: as long as refs and request are the same.

Who may read is settled before anybody looks here. The key holds the state of the refs that the
caller sees, so an answer is never given for other refs than those it was made for; old answers are
not asked for any more and go when room is needed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gitengine import refs
from gitengine.repository import GitRepository

CHUNK = 256 * 1024


@dataclass(frozen=True)
class PackCache:
    """A folder of answers, at most `most_bytes` in all; `owner` is whose they are, in their names."""

    folder: Path
    most_bytes: int
    owner: str

    def key(self, git: GitRepository, asked: Iterable[bytes], visible: refs.Visible) -> str:
        """Name the answer to a request, its lines without what differs from client to client."""
        text = sha256()
        for ref in refs.list_refs(git, visible=visible):
            text.update(f"{ref.target} {ref.name}\n".encode("utf-8", "surrogateescape"))
        text.update(b"\0")
        for line in sorted(asked):
            text.update(line + b"\n")
        return text.hexdigest()

    def read(self, key: str) -> Iterator[bytes] | None:
        """Give the kept answer piece by piece, None if there is none."""
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        # The time of the last use decides who goes first.
        os.utime(descriptor)
        return _pieces(descriptor)

    def keep(self, key: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass an answer on while it is written down; kept only if it comes to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f"{self.owner}-", suffix=".new", dir=self.folder)
        size = 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in pieces:
                    if size <= self.most_bytes // 2:
                        file.write(piece)
                    size += len(piece)
                    yield piece
            if 0 < size <= self.most_bytes // 2:
                os.rename(name, self._path(key))
                self._make_room()
        finally:
            Path(name).unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove every answer of the owner."""
        for path in self.folder.glob(f"{self.owner}-*"):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{self.owner}-{key}.answer"

    def _make_room(self) -> None:
        """Remove what was not used for the longest time, and what killed servers left half."""
        listed = []
        for path in self.folder.iterdir():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            listed.append((found.st_mtime, found.st_size, path))
        left = sum(size for _, size, _ in listed)
        for _, size, path in sorted(listed, key=lambda one: one[0]):
            if left <= self.most_bytes:
                return
            path.unlink(missing_ok=True)
            left -= size


def _pieces(descriptor: int) -> Iterator[bytes]:
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while piece := file.read(CHUNK):
            yield piece
