"""Mark files of a pull request as viewed."""

from __future__ import annotations

from hashlib import sha256

from accounts.actor import Actor
from core.errors import Invalid
from discussions.models import LONGEST_PATH
from pullrequests.models import PullRequest, ViewedFile
from pullrequests.selectors import pull_requests as find

MOST_FILES = 5000


def mark(
    actor: Actor, pull_request: PullRequest, path: str, content_id: str, *, is_viewed: bool
) -> None:
    """Note that the actor has seen a file, or has not; a file that changes later is unseen again."""
    find.require_voice(actor, pull_request.repository)
    if not path or len(path) > LONGEST_PATH or len(content_id) > 81:
        raise Invalid("This file is not part of the pull request.", context="path")
    mine = ViewedFile.objects.filter(pull_request=pull_request, user=actor.user)
    key = sha256(path.encode("utf-8", "replace")).hexdigest()
    if not is_viewed:
        mine.filter(path_key=key).delete()
        return
    if mine.count() >= MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} files are remembered.", context="path")
    ViewedFile.objects.update_or_create(
        pull_request=pull_request,
        user=actor.user,
        path_key=key,
        defaults={"path": path, "content_id": content_id},
    )


def viewed(actor: Actor, pull_request: PullRequest) -> set[tuple[str, str]]:
    """The files that the actor has seen, each with the content that it had."""
    if actor.user is None:
        return set()
    mine = ViewedFile.objects.filter(pull_request=pull_request, user=actor.user)
    return set(mine.values_list("path", "content_id"))
