"""What is said about a commit, laid out for its page: in general, below files and below their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from accounts.actor import Actor
from discussions import markup
from discussions.emoticons import SIGNS
from discussions.models import Comment, Thread
from discussions.selectors import comments as find
from discussions.selectors.comments import OnFile, Said
from discussions.subjects import Subject
from gitengine.types import ObjectId
from web.difference_rows import Rows
from web.differences import DrawnFile

OFFERED = ["+1", "-1", "heart", "tada", "eyes", "thinking"]


@dataclass(frozen=True)
class Feeling:
    """One emoticon below a comment, and who put it there."""

    shortcut: str
    sign: str
    names: list[str]
    is_mine: bool


@dataclass(frozen=True)
class Bubble:
    """A comment as the page shows it, with the answers below it."""

    said: Said
    html: str
    feelings: list[Feeling]
    replies: list[Bubble] = field(default_factory=list)

    @property
    def comment(self) -> Comment:
        """The comment itself."""
        return self.said.comment

    @property
    def place(self) -> str:
        """The line it is about, where it does not stand below it."""
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
    """Everything that is said about a commit or a pull request."""

    general: list[Bubble]
    files: dict[str, OnFile]
    bubbles: dict[int, Bubble]
    may_talk: bool
    count: int

    def bubbles_of(self, said: list[Said]) -> list[Bubble]:
        """The same as the page shows them."""
        return [self.bubbles[one.comment.pk] for one in said]

    def count_of(self, path: str) -> int:
        """How many threads a file has."""
        on = self.files.get(path)
        return len(on.whole) + sum(map(len, on.lines.values())) if on else 0


@dataclass(frozen=True)
class TalkedFile:
    """A file of the diff with what is said about it as a whole, or about lines that are not shown."""

    file: DrawnFile
    whole: list[Bubble]


def about(actor: Actor, subject: Subject) -> Conversation:
    """Read what is said, and make HTML of all of it at once."""
    found = find.discussion_of(actor, subject)
    firsts = [*found.general]
    for on in found.files.values():
        firsts += [*on.whole, *(said for line in on.lines.values() for said in line)]
    every = [said for first in firsts for said in _below(first)]
    html = markup.render([said.comment.text for said in every], subject.repository)
    bubbles: dict[int, Bubble] = {}
    # Answers come after what they answer, so they are made first.
    for said, text in reversed(list(zip(every, html, strict=True))):
        replies = [bubbles[one.comment.pk] for one in said.replies]
        bubbles[said.comment.pk] = Bubble(said, text, _feelings(actor, said.comment), replies)
    return Conversation(
        general=[bubbles[said.comment.pk] for said in found.general],
        files=found.files,
        bubbles=bubbles,
        may_talk=subject.has_voice(actor),
        count=len(every),
    )


def placed(
    conversation: Conversation,
    file: DrawnFile,
    since: ObjectId | None,
    draw: Callable[[list[Bubble]], str],
) -> TalkedFile:
    """Put threads below their lines; what has no line here stands above the file."""
    on = conversation.files.get(file.change.path)
    if on is None:
        return TalkedFile(file, [])
    above = conversation.bubbles_of(on.whole)
    at = _rows_by_line(file)
    below: dict[int, list[Bubble]] = {}
    for (side, line), said in on.lines.items():
        for bubble in conversation.bubbles_of(said):
            row = at.get((side, line)) if bubble.comment.thread.from_hash == (since or "") else None
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
    return TalkedFile(replace(file, rows=Rows(html, places)), above)


def _rows_by_line(file: DrawnFile) -> dict[tuple[str, int], int]:
    found = {}
    for number, place in enumerate(file.rows.places):
        if place and place.old:
            found[str(Thread.FileType.FROM), place.old] = number
        if place and place.new:
            found[str(Thread.FileType.TO), place.new] = number
    return found


def _below(first: Said) -> Iterator[Said]:
    """A comment and everything that was answered, each before its answers."""
    waiting = [first]
    while waiting:
        said = waiting.pop()
        yield said
        waiting += reversed(said.replies)


def _feelings(actor: Actor, comment: Comment) -> list[Feeling]:
    found: dict[str, Feeling] = {}
    me = actor.user.pk if actor.user else None
    for reaction in comment.reactions.all():
        one = found.get(reaction.emoticon) or Feeling(
            reaction.emoticon, SIGNS.get(reaction.emoticon, "?"), [], False
        )
        one.names.append(reaction.user.display_name)
        found[reaction.emoticon] = replace(one, is_mine=one.is_mine or reaction.user_id == me)
    return list(found.values())
