"""What is said about a pull request: by place, by state, and what waits for a review to be finished."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.actor import Actor
from core.errors import Invalid
from core.paging import Page, PageRequest
from discussions.models import Comment, Thread
from discussions.selectors import comments as talk
from discussions.selectors.comments import CommentWithReplies
from discussions.subjects import CommentSubject

ACTIVE, ORPHANED, ALL = "ACTIVE", "ORPHANED", "ALL"


@dataclass(frozen=True)
class CommentFilter:
    """Which threads are wanted; empty fields narrow nothing."""

    path: str = ""
    anchor_state: str = ALL
    diff_types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    from_hash: str = ""
    to_hash: str = ""


def threads(
    actor: Actor, subject: CommentSubject, wanted: PageRequest, narrowed: CommentFilter
) -> Page[CommentWithReplies]:
    """What was said at a path, each with its answers, in the order in which it began."""
    rows = _firsts(actor, subject)
    if narrowed.path:
        rows = rows.filter(Q(thread__path=narrowed.path) | Q(thread__src_path=narrowed.path))
    if narrowed.anchor_state not in {ACTIVE, ORPHANED, ALL}:
        raise Invalid("An anchorState is ACTIVE, ORPHANED or ALL.", context="anchorState")
    if narrowed.anchor_state != ALL:
        is_orphaned = narrowed.anchor_state == ORPHANED
        rows = rows.filter(thread__of_pull_request__is_orphaned=is_orphaned)
    if narrowed.diff_types:
        rows = rows.filter(thread__diff_type__in=narrowed.diff_types)
    if narrowed.states:
        rows = rows.filter(state__in=narrowed.states)
    if narrowed.from_hash:
        rows = rows.filter(thread__from_hash=narrowed.from_hash)
    if narrowed.to_hash:
        rows = rows.filter(thread__to_hash=narrowed.to_hash)
    return talk.page_of_threads(actor, subject, rows.order_by("pk"), wanted)


def tasks(
    actor: Actor, subject: CommentSubject, wanted: PageRequest, states: tuple[str, ...] = ()
) -> Page[CommentWithReplies]:
    """What is to be done, wherever in a thread it was said."""
    rows = _tasks(actor, subject)
    if states:
        rows = rows.filter(state__in=states)
    return talk.page_of_threads(actor, subject, rows.order_by("pk"), wanted)


def count_tasks(actor: Actor, subject: CommentSubject) -> dict[str, int]:
    """How much is to be done, and done, by state."""
    rows = _tasks(actor, subject).order_by().values_list("state").annotate(number=Count("pk"))
    found = dict(rows)
    return {state: found.get(state, 0) for state in Comment.State.values}


def drafts(actor: Actor, subject: CommentSubject, wanted: PageRequest) -> Page[CommentWithReplies]:
    """What the actor wrote and has not published."""
    rows = own_drafts(actor, subject)
    return talk.page_of_threads(actor, subject, rows.order_by("pk"), wanted)


def own_drafts(actor: Actor, subject: CommentSubject) -> QuerySet[Comment]:
    """The rows of what the actor wrote and has not published."""
    if actor.user is None:
        return Comment.objects.none()
    return subject.comments().filter(author=actor.user, state=Comment.State.PENDING)


def checked(
    names: tuple[str, ...], known: type[Comment.State] | type[Thread.DiffType], context: str
) -> tuple[str, ...]:
    """Read names in any case; Invalid for one that is not known."""
    found = tuple(name.upper() for name in names if name)
    for name in found:
        if name not in known.values:
            raise Invalid(f'"{name[:40]}" is none of {", ".join(known.values)}.', context=context)
    return found


def _firsts(actor: Actor, subject: CommentSubject) -> QuerySet[Comment]:
    return talk.seen(actor, subject.comments()).filter(parent=None)


def _tasks(actor: Actor, subject: CommentSubject) -> QuerySet[Comment]:
    return talk.seen(actor, subject.comments()).filter(severity=Comment.Severity.BLOCKER)
