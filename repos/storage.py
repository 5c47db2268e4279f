"""From a Repository row to its Git repository on disk, and from Git's refusals to ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from core.errors import Conflict, DomainError, Invalid, TooLarge, Unavailable, translate
from gitengine import budgets, disk_space, errors, pack_limits, path_counts
from gitengine.pack_cache import PackCache
from gitengine.repository import GitRepository
from repos.errors import (
    FileUnmodified,
    NoSuchCommit,
    NoSuchPath,
    RepositoryBusy,
    TooExpensive,
    UnfitName,
)
from repos.models import Repository

PULL_REQUEST_REFS = "refs/pull-requests/"
INTERNAL_REFS = "refs/internal/"
# What the server makes and nobody pushes: it moves along with other refs, or by jobs.
SERVER_OWNED = (PULL_REQUEST_REFS, INTERNAL_REFS)


def configure_limits() -> None:
    """Tell the engine what its children may use, and how large trees may be; done once, at start."""
    for kind in budgets.Kind:
        budgets.configure(
            kind,
            memory=settings.GIT_MEMORY_BYTES[kind.value],
            processor_seconds=settings.GIT_PROCESSOR_SECONDS[kind.value],
        )
    budgets.configure_packs(
        first_seconds=settings.GIT_RECEIVING_FIRST_SECONDS,
        bytes_a_second=settings.GIT_RECEIVING_BYTES_A_SECOND,
    )
    pack_limits.configure(
        pack_limits.PackLimits(
            objects=settings.GIT_MAX_PACK_OBJECTS,
            object_bytes=settings.GIT_MAX_OBJECT_BYTES,
            total_bytes=settings.GIT_MAX_INFLATED_BYTES,
        )
    )
    path_counts.configure(settings.GIT_MAX_PATHS)
    disk_space.configure(settings.DISK_LEAST_FREE_BYTES)


def path_of(repository_id: int) -> Path:
    """Give the folder of a repository: under its key, never under a name."""
    folder: Path = settings.REPOSITORIES_DIR / f"{repository_id % 256:02x}"
    return folder / f"{repository_id}.git"


def pool_path_of(network_id: int) -> Path:
    """Give the folder of a fork network's object pool, beside those of the repositories."""
    folder: Path = settings.REPOSITORIES_DIR / "pools" / f"{network_id % 256:02x}"
    return folder / f"{network_id}.git"


def pool_of(repository: Repository) -> GitRepository | None:
    """Open the pool that the repository shares with its forks; None where there are none."""
    if repository.network_id is None:
        return None
    return GitRepository.open(pool_path_of(repository.network_id))


def pack_cache_of(repository_id: int) -> PackCache | None:
    """Give where clones of a repository are kept; None where the administrator wants none."""
    if not settings.GIT_PACK_CACHE_BYTES:
        return None
    folder: Path = settings.CACHE_DIR / "packs"
    return PackCache(folder, settings.GIT_PACK_CACHE_BYTES, str(repository_id))


def git_of(repository: Repository) -> GitRepository:
    """Open the Git repository of a row; Unavailable if its files are not there."""
    try:
        return GitRepository.open(path_of(repository.pk))
    except errors.NotAGitRepository as error:
        raise Unavailable(f"{error} Tell an administrator.") from error


def is_shown(ref_name: str) -> bool:
    """Whether this ref, and what only it reaches, is advertised."""
    if ref_name.startswith(INTERNAL_REFS):
        return False
    hides: bool = settings.GIT_HIDE_PULL_REQUEST_REFS
    return not (hides and ref_name.startswith(PULL_REQUEST_REFS))


def is_pushable(ref_name: str) -> bool:
    """Whether this ref is advertised to pushes: refs that the server owns cannot be pushed."""
    return not ref_name.startswith(SERVER_OWNED)


@contextmanager
def opened(repository: Repository) -> Iterator[GitRepository]:
    """Open the Git repository of a row, for a question; what Git refuses becomes our refusal."""
    try:
        yield git_of(repository)
    except errors.GitError as error:
        refusal = refusal_of_git(error)
        if refusal is None:
            raise
        raise refusal from error


@translate
def refusal_of_git(error: Exception) -> DomainError | None:
    """Give the refusal that an error of the engine is; None for what is no refusal, such as a git that failed."""
    if isinstance(error, errors.NoSuchRevision):
        return NoSuchCommit(_clean(f"{error}"))
    if isinstance(error, errors.NoSuchPath):
        return NoSuchPath(_clean(f"{error}"))
    if isinstance(error, errors.InvalidName):
        return UnfitName(_clean(f"{error}"), context="name")
    if isinstance(error, errors.EditRefused):
        return Invalid(_clean(f"{error}"), context="path")
    if isinstance(error, errors.NothingChanged):
        return FileUnmodified(
            "The content provided is the same as what already exists. No change was committed."
        )
    if isinstance(error, errors.TooManyPaths):
        return TooExpensive(_clean(f"{error}"))
    if isinstance(error, errors.LimitReached):
        return TooExpensive(
            "This request needs more memory or processor time than the server allows."
        )
    if isinstance(error, errors.DiskFull):
        return Unavailable(_clean(f"{error}"))
    if isinstance(error, errors.InputTooLarge):
        return TooLarge(_clean(f"{error}"))
    if isinstance(error, errors.ProtocolError):
        return Invalid(_clean(f"{error}"))
    if isinstance(error, (errors.RepositoryLocked, errors.Busy, errors.TookTooLong)):
        return RepositoryBusy("The repository is busy. Try again in a moment.")
    if isinstance(error, errors.NotAGitRepository):
        return Unavailable(f"{error} Tell an administrator.")
    if isinstance(error, (errors.MergeConflict, errors.NotFastForward)):
        return Conflict(_clean(f"{error}"))
    return None


def _clean(sentence: str) -> str:
    return sentence.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
