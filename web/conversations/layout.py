"""What is said about a commit, laid out for its page: in general, below files and below their lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.template.loader import render_to_string

from accounts.actor import Actor
from discussions import markup
from discussions.emoticons import SIGNS
from discussions.models import Comment, Thread
from discussions.selectors import comments as find
from discussions.selectors.comments import CommentWithReplies, FileDiscussion
from discussions.subjects import CommentSubject
from pullrequests.services import suggestions
from repos.selectors.comparisons import Comparison
from web.diffs.diff_rows import RenderedRows
from web.diffs.file_diffs import RenderedFile
from web.frame.requests import WebRequest

OFFERED = ["+1", "-1", "heart", "tada", "eyes", "thinking"]


@dataclass(frozen=True)
class ReactionSummary:
    """One emoticon below a comment, and who put it there."""

    shortcut: str
    sign: str
    names: list[str]
    is_mine: bool


@dataclass(frozen=True)
class CommentView:
    """A comment as the page shows it, with the answers below it."""

    said: CommentWithReplies
    html: str
    feelings: list[ReactionSummary]
    replies: list[CommentView] = field(default_factory=list)
    # Whether the text that it is about is gone from the code.
    is_orphaned: bool = False

    @property
    def comment(self) -> Comment:
        """The comment itself."""
        return self.said.comment

    @property
    def suggestions(self) -> list[int]:
        """The numbers of the suggestions that it makes."""
        return list(range(len(suggestions.suggested(Actor.system(), self.comment.text))))

    @property
    def place(self) -> str:
        """Return the line of a thread that is not placed below it."""
        thread = self.comment.thread
        if thread.line is None:
            return ""
        return f"on line {thread.line} {'before' if thread.file_type == Thread.FileType.FROM else 'after'} the change"

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The emoticons that one click puts below it."""
        mine = {one.shortcut for one in self.feelings if one.is_mine}
        return [(name, SIGNS[name]) for name in OFFERED if name not in mine]


@dataclass(frozen=True)
class Conversation:
    """What is said about a commit or a pull request, as far as a page shows it."""

    general: list[CommentView]
    files: dict[str, FileDiscussion]
    bubbles: dict[int, CommentView]
    may_talk: bool
    count: int

    def bubbles_of(self, said: list[CommentWithReplies]) -> list[CommentView]:
        """The same as the page shows them."""
        return [self.bubbles[one.comment.pk] for one in said]


@dataclass(frozen=True)
class FileConversation:
    """A file of the diff with what is said about it as a whole, or about lines that are not shown."""

    file: RenderedFile
    whole: list[CommentView]


def about(
    actor: Actor, subject: CommentSubject, paths: Collection[str], *, with_general: bool
) -> Conversation:
    """Read what is said about these files, and perhaps in general, and make HTML of all of it at once."""
    found = find.discussion_of(actor, subject, paths, with_general=with_general)
    firsts = [*found.general]
    for on in found.files.values():
        firsts += [*on.whole, *(said for line in on.lines.values() for said in line)]
    every = [said for first in firsts for said in _below(first)]
    bubbles = _bubbles(actor, subject, every)
    return Conversation(
        general=[bubbles[said.comment.pk] for said in found.general],
        files=found.files,
        bubbles=bubbles,
        may_talk=subject.has_voice(actor),
        count=found.count,
    )


def _bubbles(
    actor: Actor, subject: CommentSubject, every: list[CommentWithReplies]
) -> dict[int, CommentView]:
    """Make HTML of all of them at once."""
    html = markup.render([said.comment.text for said in every], subject.repository)
    bubbles: dict[int, CommentView] = {}
    # Answers come after what they answer, so they are made first.
    for said, text in reversed(list(zip(every, html, strict=True))):
        replies = [bubbles[one.comment.pk] for one in said.replies]
        thread = said.comment.thread
        is_orphaned = bool(subject.beside) and thread.of_pull_request.is_orphaned
        feelings = _feelings(actor, said.comment)
        bubbles[said.comment.pk] = CommentView(said, text, feelings, replies, is_orphaned)
    return bubbles


