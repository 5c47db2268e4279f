"""What all pages of one pull request share."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from builds import selectors as builds
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors import abilities, activities, pull_request_comments
from pullrequests.selectors import pull_requests as find
from pullrequests.services import merging, refresh, watching
from pullrequests.services.discussion import PullRequestSubject
from web.frame.requests import WebRequest
from web.pull_requests.forms import ReviewForm
from web.repositories.page import repository_page
from web.templatetags.pages import repository_url


def pull_request_page(
    request: WebRequest, key: str, slug: str, number: str, view: str
) -> tuple[PullRequest, dict[str, Any]]:
    """Find it, and what all its pages share."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "pull-requests")
    found = refresh.bring(actor, find.get(actor, repository, number))
    shown = find.one(actor, found)
    able = abilities.on(actor, found)
    ability = merging.mergeability(actor, found) if found.is_open else None
    subject = PullRequestSubject(found)
    built = builds.summaries(actor, repository, [found.from_id]).get(found.from_id)
    return found, context | {
        "pull": found,
        "shown_pull": shown,
        "me": next((one for one in shown.participants if is_me(actor, one)), None),
        "able": able,
        "mergeability": ability,
        "view": view,
        "built": built,
        "drafts": pull_request_comments.own_drafts(actor, subject).count() if able.may_talk else 0,
        "review_form": ReviewForm(initial={"head": found.from_id}),
        "is_watching": watching.is_watching(actor, found),
        "latest": activities.latest(actor, found),
        "talk_url": address(found, "comments"),
        "may_talk": able.may_talk,
        "may_apply": able.may_apply,
        "has_drafts": True,
        "since": "",
    }


def is_me(actor: Actor, one: Participant) -> bool:
    """Whether this participant is the signed-in user."""
    return actor.user is not None and one.user_id == actor.user.pk


def address(found: PullRequest, page: str) -> str:
    """Give the path of one of the pages of a pull request."""
    return repository_url(found.repository, f"pull-requests/{found.number}/{page}")
