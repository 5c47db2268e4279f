"""Create and delete branches, and choose the one that a repository shows first."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from gitengine import refs
from gitengine.errors import InvalidName
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, RefCommand
from repos import access, storage
from repos.errors import (
    DuplicateBranch,
    NoSuchBranch,
    RefOutOfDate,
    RepositoryArchived,
    UnfitName,
)
from repos.events import DefaultBranchModified
from repos.models import Push, Repository
from repos.selectors import refs as find
from repos.selectors.ref_types import Branch
from repos.services import ref_moves


def create(actor: Actor, repository: Repository, name: str, *, start_point: str) -> Branch:
    """Make a branch that begins where a branch, a tag or a commit is; DuplicateBranch, RefsOverlap, NoSuchCommit."""
    ref_moves.require(actor, repository)
    full = full_name(actor, name)
    with storage.opened(repository) as git:
        if refs.find(git, full) is not None:
            raise _exists(full)
        start = find.resolve(git, start_point).commit_id
        command = RefCommand(full, ZERO_ID, start)
        try:
            ref_moves.move(actor, repository, command, reason=Push.Reason.BRANCH)
        except RefOutOfDate:
            raise _exists(full) from None
        return Branch(full, start, is_default=git.head_branch() == full)


def delete(
    actor: Actor,
    repository: Repository,
    name: str,
    *,
    end_point: str = "",
    dry_run: bool = False,
) -> None:
    """Delete a branch, only at `end_point` if given; deleting a missing branch succeeds."""
    ref_moves.require(actor, repository)
    full = name if name.startswith("refs/") else refs.BRANCHES + name
    if not full.startswith(refs.BRANCHES) or not full.removeprefix(refs.BRANCHES):
        raise UnfitName(f'"{name}" is not the name of a branch.', context="name")
    with storage.opened(repository) as git:
        found = refs.find(git, full)
        if found is None:
            return
        if git.head_branch() == full:
            raise UnfitName(
                f'"{_short(full)}" is the default branch, which cannot be deleted.', context="name"
            )
        if end_point and find.resolve(git, end_point).commit_id != found.target:
            raise UnfitName(
                f'Branch "{_short(full)}" does not point to {end_point[:100]}.', context="endPoint"
            )
        command = RefCommand(full, found.target, ZERO_ID)
        if dry_run:
            ref_moves.judge(actor, repository, git, command)
        else:
            ref_moves.move(actor, repository, command, reason=Push.Reason.BRANCH)


def full_name(actor: Actor, name: str) -> str:
    """Give the full name of a branch that is to be made, by its short or full name; UnfitName."""
    full = name if name.startswith("refs/") else refs.BRANCHES + name
    if not full.startswith(refs.BRANCHES):
        raise UnfitName("The full name of a branch must start with refs/heads/.", context="name")
    try:
        refs.check_new_name(full)
    except InvalidName as error:
        raise UnfitName(str(error), context="name") from None
    return full


def check_default(actor: Actor, repository: Repository, branch: str) -> None:
    """Refuse what `set_default` would refuse, and change nothing."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    with storage.opened(repository) as git:
        _full_name(git, repository, branch)


def set_default(actor: Actor, repository: Repository, branch: str) -> None:
    """Let the repository show this branch first; by its short or full name, NoSuchBranch."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    if repository.is_archived:
        raise RepositoryArchived(str(repository))
    with storage.opened(repository) as git, git.exclusive() as held:
        name = _full_name(held, repository, branch)
        old = held.head_branch()
        if old == name:
            return
        with transaction.atomic():
            events.publish(
                DefaultBranchModified(actor=actor, repository=repository, old=old, new=name)
            )
            held.set_head_branch(name)


def _full_name(git: GitRepository, repository: Repository, branch: str) -> str:
    name = branch if branch.startswith("refs/") else refs.BRANCHES + branch
    listed = refs.list_refs(git, (refs.BRANCHES,))
    if not listed and name.startswith(refs.BRANCHES):
        # An empty repository may be told which branch will come first.
        refs.check_new_name(name)
    elif name not in {ref.name for ref in listed}:
        raise NoSuchBranch(f'Branch "{branch}" does not exist in repository {repository}.')
    return name


def _exists(full: str) -> DuplicateBranch:
    return DuplicateBranch(f'Branch "{_short(full)}" already exists.', context="name")


def _short(full: str) -> str:
    return full.removeprefix(refs.BRANCHES)
