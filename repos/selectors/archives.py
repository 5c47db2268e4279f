"""The files of a revision as one file to be saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.actor import Actor
from core.errors import Invalid
from gitengine import archive, trees
from repos import storage
from repos.models import Repository
from repos.selectors import refs
from repos.selectors.ref_types import Revision

MOST_PATHS = 100
LONGEST_NAME = 250


@dataclass(frozen=True)
class ArchiveRequest:
    """What is to be in an archive, and how it is packed and named."""

    at: str = ""
    format: str = "zip"
    prefix: str = ""
    paths: tuple[str, ...] = ()
    filename: str = ""


@dataclass(frozen=True)
class Archive:
    """An archive that has begun; closing `pieces` ends it."""

    filename: str
    format: str
    pieces: Iterator[bytes]


def make(actor: Actor, repository: Repository, wanted: ArchiveRequest) -> Archive:
    """Begin an archive: NoSuchCommit, NoSuchPath, Invalid, RepositoryBusy."""
    if wanted.format not in archive.FORMATS:
        raise Invalid("The format must be zip, tar, tar.gz or tgz.", context="format")
    if len(wanted.paths) > MOST_PATHS:
        raise Invalid(f"Name at most {MOST_PATHS} paths.", context="path")
    prefix = _prefix(wanted.prefix)
    paths = tuple(path.strip("/") for path in wanted.paths if path.strip("/"))
    with storage.opened(repository) as git:
        revision = refs.resolve(git, wanted.at)
        for path in paths:
            trees.entry(git, revision.commit_id, path)
        made = archive.ArchiveRequest(revision.commit_id, wanted.format, prefix, paths=paths)
        name = _clean(wanted.filename) or _usual_name(repository, revision, wanted)
        return Archive(name, wanted.format, archive.stream(git, made))


def _prefix(text: str) -> str:
    """A folder around everything, kept below wherever it is unpacked."""
    parts = [part for part in text.split("/") if part]
    if text.startswith("/") or ".." in parts or "\\" in text or not text.isprintable():
        raise Invalid("The prefix must be a relative path without dots.", context="prefix")
    return "/".join(parts) + "/" if parts else ""


def _usual_name(repository: Repository, revision: Revision, wanted: ArchiveRequest) -> str:
    """As Bitbucket names it: the branch or tag beside the commit, an id that was asked for by itself."""
    told = wanted.at
    if revision.ref is not None:
        told = f"{revision.display_id}@{revision.commit_id[:11]}"
    return _clean(f"{repository.slug}-{told}.{wanted.format}")


def _clean(name: str) -> str:
    name = "".join(sign if sign.isprintable() and sign not in '/\\"' else "-" for sign in name)
    return name[:LONGEST_NAME]
