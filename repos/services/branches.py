"""Choose the branch that a repository shows first."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from gitengine import refs
from gitengine.repository import GitRepository
from repos import access, storage
from repos.errors import NoSuchBranch, RepositoryArchived
from repos.events import DefaultBranchModified
from repos.models import Repository


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
