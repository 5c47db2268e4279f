"""The `packed-refs` file: read once for each of its states, and rewritten as a whole (git-pack-refs(1)).

A state of the file is never changed in place: git and we write a new file and rename it. So what was
parsed is cached in this process for as long as the file is the same one.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gitengine.errors import GitFailed
from gitengine.types import ObjectId, Ref

FILE = "packed-refs"
HEADER = "# pack-refs with: peeled fully-peeled sorted "
# Of all repositories together; a ref takes some 300 bytes.
MOST_CACHED_REFS = 200_000

# What tells one state of a file from another: device, inode, size, time of change.
Signature = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PackedRefs:
    """One state of the file; `signature` is None where there is no file."""

    signature: Signature | None = None
    by_name: dict[str, Ref] = field(default_factory=dict)
    # When the commits were made that refs name, as far as somebody asked; outlives the state.
    commit_times: dict[ObjectId, int] = field(default_factory=dict)
    # The refs in other orders, by the name of the order.
    orders: dict[str, list[tuple[Any, Ref]]] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self.by_name)

    def below(self, prefix: str) -> Iterator[Ref]:
        """Give the refs whose name begins with this, sorted by name."""
        names = self.names
        for index in range(bisect_left(names, prefix), len(names)):
            if not names[index].startswith(prefix):
                return
            yield self.by_name[names[index]]


_lock = threading.Lock()
_cache: OrderedDict[Path, PackedRefs] = OrderedDict()


def read(git_dir: Path) -> PackedRefs:
    """Give the state that the file has now."""
    path = git_dir / FILE
    try:
        with path.open("rb") as file:
            signature = _signature(os.fstat(file.fileno()))
            with _lock:
                found = _cache.get(path)
                if found is not None and found.signature == signature:
                    _cache.move_to_end(path)
                    return found
            text = file.read().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return PackedRefs()
    made = PackedRefs(signature, _parsed(text))
    with _lock:
        before = _cache.get(path)
        if before is not None and len(before.commit_times) <= 2 * len(made.by_name):
            made.commit_times.update(before.commit_times)
        _cache[path] = made
        _cache.move_to_end(path)
        total = sum(len(one.by_name) for one in _cache.values())
        while total > MOST_CACHED_REFS and len(_cache) > 1:
            total -= len(_cache.popitem(last=False)[1].by_name)
    return made


def as_text(listed: Iterable[Ref]) -> bytes:
    """Write refs as a `packed-refs` file."""
    lines = [HEADER]
    for ref in sorted(listed, key=lambda ref: os.fsencode(ref.name)):
        lines.append(f"{ref.target} {ref.name}")
        if ref.is_annotated:
            lines.append(f"^{ref.peeled}")
    return os.fsencode("\n".join(lines) + "\n")


def add(git_dir: Path, listed: Iterable[Ref], old: Mapping[str, ObjectId | None]) -> None:
    """Write these refs into packed-refs, replacing those of the same names; atomic and synced.

    `old` says where each must stand in the file now, None for nowhere; and none may have a loose
    file, which would go on to count. Both are looked at under git's own lock of the file. GitFailed
    if something differs, git holds that lock, or the disk takes it not.
    """
    lock = git_dir / f"{FILE}.lock"
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(descriptor, "wb") as file:
                standing = read(git_dir).by_name
                for name, target in old.items():
                    ref = standing.get(name)
                    if (ref.target if ref else None) != target or (git_dir / name).is_file():
                        raise GitFailed(FILE, 1, f"{name} has moved")
                added = {ref.name: ref for ref in listed}
                file.write(as_text({**standing, **added}.values()))
                file.flush()
                os.fsync(file.fileno())
            os.rename(lock, git_dir / FILE)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        _sync_folder(git_dir)
    except OSError as error:
        raise GitFailed(FILE, 1, str(error)) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _signature(stat: os.stat_result) -> Signature:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _parsed(text: str) -> dict[str, Ref]:
    found: dict[str, Ref] = {}
    last: ObjectId = ""
    name = ""
    for line in text.split("\n"):
        if line.startswith("^"):
            found[name] = Ref(name, last, line[1:41])
        elif line and not line.startswith("#"):
            last, name = line[:40], line[41:]
            found[name] = Ref(name, last, last)
    return found
