"""The only place that moves refs: records the intent, updates the refs, records the result and publishes it.

Git's refs and the database cannot share a transaction. So a Push row says *pending* before any ref
moves, and *applied*, with what moved, after it; all under the repository's lock. Whoever gets the
lock and finds a pending row knows that its writer is gone, and settles it first. So a moved ref
always tells, at least once, and a ref that did not move never tells.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from django.db import DatabaseError, transaction

from accounts.actor import Actor, Via
from core import events
from gitengine import refs
from gitengine.repository import GitRepository
from gitengine.types import RefChangeKind, RefCommand
from infrastructure import jobs
from repos import storage
from repos.events import RefsChanged
from repos.models import Push, RefChange, Repository

logger = logging.getLogger(__name__)

GONE = "the repository does not exist any more"
STALE = "the ref was updated by someone else; fetch first"
NOT_ALONE = "refused, because another ref of this atomic push was refused"
FAVOURITES = ("refs/heads/main", "refs/heads/master", "refs/heads/trunk", "refs/heads/develop")

Guard = Callable[[list[RefCommand]], list[RefCommand]]
# Given what is about to move, the refs of the server's own that move in the same swap.
Companion = Callable[[Repository, GitRepository, list[RefCommand]], list[RefCommand]]

_companions: list[Companion] = []


class IncomingObjects(Protocol):
    """Objects that wait outside the repository until the refs that need them may move."""

    def accept(self) -> None:
        """Bring them in, for good."""


def accompany(companion: Companion) -> Companion:
    """Register who knows refs that move along with others; they publish no event of their own."""
    _companions.append(companion)
    return companion


def move(
    actor: Actor,
    repository: Repository,
    commands: list[RefCommand],
    *,
    reason: Push.Reason,
    cause: dict[str, Any] | None = None,
    is_atomic: bool = False,
    objects: IncomingObjects | None = None,
    guard: Guard | None = None,
) -> list[RefCommand]:
    """Move refs and tell everyone; gives the commands back, each that did not move with its refusal.

    `guard` judges once more, under the lock and after the old ids were compared, what may have
    changed since the first judgement.
    """
    assert len({command.name for command in commands}) == len(commands), "each ref once"
    with storage.git_of(repository).exclusive() as git:
        if not Repository.objects.filter(pk=repository.pk).exists():
            return [command.refused(GONE) for command in commands]
        _settle(repository, git)
        commands = _refuse_stale(git, commands)
        if guard is not None:
            commands = guard(commands)
        if is_atomic and any(command.refusal for command in commands):
            commands = [command.refused(NOT_ALONE) for command in commands]
        wanted = [command for command in commands if not command.refusal]
        if not wanted:
            return commands
        if objects is not None:
            objects.accept()
        for companion in _companions:
            wanted += companion(repository, git, wanted)
        try:
            results = _journalled(actor, repository, git, wanted, reason, cause, is_atomic)
        except DatabaseError:
            if Repository.objects.filter(pk=repository.pk).exists():
                raise
            # Deleted meanwhile: its rows are gone, its files follow.
            return [command.refused(GONE) for command in commands]
    outcome = {result.name: result for result in results}
    return [outcome.get(command.name, command) for command in commands]


def _journalled(
    actor: Actor,
    repository: Repository,
    git: GitRepository,
    wanted: list[RefCommand],
    reason: Push.Reason,
    cause: dict[str, Any] | None,
    is_atomic: bool,
) -> list[RefCommand]:
    """Note the intent, swap, record: the three steps that a kill may part and `_settle` joins again."""
    with transaction.atomic(durable=True):
        push = Push.objects.create(
            repository=repository,
            user=actor.user,
            reason=reason,
            cause=cause,
            is_atomic=is_atomic,
            wanted=Push.write_commands(wanted),
        )
    results = refs.swap(git, wanted, atomic=is_atomic)
    _adopt_default_branch(git, results)
    _record(actor, push, results)
    return results


def settle(actor: Actor, repository: Repository) -> None:
    """Bring pending rows and refs to agreement, as the next mover would."""
    with storage.git_of(repository).exclusive() as git:
        _settle(repository, git)


def announce(actor: Actor, push: Push) -> None:
    """Publish an applied push whose announcement failed; raises what a listener raises, to be tried again."""
    changes = [
        RefCommand(change.ref, change.old_id, change.new_id) for change in push.changes.all()
    ]
    with transaction.atomic():
        events.publish(RefsChanged(actor=_author(push), push=push, changes=tuple(changes)))


def _settle(repository: Repository, git: GitRepository) -> None:
    for push in Push.objects.filter(repository=repository, state=Push.State.PENDING).order_by("pk"):
        commands = push.commands()
        has_moved = refs.moved(git, commands)
        if push.is_atomic and any(has_moved) and not all(has_moved):
            # Its objects were accepted before the swap, so the rest can follow.
            left = [
                command for command, moved in zip(commands, has_moved, strict=True) if not moved
            ]
            finished = {result.name: result for result in refs.swap(git, left, atomic=False)}
            results = [finished.get(command.name, command) for command in commands]
        else:
            results = [
                command if moved else command.refused(STALE)
                for command, moved in zip(commands, has_moved, strict=True)
            ]
        logger.warning("%s had been cut off; %d refs had moved", push, sum(has_moved))
        _adopt_default_branch(git, results)
        _record(_author(push), push, results)


def _refuse_stale(git: GitRepository, commands: list[RefCommand]) -> list[RefCommand]:
    current = refs.values(git, [command.name for command in commands])
    return [
        command if current[command.name] == command.old else command.refused(STALE)
        for command in commands
    ]


def _record(actor: Actor, push: Push, results: list[RefCommand]) -> None:
    moved = tuple(
        result
        for result in results
        if not result.refusal and not result.name.startswith(storage.SERVER_OWNED)
    )
    try:
        with transaction.atomic(durable=True):
            _apply(push, moved)
            if moved:
                events.publish(RefsChanged(actor=actor, push=push, changes=moved))
    except Exception:
        # One failing listener never blocks a repository: the move is recorded, telling is tried again.
        logger.exception("%s could not be announced; it will be tried again", push)
        with transaction.atomic(durable=True):
            _apply(push, moved)
            jobs.enqueue("repos.announce_push", push.pk)


def _apply(push: Push, moved: tuple[RefCommand, ...]) -> None:
    """Record what moved; where only the server's own refs did, there is nothing to tell."""
    if not moved:
        push.delete()
        return
    push.state = Push.State.APPLIED
    push.save(update_fields=["state"])
    RefChange.objects.bulk_create(
        [
            RefChange(
                push=push,
                ref=RefChange.shown(command.name),
                kind=command.kind.value,
                old_id=command.old,
                new_id=command.new,
            )
            for command in moved
        ],
        batch_size=500,
    )


def _adopt_default_branch(git: GitRepository, results: list[RefCommand]) -> None:
    """Let the first branches that an empty repository gets decide its default branch."""
    made = [
        result.name
        for result in results
        if not result.refusal
        and result.kind is RefChangeKind.ADD
        and result.name.startswith("refs/heads/")
    ]
    head = git.head_branch()
    if not made or refs.find(git, head) is not None:
        return
    others = {ref.name for ref in refs.list_refs(git, ("refs/heads/",))} - set(made)
    if not others:
        git.set_head_branch(next((name for name in FAVOURITES if name in made), made[0]))


def _author(push: Push) -> Actor:
    return Actor(user=push.user, via=Via.SYSTEM)
