"""A repository on disk: made, opened, locked, removed. The only file that opens one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pygit2
from pygit2.enums import Option

from gitengine import processes
from gitengine.errors import NotAGitRepository, RepositoryLocked

LOCK_FILE = "bitbucket.lock"

# Ownership is no question here: whoever may run the server owns what it serves.
pygit2.option(Option.SET_OWNER_VALIDATION, 0)

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
\tfsync = committed,loose-object,reference
\tfsyncMethod = fsync
[gc]
\tauto = 0
[receive]
\tautogc = false
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[repack]
\twriteBitmaps = true
[pack]
\twriteReverseIndex = true
[commitGraph]
\tchangedPathsVersion = 1
"""


@dataclass(frozen=True)
class GitRepository:
    """A bare repository by its path; `lock_fd` is set while `exclusive` has the lock.

    `borrowed` are folders of objects of other repositories that are read as well (`reading`).
    """

    path: Path
    lock_fd: int | None = None
    borrowed: tuple[Path, ...] = ()

    @classmethod
    def create(
        cls,
        path: Path,
        default_branch: str = "refs/heads/master",
        *,
        borrowing: Path | None = None,
        packed_refs: bytes = b"",
    ) -> GitRepository:
        """Make a bare repository, empty unless it borrows objects; it is there whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".new-", dir=path.parent))
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
            (making / folder).mkdir(parents=True)
        replace_file(making / "HEAD", f"ref: {default_branch}\n".encode("utf-8", "surrogateescape"))
        (making / "config").write_text(_CONFIG)
        if borrowing is not None:
            replace_file(making / "objects/info/alternates", cls(path).alternates_line(borrowing))
        if packed_refs:
            replace_file(making / "packed-refs", packed_refs)
        making.chmod(0o755)
        os.rename(making, path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> GitRepository:
        """Open the repository at `path`; NotAGitRepository if there is none."""
        if not (path / "HEAD").is_file() or not (path / "objects").is_dir():
            raise NotAGitRepository("The repository's files are missing.")
        return cls(path)

    @property
    def objects(self) -> Path:
        """The folder of objects."""
        return self.path / "objects"

    @property
    def is_borrowing(self) -> bool:
        """Whether objects of others can be found here, through a pool."""
        return (self.objects / "info" / "alternates").is_file()

    def alternates_line(self, objects: Path) -> bytes:
        """Write where else objects are; relative, so that all repositories can be moved together."""
        return os.fsencode(os.path.relpath(objects, self.objects)) + b"\n"

    def libgit2(self) -> pygit2.Repository:
        """Open it with libgit2, for the questions of one page; cheap, and not to be shared by threads."""
        try:
            opened = pygit2.Repository(str(self.path))
        except pygit2.GitError:
            raise NotAGitRepository("The repository's files are missing.") from None
        for folder in _with_alternates(self.borrowed):
            opened.odb.add_disk_alternate(str(folder))
        return opened

    def reading(self, other: GitRepository) -> GitRepository:
        """Give the same repository, which finds the objects of another one too; for comparing only."""
        return replace(self, borrowed=(*self.borrowed, other.objects, *other.borrowed))

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment with which git finds borrowed objects."""
        if not self.borrowed:
            return {}
        return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(map(quoted, self.borrowed))}

    def head_branch(self) -> str:
        """Give the full name of the branch that HEAD names, whether it exists or not."""
        text = (self.path / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()
        return text.removeprefix("ref:").strip()

    def set_head_branch(self, name: str) -> None:
        """Let HEAD name another branch."""
        replace_file(self.path / "HEAD", f"ref: {name}\n".encode("utf-8", "surrogateescape"))

    def size_on_disk(self) -> int:
        """Give the bytes of all packs and loose objects."""
        total = 0
        for folder, _, files in os.walk(self.objects):
            for name in files:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    pass
        return total

    def delete(self) -> None:
        """Delete the repository; it is renamed first so that no one sees it half deleted."""
        gone = self.path.with_name(f"{self.path.name}.deleted")
        try:
            os.rename(self.path, gone)
        except FileNotFoundError:
            pass
        shutil.rmtree(gone, ignore_errors=True)

    @contextmanager
    def exclusive(self, timeout: float = 30) -> Iterator[GitRepository]:
        """Hold the repository's lock, for moving refs; RepositoryLocked after `timeout` seconds.

        An flock, whose descriptor the child that moves refs inherits: after a kill of the server
        the lock stays held until that child is gone too. So whoever gets it may remove the lock
        files that git left behind.
        """
        try:
            descriptor = os.open(
                self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
            )
        except FileNotFoundError:
            raise NotAGitRepository("The repository's files are missing.") from None
        try:
            _wait_for_lock(descriptor, processes.within_limit(timeout))
            self._remove_stale_locks()
            yield replace(self, lock_fd=descriptor)
        finally:
            os.close(descriptor)

    def _remove_stale_locks(self) -> None:
        for name in ("HEAD.lock", "packed-refs.lock", "packed-refs.new", "config.lock"):
            (self.path / name).unlink(missing_ok=True)
        for folder, _, files in os.walk(self.path / "refs"):
            for name in files:
                if name.endswith(".lock"):
                    Path(folder, name).unlink(missing_ok=True)


def quoted(path: Path) -> str:
    """Write a path as one of a list: a colon or a quote would end it (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES)."""
    text = str(path)
    if ":" not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _with_alternates(folders: Iterable[Path]) -> list[Path]:
    """Give these folders of objects and those that they name themselves, as git follows them."""
    found: list[Path] = []
    waiting = list(folders)
    while waiting:
        folder = waiting.pop(0)
        if folder in found:
            continue
        found.append(folder)
        try:
            named = (folder / "info/alternates").read_text(errors="surrogateescape").splitlines()
        except FileNotFoundError:
            continue
        waiting += [folder / line for line in named if line and not line.startswith("#")]
    return found


def _wait_for_lock(descriptor: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise RepositoryLocked("The repository is busy. Try again in a moment.") from None
            time.sleep(pause)
            pause = min(pause * 2, 0.03)
        else:
            return


def replace_file(file: Path, content: bytes) -> None:
    """Replace a file atomically and sync it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    os.chmod(name, 0o644)
    os.rename(name, file)
