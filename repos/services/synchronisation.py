"""Let a fork follow its origin: what loses nothing by itself, the rest by MERGE, REBASE or DISCARD, one ref at a time.

Objects travel through the pool of the fork network; only the fork's lock is ever held.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Invalid, Unavailable
from gitengine import commit_rewriting, history, merge, pools, refs
from gitengine.commit_rewriting import Committer
from gitengine.errors import MergeConflict, NotAGitRepository
from gitengine.quarantine import Quarantine, quarantine
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, ObjectId, Person, RefChangeKind, RefCommand
from infrastructure import jobs
from repos import access, storage
from repos.errors import (
    AlreadySynchronised,
    MergeConflicted,
    NoSuchBranch,
    RefNotMoved,
    RepositoryArchived,
    SynchronisationUnavailable,
)
from repos.events import SynchronisationChanged
from repos.models import (
    Push,
    RefChange,
    Repository,
    Synchronisation,
    UnsynchronisedRef,
)
from repos.selectors import forks
from repos.services import push_rules, ref_updates
from repos.services.push_rules import PushContext

SYNCHRONISED = (refs.BRANCHES, refs.TAGS)
MOST_SHOWN_CONFLICTS = 10

Refs = dict[str, ObjectId]
State = UnsynchronisedRef.State


class SynchronisationAction(enum.Enum):
    """What brings a ref that went its own way back to the origin's."""

    MERGE = "MERGE"
    DISCARD = "DISCARD"
    REBASE = "REBASE"


@dataclass
class SynchronisationPlan:
    """Decide which refs can be updated without loss, and the state of all others that differ."""

    commands: list[RefCommand] = field(default_factory=list)
    states: dict[str, State] = field(default_factory=dict)


def enable(actor: Actor, fork: Repository) -> None:
    """Let the fork follow its origin from now on, and do it once at once."""
    access.require(actor, Permission.REPO_ADMIN, fork, scope=Scope.REPOSITORY)
    owner = fork.project.owner
    if owner is not None and not forks.may_follow(actor, fork):
        raise SynchronisationUnavailable(f"{fork} has no origin to synchronize with.")
    origin = _origin_of(fork)
    if origin is None:
        raise SynchronisationUnavailable(f"{fork} has no origin to synchronize with.")
    # Whoever lets it follow must see the origin themselves.
    access.require(actor, Permission.REPO_VIEW, origin)
    if fork.is_archived:
        raise RepositoryArchived(str(fork))
    with transaction.atomic():
        _, made = Synchronisation.objects.update_or_create(
            repository=fork, defaults={"enabled_by": actor.user}
        )
        if made:
            events.publish(SynchronisationChanged(actor=actor, repository=fork, is_enabled=True))
    follow(actor, fork)


def disable(actor: Actor, fork: Repository) -> None:
    """Let the fork go its own way."""
    access.require(actor, Permission.REPO_ADMIN, fork, scope=Scope.REPOSITORY)
    with transaction.atomic():
        gone, _ = Synchronisation.objects.filter(repository=fork).delete()
        if gone:
            events.publish(SynchronisationChanged(actor=actor, repository=fork, is_enabled=False))


def follow_soon(actor: Actor, push: Push) -> None:
    """After a push: synchronize the forks of the repository, and update the status of a fork."""
    repository_id = push.repository_id
    following = Synchronisation.objects.filter(repository__origin=repository_id)
    if push.reason != Push.Reason.SYNC:
        following |= Synchronisation.objects.filter(repository=repository_id)
    for fork_id in following.values_list("repository_id", flat=True):
        jobs.enqueue("repos.synchronise", fork_id, unique_key=f"repos.synchronise:{fork_id}")


def follow(actor: Actor, fork: Repository) -> None:
    """Update refs that lose nothing, and record the state of the others."""
    row = Synchronisation.objects.filter(repository=fork).first()
    if row is None or fork.is_archived or not forks.may_follow(actor, fork):
        return
    with storage.opened(fork) as git:
        upstream = _borrow_from_origin(fork)
        own = _refs_of(git)
        plan = _plan(git, fork, upstream, own)
        if plan.commands:
            # The administrators of the fork said once that it follows; the server carries it out.
            _move(Actor.system(), fork, git, plan.commands)
    with transaction.atomic():
        if not Synchronisation.objects.select_for_update().filter(pk=row.pk).exists():
            return
        row.refs.all().delete()
        UnsynchronisedRef.objects.bulk_create(
            [
                UnsynchronisedRef(synchronisation=row, ref=RefChange.shown(name), state=state)
                for name, state in sorted(plan.states.items())
            ],
            batch_size=500,
        )
        row.last_at = timezone.now()
        row.save(update_fields=["last_at"])


