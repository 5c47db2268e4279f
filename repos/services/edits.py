"""Commit changes of files, from a page or a REST client: write, create, rename, delete."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.actor import Actor
from core.errors import Invalid
from gitengine import edit, history, refs
from gitengine.edit import Edit
from gitengine.errors import NoSuchPath
from gitengine.object_writer import ObjectWriter
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, Commit, ObjectId, RefCommand
from repos import storage
from repos.errors import (
    DuplicateBranch,
    FileAlreadyExists,
    FileOutOfDate,
    NoSuchBranch,
    RefOutOfDate,
)
from repos.models import Push, Repository
from repos.selectors import refs as find
from repos.services import branches, ref_moves

LONGEST_MESSAGE = 32_768
# A push beside an edit moves the branch; if it left the file alone, the edit is made anew on top.
ATTEMPTS = 5


@dataclass(frozen=True)
class EditTarget:
    """Where an edit goes: a branch by its short or full name.

    `seen` is the commit at which the editor saw the file; None for who says that there is none.
    `made_from` lets the branch be made, from where another branch, a tag or a commit is.
    """

    branch: str
    seen: str | None = None
    made_from: str | None = None


def write(
    actor: Actor,
    repository: Repository,
    path: str,
    content: bytes,
    *,
    target: EditTarget,
    message: str | None = None,
) -> Commit:
    """Give a file this content; FileOutOfDate, FileAlreadyExists, FileUnmodified."""
    return _commit(actor, repository, [Edit(path, content)], target, message)


def rename(
    actor: Actor,
    repository: Repository,
    path: str,
    new_path: str,
    *,
    target: EditTarget,
    content: bytes | None = None,
    message: str | None = None,
) -> Commit:
    """Move a file, optionally with new content; raises FileAlreadyExists."""
    change = Edit(new_path, content, moved_from=path)
    return _commit(actor, repository, [change], target, message)


def delete(
    actor: Actor,
    repository: Repository,
    path: str,
    *,
    target: EditTarget,
    message: str | None = None,
) -> Commit:
    """Take a file away; NoSuchPath, FileOutOfDate."""
    return _commit(actor, repository, [Edit(path, is_removal=True)], target, message)


def write_many(
    actor: Actor,
    repository: Repository,
    changes: Sequence[Edit],
    *,
    target: EditTarget,
    message: str,
) -> Commit:
    """Change several files in one commit; FileOutOfDate if one of them is another than was seen."""
    return _commit(actor, repository, changes, target, message)


def _commit(
    actor: Actor,
    repository: Repository,
    changes: Sequence[Edit],
    target: EditTarget,
    message: str | None,
) -> Commit:
    ref_moves.require(actor, repository)
    if message is not None and len(message) > LONGEST_MESSAGE:
        raise Invalid(f"A message has {LONGEST_MESSAGE} characters at most.", context="message")
    name = branches.full_name(actor, target.branch)
    with storage.opened(repository) as git:
        for change in changes:
            edit.check_new_path(change.path)
        for attempt in range(1, ATTEMPTS + 1):
            old, parent = _start(git, repository, name, target)
            for change in changes:
                _check_seen(git, change, target, parent)
            try:
                new = _made(actor, repository, git, changes, name, old, parent, message)
            except RefOutOfDate:
                if attempt == ATTEMPTS:
                    raise
            else:
                return history.commit(git, new)
    raise AssertionError("the last attempt returns or raises")


def _made(
    actor: Actor,
    repository: Repository,
    git: GitRepository,
    changes: Sequence[Edit],
    name: str,
    old: ObjectId,
    parent: ObjectId | None,
    message: str | None,
) -> ObjectId:
    """Make the commit, and let the branch move to it from where it was seen."""
    draft = ObjectWriter(git)
    new = edit.commit(
        draft,
        parent,
        changes,
        person=ref_moves.person(actor),
        time=int(time.time()),
        message=(message or "").strip() or _usual_message(git, changes[0], parent),
    )
    with quarantine(git) as incoming:
        draft.bring_into(incoming, new)
        command = RefCommand(name, old, new)
        ref_moves.move(actor, repository, command, reason=Push.Reason.EDIT, objects=incoming)
    return new


def _start(
    git: GitRepository, repository: Repository, name: str, target: EditTarget
) -> tuple[ObjectId, ObjectId | None]:
    """Find what the branch is at, and the commit that the new one follows: none in an empty repository."""
    old = refs.values(git, [name])[name]
    short = name.removeprefix(refs.BRANCHES)
    source = target.made_from or ""
    if old != ZERO_ID:
        if source and source not in {short, name}:
            raise DuplicateBranch(f'Branch "{short}" already exists.', context="branch")
        return old, old
    if source:
        return ZERO_ID, find.resolve(git, source).commit_id
    if refs.list_refs(git, (refs.BRANCHES,)):
        raise NoSuchBranch(f'Branch "{short}" does not exist in repository {repository}.')
    return ZERO_ID, None


def _check_seen(
    git: GitRepository, change: Edit, target: EditTarget, parent: ObjectId | None
) -> None:
    """Refuse an edit of a file that is another than the editor saw."""
    source = change.moved_from if change.moved_from is not None else change.path
    standing = edit.entry_at(git, parent, source)
    if change.moved_from is not None and change.moved_from != change.path:
        taken = edit.entry_at(git, parent, change.path)
        if taken is not None:
            raise FileAlreadyExists(f'The file "{change.path}" already exists.')
        if standing is None:
            raise NoSuchPath(source, target.branch)
    if not target.seen:
        if standing is not None:
            edit.check_is_file(standing)
            raise FileAlreadyExists(
                '" already exists. To edit it, specify the commit you edited (sourceCommitId).'
            )
        return
    seen = edit.entry_at(git, find.resolve(git, target.seen).commit_id, source)
    if (seen and seen.id) != (standing and standing.id):
        raise FileOutOfDate(f'The file "{source}" has changed since the commit {target.seen[:60]}.')


def _usual_message(git: GitRepository, change: Edit, parent: ObjectId | None) -> str:
    name = os.fsencode(change.path.rpartition("/")[2]).decode("utf-8", "replace")
    if change.is_removal:
        return f"{name} deleted online with Bitbucket"
    if change.moved_from is not None:
        return f"{name} renamed online with Bitbucket"
    is_new = edit.entry_at(git, parent, change.path) is None
    return f"{name} {'created' if is_new else 'edited'} online with Bitbucket"
