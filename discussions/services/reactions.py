"""React to a comment with an emoticon."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from core.errors import Invalid
from discussions.emoticons import SIGNS
from discussions.errors import NoSuchComment
from discussions.models import Comment, Reaction
from discussions.selectors import comments as find
from repos.errors import RepositoryArchived
from repos.models import Repository


def add(actor: Actor, repository: Repository, comment: Comment, emoticon: str) -> Reaction:
    """Put an emoticon of the actor on a comment; twice is once."""
    shortcut = _judge(actor, repository, emoticon)
    with transaction.atomic():
        # Held until the end, so that it is not deleted meanwhile.
        if not Comment.objects.select_for_update().filter(pk=comment.pk).exists():
            raise NoSuchComment(str(comment.pk))
        made, _ = Reaction.objects.get_or_create(
            comment=comment, user=actor.user, emoticon=shortcut
        )
    return made


def remove(actor: Actor, repository: Repository, comment: Comment, emoticon: str) -> None:
    """Take back an emoticon of the actor, if it is there."""
    shortcut = _judge(actor, repository, emoticon)
    Reaction.objects.filter(comment=comment, user=actor.user, emoticon=shortcut).delete()


def _judge(actor: Actor, repository: Repository, emoticon: str) -> str:
    find.require_voice(actor, repository)
    if repository.is_archived:
        raise RepositoryArchived(str(repository))
    shortcut = emoticon.strip(":").lower()
    if shortcut not in SIGNS:
        raise Invalid(f'"{emoticon[:64]}" is not an emoticon.', context="emoticon")
    return shortcut