def synchronise(
    actor: Actor, fork: Repository, ref: str, action: str, *, message: str = ""
) -> UnsynchronisedRef | None:
    """Reset one ref to the origin; returns its state afterwards, None if in sync."""
    access.require(actor, Permission.REPO_WRITE, fork, scope=Scope.REPOSITORY)
    wanted = _action(action)
    row = Synchronisation.objects.filter(repository=fork).first()
    if row is None:
        raise SynchronisationUnavailable(f"Synchronisation is not enabled for {fork}.")
    _require_origin(actor, fork)
    if fork.is_archived:
        raise RepositoryArchived(str(fork))
    with storage.opened(fork) as git:
        upstream = _borrow_from_origin(fork)
        own = _refs_of(git)
        name = ref if ref.startswith("refs/") else refs.BRANCHES + ref
        if name not in own and name not in upstream:
            raise NoSuchBranch(f'Branch or tag "{ref}" does not exist in repository {fork}.')
        here, there = own.get(name, ZERO_ID), upstream.get(name, ZERO_ID)
        if here == there:
            raise AlreadySynchronised(f"{ref} is already in sync with the origin.")
        state = None
        if wanted is SynchronisationAction.DISCARD:
            _move_one(actor, fork, git, RefCommand(name, here, there))
        elif wanted is SynchronisationAction.REBASE:
            state = _rebase(actor, fork, git, RefCommand(name, here, there))
        else:
            _merge(actor, fork, git, RefCommand(name, here, there), message)
            state = State.AHEAD
    with transaction.atomic():
        row.refs.filter(ref=RefChange.shown(name)).delete()
        left = UnsynchronisedRef(synchronisation=row, ref=RefChange.shown(name), state=state or "")
        if state is None:
            return None
        left.save()
    return left


def _rebase(
    actor: Actor, fork: Repository, git: GitRepository, command: RefCommand
) -> UnsynchronisedRef.State | None:
    """Rebase our commits onto the origin; returns the state of the branch."""
    _require_diverged(git, command)
    name, ours, theirs = command.name, command.old, command.new
    with quarantine(git) as incoming:
        try:
            signed = Committer(_person(actor), int(time.time()))
            tip = commit_rewriting.rebase(incoming, ours, theirs, signed)
        except MergeConflict as conflict:
            raise _conflicted(name, conflict.paths) from None
        incoming.pack(tip)
        _move_one(actor, fork, git, RefCommand(name, ours, tip), objects=incoming)
    return None if tip == theirs else State.AHEAD


def _require_diverged(git: GitRepository, command: RefCommand) -> None:
    if not command.name.startswith(refs.BRANCHES) or ZERO_ID in (command.old, command.new):
        raise AlreadySynchronised("Only a branch that both repositories have can be merged.")
    ahead, behind = history.ahead_behind(git, command.old, command.new)
    if not ahead or not behind:
        raise AlreadySynchronised(
            f"{command.name} has not diverged from the origin; nothing to merge."
        )


def _conflicted(name: str, paths: Sequence[str]) -> MergeConflicted:
    shown = ", ".join(map(RefChange.shown, paths[:MOST_SHOWN_CONFLICTS]))
    return MergeConflicted(f"{name} cannot be merged without conflicts: {shown}.")


def _merge(
    actor: Actor, fork: Repository, git: GitRepository, command: RefCommand, message: str
) -> None:
    """Join the origin's commits with ours; only where both sides have some."""
    name, ours, theirs = command.name, command.old, command.new
    _require_diverged(git, command)
    with quarantine(git) as incoming:
        merged = merge.merge(incoming, ours, theirs)
        if merged.conflicts:
            raise _conflicted(name, merged.conflicts)
        short = name.removeprefix(refs.BRANCHES)
        commit = merge.write_commit(
            incoming,
            merged.tree,
            [ours, theirs],
            message=message or f"Merge branch '{short}' of {_origin_of(fork)} into {short}",
            author=_person(actor),
            committer=_person(actor),
            time=int(time.time()),
        )
        _move_one(actor, fork, git, RefCommand(name, ours, commit), objects=incoming)


