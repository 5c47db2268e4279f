"""Say something about a pull request."""

from __future__ import annotations

from accounts.actor import Actor
from core import events
from discussions.models import Comment, Thread
from discussions.services.comments import check_text
from pullrequests.events import PullRequestCommentAdded
from pullrequests.models import Activity, PullRequest, PullRequestThread
from pullrequests.services import changing


def say(actor: Actor, row: PullRequest, text: str) -> Comment:
    """Begin a thread about it in general, within the caller's transaction."""
    check_text(actor, text)
    thread = Thread.objects.create(repository=row.repository)
    PullRequestThread.objects.create(thread=thread, pull_request=row)
    comment = Comment.objects.create(thread=thread, author=actor.user, text=text)
    changing.join(actor, row)
    Activity.objects.create(
        pull_request=row, user=actor.user, action=Activity.Action.COMMENTED, comment=comment
    )
    events.publish(PullRequestCommentAdded(actor, row, comment))
    return comment
