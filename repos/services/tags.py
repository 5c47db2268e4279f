"""Create and delete tags."""

from __future__ import annotations

import time

from accounts.actor import Actor
from gitengine import refs
from gitengine.errors import InvalidName
from gitengine.object_writer import ObjectWriter
from gitengine.quarantine import quarantine
from gitengine.types import ZERO_ID, RefCommand
from repos import storage
from repos.errors import DuplicateTag, NoSuchTag, UnfitName
from repos.models import Push, Repository
from repos.selectors import refs as find
from repos.selectors.ref_types import Tag
from repos.services import ref_moves


def create(
    actor: Actor,
    repository: Repository,
    name: str,
    *,
    start_point: str,
    message: str = "",
    is_annotated: bool | None = None,
    force: bool = False,
) -> Tag:
    """Name a commit by a tag; annotated if that is said, or if there is a message. With `force` a tag moves."""
    ref_moves.require(actor, repository)
    full = _full_name(name)
    annotated = bool(message.strip()) if is_annotated is None else is_annotated
    if annotated and not message.strip():
        raise UnfitName("An annotated tag needs a message.", context="message")
    with storage.opened(repository) as git:
        found = refs.find(git, full)
        if found is not None and not force:
            raise DuplicateTag(f'Tag "{_short(full)}" already exists.', context="name")
        old = found.target if found is not None else ZERO_ID
        commit_id = find.resolve(git, start_point).commit_id
        if not annotated:
            if old != commit_id:
                command = RefCommand(full, old, commit_id)
                ref_moves.move(actor, repository, command, reason=Push.Reason.TAG)
            return Tag(full, commit_id, None)
        draft = ObjectWriter(git)
        person = ref_moves.person(actor)
        tag_id = draft.tag(_short(full), commit_id, person, int(time.time()), message)
        if old != tag_id:
            with quarantine(git) as incoming:
                draft.bring_into(incoming, tag_id)
                command = RefCommand(full, old, tag_id)
                ref_moves.move(actor, repository, command, reason=Push.Reason.TAG, objects=incoming)
        return Tag(full, commit_id, tag_id)


def delete(actor: Actor, repository: Repository, name: str) -> None:
    """Delete a tag by its short or full name; NoSuchTag."""
    ref_moves.require(actor, repository)
    full = name if name.startswith("refs/") else refs.TAGS + name
    if not full.startswith(refs.TAGS):
        raise UnfitName(f'"{name}" is not the name of a tag.', context="name")
    with storage.opened(repository) as git:
        found = refs.find(git, full)
        if found is None:
            raise NoSuchTag(f'Tag "{name}" does not exist in repository {repository}.')
        command = RefCommand(full, found.target, ZERO_ID)
        ref_moves.move(actor, repository, command, reason=Push.Reason.TAG)


def _full_name(name: str) -> str:
    full = name if name.startswith("refs/") else refs.TAGS + name
    if not full.startswith(refs.TAGS):
        raise UnfitName("The full name of a tag must start with refs/tags/.", context="name")
    try:
        refs.check_new_name(full)
    except InvalidName as error:
        raise UnfitName(str(error), context="name") from None
    return full


def _short(full: str) -> str:
    return full.removeprefix(refs.TAGS)