def _plan(git: GitRepository, fork: Repository, upstream: Refs, own: Refs) -> SynchronisationPlan:
    plan = SynchronisationPlan()
    removed_here = _removed(fork.pk, upstream.keys() - own.keys())
    removed_there = _removed(fork.origin_id, own.keys() - upstream.keys())
    for name, there in sorted(upstream.items()):
        here = own.get(name)
        if here is None:
            # What somebody took away here does not come back by itself.
            if name not in removed_here:
                plan.commands.append(RefCommand(name, ZERO_ID, there))
        elif here != there and not name.startswith(refs.BRANCHES):
            plan.states[name] = State.DIVERGED
        elif here != there:
            ahead, behind = history.ahead_behind(git, here, there)
            if not ahead:
                plan.commands.append(RefCommand(name, here, there))
            else:
                plan.states[name] = State.DIVERGED if behind else State.AHEAD
    plan.states.update(dict.fromkeys(removed_there, State.ORPHANED))
    return plan


def _removed(repository_id: int | None, names: set[str]) -> set[str]:
    """Return those of these refs that existed in the repository and were deleted."""
    if not names:
        return set()
    gone = RefChange.objects.filter(
        push__repository=repository_id, kind=RefChangeKind.DELETE.value
    ).values_list("ref", flat=True)
    deleted = set(gone.distinct().iterator())
    return {name for name in names if RefChange.shown(name) in deleted}


def _refs_of(git: GitRepository) -> Refs:
    return {ref.name: ref.target for ref in refs.list_refs(git, SYNCHRONISED)}


def _origin_of(fork: Repository) -> Repository | None:
    return Repository.objects.select_related("project").filter(forks=fork).first()


def _borrow_from_origin(fork: Repository) -> Refs:
    """Give the origin's refs, whose objects the fork finds in the pool from now on."""
    origin = _origin_of(fork)
    if origin is None:
        raise SynchronisationUnavailable(f"{fork} no longer has an origin.")
    try:
        pool = storage.pool_of(fork)
    except NotAGitRepository as error:
        raise Unavailable(f"{error} Tell an administrator.") from error
    assert pool is not None, "a fork belongs to a network"
    with storage.opened(origin) as git:
        upstream = _refs_of(git)
        pools.lend(git, pool)
    return upstream


def _move(
    actor: Actor,
    fork: Repository,
    git: GitRepository,
    commands: list[RefCommand],
    objects: Quarantine | None = None,
) -> list[RefCommand]:
    def judge(moving: list[RefCommand]) -> list[RefCommand]:
        fork.refresh_from_db(fields=["is_archived"])
        return push_rules.judge(actor, PushContext(actor, fork, git), moving)

    return ref_updates.move(
        actor, fork, commands, reason=Push.Reason.SYNC, objects=objects, guard=judge
    )


def _move_one(
    actor: Actor,
    fork: Repository,
    git: GitRepository,
    command: RefCommand,
    objects: Quarantine | None = None,
) -> None:
    (result,) = _move(actor, fork, git, [command], objects)
    if result.refusal:
        raise RefNotMoved(f"{RefChange.shown(command.name)}: {result.refusal}.")


def _action(name: str) -> SynchronisationAction:
    try:
        return SynchronisationAction(name.upper())
    except ValueError:
        raise Invalid(
            "The action must be one of MERGE, REBASE, DISCARD.", context="action"
        ) from None


def _require_origin(actor: Actor, fork: Repository) -> None:
    """Refuse where there is nothing to follow, or the actor does not see it."""
    origin = _origin_of(fork)
    if origin is None or not forks.may_follow(actor, fork):
        raise SynchronisationUnavailable(f"{fork} has no origin to synchronize with.")
    access.require(actor, Permission.REPO_VIEW, origin)


def _person(actor: Actor) -> Person:
    if actor.user is None:
        return Person("Bitbucket", "noreply@localhost")
    return Person(actor.user.display_name, actor.user.email_address)
