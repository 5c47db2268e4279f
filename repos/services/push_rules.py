"""Judge each command of a push: the first rule that minds gives the sentence that the client reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from accounts.actor import Actor
from gitengine import path_counts
from gitengine.quarantine import Quarantine
from gitengine.repository import GitRepository
from gitengine.types import RefChangeKind, RefCommand
from repos import storage
from repos.matchers import BranchModelNames
from repos.models import Repository
from repos.selectors import restrictions
from repos.selectors.restrictions import RestrictionMatch


@dataclass(frozen=True)
class PushContext:
    """What the rules look at: who pushes where, or merges a pull request there."""

    actor: Actor
    repository: Repository
    git: GitRepository
    is_merge: bool = False
    # Where a pack came: the objects that are not in the repository yet.
    incoming: Quarantine | None = None

    @cached_property
    def restrictions(self) -> list[RestrictionMatch]:
        """The branch permissions of the repository, as the actor meets them."""
        return restrictions.rules_for(self.actor, self.repository)

    @cached_property
    def names(self) -> BranchModelNames:
        """What the branch model says of names."""
        return restrictions.names_of(self.actor, self.repository, self.git)


PushRule = Callable[[PushContext, RefCommand], str | None]


def is_not_archived(case: PushContext, command: RefCommand) -> str | None:
    """An archived repository is read-only."""
    return "the repository is archived and read-only" if case.repository.is_archived else None


def is_not_server_owned(case: PushContext, command: RefCommand) -> str | None:
    """Refs of pull requests are made by the server; a mirror's other refs pass beside them."""
    if command.name.startswith(storage.SERVER_OWNED):
        return "refs of this namespace belong to the server and cannot be pushed"
    return None


def default_branch_stays(case: PushContext, command: RefCommand) -> str | None:
    """The default branch is not deleted: there would be nothing to show."""
    if command.kind is RefChangeKind.DELETE and command.name == case.git.head_branch():
        return "the default branch cannot be deleted; choose another default branch first"
    return None


def has_few_paths(case: PushContext, command: RefCommand) -> str | None:
    """Refuse commits with too many paths, if the administrator enabled it."""
    if not settings.GIT_REFUSE_TOO_MANY_PATHS or command.kind is RefChangeKind.DELETE:
        return None
    if path_counts.of_commit(case.incoming or case.git, command.new) <= path_counts.most_paths():
        return None
    return f"it holds more than {path_counts.most_paths():,} paths"


def is_permitted(case: PushContext, command: RefCommand) -> str | None:
    """Branch permissions, of the repository and of its project."""
    if not case.restrictions:
        return None
    return restrictions.refusal(
        case.restrictions, case.names, case.git, command, is_merge=case.is_merge
    )


RULES: list[PushRule] = [
    is_not_archived,
    is_not_server_owned,
    default_branch_stays,
    has_few_paths,
    is_permitted,
]


def judge(actor: Actor, case: PushContext, commands: list[RefCommand]) -> list[RefCommand]:
    """Refuse each command that breaks a rule."""
    return [command.refused(_first_refusal(case, command)) for command in commands]


def _first_refusal(case: PushContext, command: RefCommand) -> str | None:
    return next((sentence for rule in RULES if (sentence := rule(case, command))), None)
