"""Comments of a subject: with their replies, and what the actor may do with each; few queries, however many."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Min, Q, QuerySet

from accounts.actor import Actor
from accounts.models import User
from accounts.permissions import Permission, Scope
from core.errors import Forbidden, Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from discussions.emoticons import LIKES
from discussions.errors import NoSuchComment
from discussions.models import Comment, Reaction
from discussions.subjects import CommentSubject
from repos import access
from repos.models import Repository
from repos.selectors import refs, repositories


@dataclass(frozen=True)
class CommentAbilities:
    """The same judgement as the first lines of each service."""

    may_edit: bool
    may_delete: bool
    may_transition: bool


@dataclass(frozen=True)
class CommentWithReplies:
    """A comment with what was answered, as far as it was asked for."""

    comment: Comment
    abilities: CommentAbilities
    replies: list[CommentWithReplies] = field(default_factory=list)


@dataclass(frozen=True)
class FileDiscussion:
    """What is said about a file: as a whole, and about its lines by side and number."""

    whole: list[CommentWithReplies] = field(default_factory=list)
    lines: dict[tuple[str, int], list[CommentWithReplies]] = field(default_factory=dict)


@dataclass(frozen=True)
class Discussion:
    """What is said about a subject: in general, and about the files that were asked for."""

    general: list[CommentWithReplies] = field(default_factory=list)
    files: dict[str, FileDiscussion] = field(default_factory=dict)
    # How many comments there are, on other files too.
    count: int = 0


def likers(
    actor: Actor, subject: CommentSubject, comment: Comment, wanted: PageRequest
) -> Page[User]:
    """Who likes a comment, the first one first."""
    found = get(actor, subject, str(comment.pk))
    liking = Reaction.objects.filter(comment=found, emoticon__in=LIKES)
    first = liking.order_by().values("user").annotate(first=Min("pk")).values("first")
    rows = Reaction.objects.filter(pk__in=first).select_related("user")
    return page_of_rows(rows, wanted).map(lambda reaction: reaction.user)


def place_to_talk(actor: Actor, project_key: str, slug: str) -> Repository:
    """Return the repository with this name, for an actor who can comment."""
    found = repositories.get(actor, project_key, slug)
    require_voice(actor, found)
    return found


def require_voice(actor: Actor, repository: Repository) -> None:
    """Raise unless the actor can comment: readers with a user can."""
    access.require(actor, Permission.REPO_VIEW, repository, scope=Scope.REPOSITORY)
    require_person(actor)


def require_person(actor: Actor) -> None:
    """Refuse who has no name."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    if actor.user is None:
        raise Forbidden()


def may_talk(actor: Actor, repository: Repository) -> bool:
    """Whether a page offers to say something."""
    may = access.may(actor, Permission.REPO_VIEW, repository, scope=Scope.REPOSITORY)
    return may and actor.user is not None and not repository.is_archived


def commit_id_of(actor: Actor, repository: Repository, revision: str) -> str:
    """The whole id of a commit that a shown ref reaches; NoSuchCommit."""
    return refs.revision(actor, repository, revision).commit_id


def page(
    actor: Actor, subject: CommentSubject, wanted: PageRequest, *, path: str = "", since: str = ""
) -> Page[CommentWithReplies]:
    """What was said about a subject, in the order in which it began."""
    rows = _first_comments(actor, subject)
    if path:
        rows = rows.filter(thread__path=path)
    if since:
        rows = rows.filter(thread__from_hash=subject.since(actor, since))
    return page_of_threads(actor, subject, rows, wanted)


def page_of_threads(
    actor: Actor, subject: CommentSubject, rows: QuerySet[Comment], wanted: PageRequest
) -> Page[CommentWithReplies]:
    """One page of comments with their answers."""
    found = page_of_rows(rows, wanted)
    values = with_replies(actor, subject, found.values)
    return Page(values, found.start, found.limit, found.next_start)


def discussion_of(
    actor: Actor, subject: CommentSubject, paths: Collection[str], *, with_general: bool
) -> Discussion:
    """What is said about these files of a subject, laid out for its diff; of the rest only how much it is."""
    found = Discussion(count=seen(actor, subject.comments()).count())
    # What is about no file has no path.
    wanted = {*paths, ""} if with_general else {*paths}
    rows = _first_comments(actor, subject).filter(thread__path__in=wanted)
    for said in with_replies(actor, subject, rows if found.count else []):
        thread = said.comment.thread
        if not thread.is_anchored:
            found.general.append(said)
            continue
        file = found.files.setdefault(thread.path, FileDiscussion())
        if thread.line is None:
            file.whole.append(said)
        else:
            file.lines.setdefault((thread.file_type, thread.line), []).append(said)
    return found


def get(actor: Actor, subject: CommentSubject, number: str) -> Comment:
    """Return a comment of a subject by its ID; raises NoSuchComment for comments of other subjects."""
    rows = with_people(subject, seen(actor, subject.comments()))
    found = rows.filter(pk=int(number)).first() if _is_number(number) else None
    if found is None:
        raise NoSuchComment(number)
    return found


def seen(actor: Actor, rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """Keep what the actor may see: what is not published yet only of their own."""
    published = ~Q(state=Comment.State.PENDING)
    return rows.filter(published | Q(author=actor.user) if actor.user else published)


def said(actor: Actor, subject: CommentSubject, comment: Comment) -> CommentWithReplies:
    """One comment with everything below it."""
    (found,) = with_replies(actor, subject, [comment])
    return found


def with_replies(
    actor: Actor, subject: CommentSubject, comments: Iterable[Comment]
) -> list[CommentWithReplies]:
    """These comments with everything below them; the number of queries does not depend on theirs."""
    wanted = list(comments)
    threads = {comment.thread_id for comment in wanted}
    answers = Comment.objects.filter(thread__in=threads)
    rows = list(with_people(subject, seen(actor, answers))) if threads else []
    answered = {row.parent_id for row in rows}
    is_administrator = bool(threads) and access.may(
        actor, Permission.REPO_ADMIN, subject.repository
    )
    has_voice = bool(threads) and subject.has_voice(actor)
    presides = bool(threads) and has_voice and subject.presides(actor)
    nodes = {
        row.pk: CommentWithReplies(
            row, _abilities(actor, row, answered, is_administrator, has_voice, presides)
        )
        for row in rows
    }
    for row in rows:
        if row.parent_id is not None:
            nodes[row.parent_id].replies.append(nodes[row.pk])
    return [nodes[comment.pk] for comment in wanted if comment.pk in nodes]


def _abilities(
    actor: Actor,
    comment: Comment,
    answered: Collection[int | None],
    is_administrator: bool,
    has_voice: bool,
    presides: bool,
) -> CommentAbilities:
    is_author = actor.user is not None and comment.author_id == actor.user.pk
    may_change = has_voice and (is_author or is_administrator)
    return CommentAbilities(
        may_edit=has_voice and is_author,
        may_delete=may_change and comment.pk not in answered,
        may_transition=may_change or presides,
    )


def with_people(subject: CommentSubject, rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """Bring who spoke, resolved and reacted, in the order in which it was said."""
    found = rows.select_related("author", "resolver", "thread", "thread__resolver", *subject.beside)
    return found.prefetch_related("reactions__user").order_by("pk")


def _first_comments(actor: Actor, subject: CommentSubject) -> QuerySet[Comment]:
    # Only what tells where they stand; the rest comes with their replies.
    return seen(actor, subject.comments()).filter(parent=None).order_by("pk")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
