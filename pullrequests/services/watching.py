"""Watch and unwatch pull requests."""

from __future__ import annotations

from accounts.actor import Actor
from pullrequests.models import PullRequest, PullRequestWatch
from pullrequests.selectors import pull_requests as find


def watch(actor: Actor, pull_request: PullRequest) -> None:
    """Tell the actor from now on."""
    _set(actor, pull_request, is_watching=True)


def unwatch(actor: Actor, pull_request: PullRequest) -> None:
    """Tell the actor no more, even if they take part."""
    _set(actor, pull_request, is_watching=False)


def is_watching(actor: Actor, pull_request: PullRequest) -> bool:
    """Whether the actor watches: explicitly, else as a participant."""
    if actor.user is None:
        return False
    said = PullRequestWatch.objects.filter(pull_request=pull_request, user=actor.user).first()
    if said is not None:
        return said.is_watching
    return pull_request.participants.filter(user=actor.user).exists()


def _set(actor: Actor, pull_request: PullRequest, *, is_watching: bool) -> None:
    find.require_voice(actor, pull_request.repository)
    PullRequestWatch.objects.update_or_create(
        pull_request=pull_request, user=actor.user, defaults={"is_watching": is_watching}
    )
