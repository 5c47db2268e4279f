"""Notices: written with what happened, sent at once or together, to who may still see it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.actor import Actor, Via
from accounts.models import User
from discussions.models import Comment
from infrastructure import jobs
from notifications import mail_messages, mail_server, selectors
from notifications.models import Kind, MailPreference, Notice
from pullrequests.models import PullRequest
from pullrequests.services import watching as pull_request_watching
from repos.models import CommitWatch, Repository, RepositoryWatch

TASK, DIGEST = "notifications.send", "notifications.send_digest"
KEEPS_TRYING = timedelta(hours=24)
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
FORGOTTEN_AFTER = timedelta(days=14)
MOST_OF_A_DIGEST = 200
BESIDE = (
    "user__mail_preference",
    "actor",
    "repository__project__owner",
    "pull_request",
    "comment",
)


@dataclass(frozen=True)
class NoticeContent:
    """The content of a notification, for any recipient."""

    kind: Kind
    repository: Repository
    deed: str
    path: str
    text: str = ""
    comment: Comment | None = None
    pull_request: PullRequest | None = None
    commit_id: str = ""


def tell(
    actor: Actor, news: NoticeContent, users: Iterable[int], mentioned: Iterable[int] = ()
) -> None:
    """Create notifications; in the transaction of the event.

    Who is named in it hears that they are, whatever else they want to hear.
    """
    named = set(mentioned)
    for user in selectors.reachable({*users, *named}):
        preference = getattr(user, "mail_preference", None) or MailPreference(user=user)
        # What the server does in somebody's name is no deed of theirs.
        is_own = actor.user is not None and user.pk == actor.user.pk and not actor.is_system
        if is_own and not preference.of_own:
            continue
        kind = _kind(news.kind, user, named, preference)
        if kind is None:
            continue
        row = Notice.objects.create(
            user=user,
            kind=kind,
            actor=actor.user,
            repository=news.repository,
            pull_request=news.pull_request,
            commit_id=news.commit_id,
            deed=news.deed[:300],
            comment=news.comment,
            text="" if news.comment else news.text,
            path=news.path[:1000],
        )
        if preference.mode == MailPreference.Mode.IMMEDIATE:
            jobs.enqueue(TASK, row.pk)


def send(actor: Actor, number: int) -> None:
    """Send one notice; nothing where it was sent, or may not be seen any more."""
    rows = Notice.objects.select_related(*BESIDE)
    notice = rows.filter(pk=number, sent_at=None).first()
    if notice is None:
        return
    if not selectors.still_told([notice]):
        notice.delete()
    elif selectors.mode_of(notice.user) == MailPreference.Mode.IMMEDIATE:
        _send([notice], is_digest=False)


def send_digest(actor: Actor, user_id: int) -> None:
    """Send all pending notifications of a user in one message."""
    rows = Notice.objects.filter(user=user_id, sent_at=None).select_related(*BESIDE)
    waiting = list(rows[:MOST_OF_A_DIGEST])
    told = selectors.still_told(waiting)
    hidden = {notice.pk for notice in waiting} - {notice.pk for notice in told}
    Notice.objects.filter(pk__in=hidden).delete()
    if told:
        _send(told, is_digest=True)


def begin_digests(actor: Actor) -> None:
    """Enqueue the summaries of all users with pending notifications."""
    waiting = Notice.objects.filter(
        sent_at=None, user__mail_preference__mode=MailPreference.Mode.DIGEST
    )
    for user_id in waiting.order_by().values_list("user", flat=True).distinct():
        jobs.enqueue(DIGEST, user_id, unique_key=f"{DIGEST}:{user_id}")


def send_what_waits(actor: Actor) -> None:
    """Ask for one mail of all that waits for the actor; what they do not want goes no further."""
    if actor.user is not None and actor.user.notices.filter(sent_at=None).exists():
        jobs.enqueue(DIGEST, actor.user.pk, unique_key=f"{DIGEST}:{actor.user.pk}")


def forget_the_old(actor: Actor) -> None:
    """Remove old notifications, sent or not."""
    Notice.objects.filter(created_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def unsubscribe(actor: Actor, token: str) -> str:
    """Unsubscribe the user of a mail link; returns the name of the subject."""
    user, repository, pull_request, commit_id = selectors.unsubscribing(token)
    if pull_request is not None:
        pull_request.repository = repository
        pull_request_watching.unwatch(Actor(user=user, via=Via.SYSTEM), pull_request)
        return f"{repository} {pull_request}"
    if commit_id:
        CommitWatch.objects.filter(user=user, repository=repository, commit_id=commit_id).delete()
        return f"{repository} {commit_id[:11]}"
    RepositoryWatch.objects.filter(user=user, repository=repository).delete()
    return str(repository)


def _kind(kind: Kind, user: User, named: set[int], preference: MailPreference) -> Kind | None:
    """Return the kind of a notification for a recipient; None if they do not want it."""
    if user.pk in named and Kind.MENTIONED not in preference.unwanted:
        return Kind.MENTIONED
    return None if kind in preference.unwanted else kind


def _send(notices: list[Notice], *, is_digest: bool) -> None:
    server = mail_server.read()
    if server is None:
        return
    message = mail_messages.digest(notices) if is_digest else mail_messages.letter(notices[0])
    try:
        mail_server.send(server, message)
    except mail_server.NotSent as error:
        waited = timezone.now() - notices[0].created_at
        if waited > KEEPS_TRYING:
            return
        seconds = min(LONGEST_WAIT, max(FIRST_WAIT, waited.total_seconds()))
        seconds *= settings.MAIL_RETRY_FACTOR * random.uniform(0.8, 1.2)
        raise jobs.RetryLater(str(error), timedelta(seconds=seconds)) from None
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(sent_at=timezone.now())
