"""Apply suggestions of reviewers as one commit."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from django.utils import timezone

from accounts.actor import Actor
from core.errors import Invalid
from discussions.errors import CommentOutOfDate
from discussions.models import Comment, Thread
from gitengine import encodings, trees
from gitengine.edit import Edit
from gitengine.repository import GitRepository
from gitengine.types import EntryKind
from pullrequests.errors import PullRequestOutOfDate, SuggestionRefused
from pullrequests.models import PullRequest
from pullrequests.services import locking
from pullrequests.services.discussion import PullRequestSubject
from repos import storage
from repos.models import Repository
from repos.services import edits, ref_moves
from repos.services.edits import EditTarget

MOST_BYTES = 8 * 1024 * 1024
_BLOCK = re.compile(
    r"^(?P<fence>`{3,}|~{3,})suggestion[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)


@dataclass(frozen=True)
class ChosenSuggestion:
    """One of the suggestions that a comment makes, as it was read."""

    comment: Comment
    index: int
    version: int


@dataclass(frozen=True)
class _Replacement:
    first: int
    last: int
    text: str


def suggested(actor: Actor, text: str) -> list[str]:
    """Read the suggestions that a comment makes; each is lines with their ends, or nothing to delete."""
    plain = text.replace("\r\n", "\n")
    return [
        match["text"] for match in _BLOCK.finditer(plain if plain.endswith("\n") else plain + "\n")
    ]


def apply(
    actor: Actor,
    pull_request: PullRequest,
    chosen: list[ChosenSuggestion],
    *,
    message: str = "",
    version: int | None = None,
) -> None:
    """Commit them to the source branch, and mark their threads as resolved.

    SuggestionRefused where the lines are not there any more, or two of them touch.
    """
    PullRequestSubject(pull_request).require_voice(actor)
    source = pull_request.from_repository
    if source is None or not pull_request.from_ref.startswith("refs/heads/"):
        raise SuggestionRefused("The source of the pull request is no branch.")
    ref_moves.require(actor, source)
    if version is not None and version >= 0 and version != pull_request.version:
        raise PullRequestOutOfDate(pull_request.version, version)
    locking.check(actor, pull_request)
    for one in chosen:
        if one.version not in (-1, one.comment.version):
            raise CommentOutOfDate(one.comment.version, one.version)
    with storage.opened(source) as git:
        changes = [
            Edit(path, _replaced(git, pull_request, path, wanted))
            for path, wanted in _by_path(pull_request, chosen).items()
        ]
    _commit(actor, source, pull_request, changes, message)
    threads = {one.comment.thread_id for one in chosen}
    Thread.objects.filter(pk__in=threads, resolved_at=None).update(
        resolver=actor.user, resolved_at=timezone.now()
    )


def _commit(
    actor: Actor, source: Repository, pull_request: PullRequest, changes: list[Edit], message: str
) -> None:
    usual = "Apply suggestion" if len(changes) == 1 else "Apply suggestions"
    edits.write_many(
        actor,
        source,
        changes,
        target=EditTarget(pull_request.from_ref, seen=pull_request.from_id),
        message=message.strip() or f"{usual} from pull request #{pull_request.number}",
    )


def _by_path(
    pull_request: PullRequest, chosen: list[ChosenSuggestion]
) -> dict[str, list[_Replacement]]:
    found: dict[str, list[_Replacement]] = defaultdict(list)
    for one in chosen:
        thread = one.comment.thread
        texts = suggested(Actor.system(), one.comment.text)
        if one.index >= len(texts):
            raise Invalid("The comment has no such suggestion.", context="suggestionIndex")
        if thread.line is None or thread.file_type == Thread.FileType.FROM:
            raise SuggestionRefused("A suggestion must be on lines that exist after the change.")
        if thread.of_pull_request.is_orphaned or thread.to_hash != pull_request.from_id:
            raise SuggestionRefused("The lines of the suggestion have changed.")
        first = thread.start_line or thread.line
        found[thread.path].append(_Replacement(first, thread.line, texts[one.index]))
    return found


def _replaced(
    git: GitRepository, pull_request: PullRequest, path: str, wanted: list[_Replacement]
) -> bytes:
    """The file with its lines replaced; what it is encoded in, and how its lines end, stays."""
    standing = trees.entry(git, pull_request.from_id, path)
    if standing.kind is not EntryKind.FILE:
        raise SuggestionRefused("A suggestion must be on lines of a file.")
    data = trees.read_blob(git, standing.id, most_bytes=MOST_BYTES + 1)
    if len(data) > MOST_BYTES or encodings.wide(data):
        raise SuggestionRefused("The file cannot be changed by a suggestion.")
    # The mark at the beginning of a file is no part of its lines.
    encoding = encodings.of_file(data).removesuffix("-sig")
    lines = data.split(b"\n")
    end = b"\r\n" if lines[0].endswith(b"\r") else b"\n"
    last = len(data) + 1
    for one in sorted(wanted, key=lambda one: -one.last):
        if one.last >= last or one.last > len(lines):
            raise SuggestionRefused(
                "Two suggestions change the same lines, or lines that are gone."
            )
        last = one.first
        try:
            new = one.text.encode(encoding).split(b"\n")[:-1]
        except UnicodeEncodeError:
            raise SuggestionRefused(
                f"The file's encoding, {encoding}, lacks a character."
            ) from None
        is_at_end = one.last == len(lines)
        cut = [line + end.removesuffix(b"\n") for line in new]
        if is_at_end and cut:
            cut[-1] = new[-1]
        lines[one.first - 1 : one.last] = cut
    return b"\n".join(lines)
