"""Take a push in, serve a fetch or an archive: who may is settled before a byte is read or sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from django.conf import settings

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from gitengine import archive, receive, upload
from gitengine.pktlines import RequestBody, SocketBody
from gitengine.quarantine import Quarantine
from gitengine.types import RefCommand
from repos import access, storage
from repos.models import Push, Repository
from repos.services import push_rules, ref_updates
from repos.services.push_rules import PushContext

logger = logging.getLogger(__name__)

# Given what moved, the lines that the client shows.
Adviser = Callable[[Actor, Repository, list[RefCommand]], list[str]]

# Given the prefixes of the refs that a client is about to be told of: all for an empty one.
Preparer = Callable[[Actor, Repository, Sequence[str]], None]

_advisers: list[Adviser] = []
_preparers: list[Preparer] = []


def prepare(preparer: Preparer) -> Preparer:
    """Register a function that creates missing refs before they are advertised."""
    _preparers.append(preparer)
    return preparer


def advise(adviser: Adviser) -> Adviser:
    """Register who has something to say to people after their push."""
    _advisers.append(adviser)
    return adviser


def advertise(actor: Actor, repository: Repository) -> Iterator[bytes]:
    """Tell a client that wants to push which refs there are."""
    _require_write(actor, repository)
    with storage.opened(repository) as git:
        return receive.advertise(git, visible=storage.is_pushable)


def take(actor: Actor, repository: Repository, body: RequestBody) -> Iterator[bytes]:
    """Take one push in and give the report that the client reads."""
    _require_write(actor, repository)

    def judge(incoming: Quarantine, commands: list[RefCommand]) -> list[RefCommand]:
        case = PushContext(actor, repository, incoming.git, incoming=incoming)
        return push_rules.judge(actor, case, commands)

    def apply(
        incoming: Quarantine, commands: list[RefCommand], is_atomic: bool
    ) -> list[RefCommand]:
        def judge_again(moving: list[RefCommand]) -> list[RefCommand]:
            repository.refresh_from_db(fields=["is_archived"])
            if not _may_still_write(actor, repository):
                return [
                    command.refused("you no longer have permission to push here")
                    for command in moving
                ]
            return judge(incoming, moving)

        # What is refused already is reported as it is, and moves nothing.
        moving = [command for command in commands if not command.refusal]
        results = ref_updates.move(
            actor,
            repository,
            moving,
            reason=Push.Reason.PUSH,
            is_atomic=is_atomic,
            objects=incoming,
            guard=judge_again,
        )
        moved = {result.name: result for result in results}
        return [command if command.refusal else moved[command.name] for command in commands]

    def tell(moved: list[RefCommand]) -> list[str]:
        try:
            return [line for one in _advisers for line in one(actor, repository, moved)]
        except Exception:
            # What was pushed is there, with advice or without.
            logger.exception("nothing could be said of a push to %s", repository)
            return []

    with storage.opened(repository) as git:
        return receive.receive(
            git,
            body,
            judge=judge,
            apply=apply,
            tell=tell,
            most_bytes=settings.GIT_MAX_PACK_BYTES,
        )


def advertise_fetch(actor: Actor, repository: Repository, *, version: int) -> Iterator[bytes]:
    """Tell a client that wants to fetch which refs there are, or what the server can do."""
    access.require(actor, Permission.REPO_VIEW, repository)
    with storage.opened(repository) as git:
        return upload.advertise(
            git, version=version, visible=storage.is_shown, prepare=_preparing(actor, repository)
        )


def serve_fetch(
    actor: Actor, repository: Repository, body: RequestBody, *, version: int
) -> Iterator[bytes]:
    """Answer one request of a fetch."""
    access.require(actor, Permission.REPO_VIEW, repository)
    with storage.opened(repository) as git:
        return upload.serve(
            git,
            body,
            version=version,
            visible=storage.is_shown,
            cache=storage.pack_cache_of(repository.pk),
            prepare=_preparing(actor, repository),
        )


def converse_fetch(
    actor: Actor, repository: Repository, pipe: SocketBody, *, version: int
) -> Iterator[bytes]:
    """Serve a client that stays on the line, from the first word to the last."""
    access.require(actor, Permission.REPO_VIEW, repository)
    with storage.opened(repository) as git:
        return upload.converse(
            git,
            pipe,
            version=version,
            visible=storage.is_shown,
            cache=storage.pack_cache_of(repository.pk),
            prepare=_preparing(actor, repository),
        )


def serve_archive(actor: Actor, repository: Repository, body: RequestBody) -> Iterator[bytes]:
    """Answer `git archive --remote`."""
    access.require(actor, Permission.REPO_VIEW, repository)
    with storage.opened(repository) as git:
        return archive.serve(git, body, visible=storage.is_shown)


def _preparing(actor: Actor, repository: Repository) -> upload.Prepare:
    def prepare_all(prefixes: Sequence[str]) -> None:
        for preparer in _preparers:
            preparer(actor, repository, prefixes)

    return prepare_all


def _require_write(actor: Actor, repository: Repository) -> None:
    access.require(actor, Permission.REPO_WRITE, repository, scope=Scope.REPOSITORY)


def _may_still_write(actor: Actor, repository: Repository) -> bool:
    """Judge again what may have been taken away while the pack was coming in."""
    if actor.user is not None:
        actor.user.refresh_from_db(fields=["is_active"])
        if not actor.user.is_active:
            return False
    return access.may(actor, Permission.REPO_WRITE, repository, scope=Scope.REPOSITORY)
