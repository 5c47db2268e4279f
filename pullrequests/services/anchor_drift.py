"""Anchor drift: move comments with the lines that they are on."""

from __future__ import annotations

from collections.abc import Callable

from accounts.actor import Actor
from discussions.models import Thread
from gitengine import history
from gitengine.errors import GitError
from gitengine.line_tracking import LineTracker
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from pullrequests.models import PullRequest, PullRequestThread

FROM = Thread.FileType.FROM

Between = Callable[[ObjectId, ObjectId], LineTracker]


def drift(actor: Actor, git: GitRepository, row: PullRequest) -> None:
    """Bring the threads of the whole difference to where their text is now; those whose text is gone are orphans."""
    base = history.merge_base(git, row.from_id, row.to_id) or row.to_id
    known: dict[tuple[ObjectId, ObjectId], LineTracker] = {}

    def between(old: ObjectId, new: ObjectId) -> LineTracker:
        return known.setdefault((old, new), LineTracker(git, old, new))

    threads = PullRequestThread.objects.filter(
        pull_request=row, is_orphaned=False, thread__diff_type=Thread.DiffType.EFFECTIVE
    )
    for hung in threads.select_related("thread").order_by("pk"):
        thread = hung.thread
        if (thread.from_hash, thread.to_hash) == (base, row.from_id):
            continue
        try:
            stays = _follow(between, thread, base, row.from_id)
        except GitError:
            # What it stood on is not there any more.
            stays = False
        if stays:
            # Nothing else: meanwhile somebody may have resolved it, or deleted it for good.
            Thread.objects.filter(pk=thread.pk).update(
                from_hash=base,
                to_hash=row.from_id,
                path=thread.path,
                src_path=thread.src_path,
                line=thread.line,
                start_line=thread.start_line,
            )
        else:
            PullRequestThread.objects.filter(pk=hung.pk).update(is_orphaned=True)


def _follow(between: Between, thread: Thread, base: ObjectId, head: ObjectId) -> bool:
    """Move a thread; gives whether its text is still there."""
    before = between(thread.from_hash, base)
    after = between(thread.to_hash, head)
    is_old = thread.file_type == FROM
    source = thread.src_path or thread.path
    if thread.line is not None:
        side, path = (before, source) if is_old else (after, thread.path)
        last = side.line(path, thread.line)
        if last is None:
            return False
        if thread.start_line is not None:
            lines = range(thread.start_line, thread.line + 1)
            moved = [side.line(path, line) for line in lines]
            if moved != list(range(last - len(lines) + 1, last + 1)):
                return False
            thread.start_line = moved[0]
        thread.line = last
    new_path, old_path = after.path(thread.path), before.path(source)
    if new_path is None and (not is_old or thread.line is None):
        return False
    thread.path = new_path or thread.path
    thread.src_path = "" if old_path in (None, thread.path) else str(old_path)
    return True
