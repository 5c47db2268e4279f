"""React to a comment with an emoticon."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from core.errors import Invalid
from discussions.emoticons import LIKES, SIGNS
from discussions.errors import NoSuchComment
from discussions.models import Comment, Reaction
from discussions.subjects import CommentSubject
from repos.errors import RepositoryArchived


def add(actor: Actor, subject: CommentSubject, comment: Comment, emoticon: str) -> Reaction:
    """Put an emoticon of the actor on a comment; twice is once."""
    shortcut = _judge(actor, subject, emoticon)
    with transaction.atomic():
        # Held until the end, so that it is not deleted meanwhile.
        if not Comment.objects.select_for_update().filter(pk=comment.pk).exists():
            raise NoSuchComment(str(comment.pk))
        made, _ = Reaction.objects.get_or_create(
            comment=comment, user=actor.user, emoticon=shortcut
        )
    return made


def like(actor: Actor, subject: CommentSubject, comment: Comment) -> None:
    """Say that one likes a comment, as before there were other reactions."""
    add(actor, subject, comment, LIKES[0])


def unlike(actor: Actor, subject: CommentSubject, comment: Comment) -> None:
    """Take it back."""
    for emoticon in LIKES:
        remove(actor, subject, comment, emoticon)


def remove(actor: Actor, subject: CommentSubject, comment: Comment, emoticon: str) -> None:
    """Take back an emoticon of the actor, if it is there."""
    shortcut = _judge(actor, subject, emoticon)
    Reaction.objects.filter(comment=comment, user=actor.user, emoticon=shortcut).delete()


def _judge(actor: Actor, subject: CommentSubject, emoticon: str) -> str:
    subject.require_voice(actor)
    if subject.repository.is_archived:
        raise RepositoryArchived(str(subject.repository))
    shortcut = emoticon.strip(":").lower()
    if shortcut not in SIGNS:
        raise Invalid(f'"{emoticon[:64]}" is not an emoticon.', context="emoticon")
    return shortcut