def bubbles_of(
    actor: Actor, subject: CommentSubject, said: list[CommentWithReplies]
) -> dict[int, CommentView]:
    """These threads as a page shows them, by the number of each comment."""
    every = [one for first in said for one in _below(first)]
    return _bubbles(actor, subject, every)


def laid_out(
    request: WebRequest,
    subject: CommentSubject,
    address: str,
    context: dict[str, Any],
    *,
    with_general: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """What a page with a diff shows of a conversation; forms are sent to `address`."""
    actor = request.actor
    paths = {one.change.path for one in context["files"] if not one.is_late}
    conversation = about(actor, subject, paths, with_general=with_general)
    compared = context["compared"]
    shared: dict[str, Any] = {
        "conversation": conversation,
        "may_talk": conversation.may_talk,
        "has_drafts": subject.takes_drafts,
        "talk_url": address,
        "since": compared.old or "",
        **more,
    }
    told = context | shared

    def draw(bubbles: list[CommentView]) -> str:
        return render_to_string(
            "conversations/_comments.html", told | {"bubbles": bubbles}, request
        )

    talked = [placed(conversation, one, compared, draw) for one in context["files"]]
    return shared | {
        "files": [one.file for one in talked],
        "above": {one.file.number: one.whole for one in talked if one.whole},
        "talk": request.GET.get("talk", ""),
    }


def placed(
    conversation: Conversation,
    file: RenderedFile,
    compared: Comparison,
    draw: Callable[[list[CommentView]], str],
) -> FileConversation:
    """Place threads below their lines; threads without a visible line go above the file."""
    on = conversation.files.get(file.change.path)
    if on is None:
        return FileConversation(file, [])
    above = conversation.bubbles_of(on.whole)
    at = _rows_by_line(file)
    below: dict[int, list[CommentView]] = {}
    for (side, line), said in on.lines.items():
        for bubble in conversation.bubbles_of(said):
            row = at.get((side, line)) if _is_of(bubble.comment.thread, compared) else None
            if row is None:
                above.append(bubble)
            else:
                below.setdefault(row, []).append(bubble)
    html, places = list(file.rows.html), list(file.rows.places)
    span = 4 if file.is_side else 3
    for row in sorted(below, reverse=True):
        inside = draw(below[row])
        html.insert(row + 1, f'<tr class="talk"><td colspan="{span}">{inside}</td></tr>')
        places.insert(row + 1, None)
    return FileConversation(replace(file, rows=RenderedRows(html, places)), above)


def _is_of(thread: Thread, compared: Comparison) -> bool:
    """Whether a thread counts its lines in this very difference."""
    return (thread.from_hash, thread.to_hash) == (compared.old or "", compared.new)


def _rows_by_line(file: RenderedFile) -> dict[tuple[str, int], int]:
    found = {}
    for number, place in enumerate(file.rows.places):
        if place and place.old:
            found[str(Thread.FileType.FROM), place.old] = number
        if place and place.new:
            found[str(Thread.FileType.TO), place.new] = number
    return found


def _below(first: CommentWithReplies) -> Iterator[CommentWithReplies]:
    """A comment and everything that was answered, each before its answers."""
    waiting = [first]
    while waiting:
        said = waiting.pop()
        yield said
        waiting += reversed(said.replies)


def _feelings(actor: Actor, comment: Comment) -> list[ReactionSummary]:
    found: dict[str, ReactionSummary] = {}
    me = actor.user.pk if actor.user else None
    for reaction in comment.reactions.all():
        one = found.get(reaction.emoticon) or ReactionSummary(
            reaction.emoticon, SIGNS.get(reaction.emoticon, "?"), [], False
        )
        one.names.append(reaction.user.display_name)
        found[reaction.emoticon] = replace(one, is_mine=one.is_mine or reaction.user_id == me)
    return list(found.values())
