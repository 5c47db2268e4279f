"""What the buttons of a pull request do."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.actor import Actor
from core.errors import DomainError, Invalid
from gitengine.types import RefChangeKind
from pullrequests.models import Participant, PullRequest
from pullrequests.services import lifecycle, merging, reverts, reviews, watching
from pullrequests.services.lifecycle import PullRequestChanges
from web.frame.requests import WebRequest
from web.pull_requests.forms import NO_HEAD
from web.pull_requests.page import address, pull_request_page
from web.templatetags.pages import repository_url


@require_POST
def change(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/change: one thing that a button does."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "overview")
    action = _ACTIONS.get(request.POST.get("action", ""))
    try:
        if action is None:
            raise Invalid("Unknown action.")
        back = action(actor, found, request)
    except DomainError as error:
        context |= {"refusal": error.message}
        return render(request, "pull_requests/refusal.html", context, status=error.status)
    return redirect(back)


def _judged(status: Participant.Status) -> Callable[[Actor, PullRequest, WebRequest], str]:
    def judge(actor: Actor, found: PullRequest, request: WebRequest) -> str:
        # Who takes a judgement back need not have seen what is new.
        head = "" if status == Participant.Status.UNAPPROVED else _head(request)
        reviews.judge(actor, found, status, last_reviewed=head)
        return address(found, "overview")

    return judge


def _decline(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    reason = request.POST.get("reason", "")
    lifecycle.decline(actor, found, version=_version(request), reason=reason)
    return address(found, "overview")


def _reopen(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    lifecycle.reopen(actor, found, version=_version(request))
    return address(found, "overview")


def _delete(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    lifecycle.delete(actor, found, version=_version(request))
    return repository_url(found.repository, "pull-requests")


def _ready(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    lifecycle.edit(actor, found, PullRequestChanges(is_draft=False), version=_version(request))
    return address(found, "overview")


def _watch(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    watching.watch(actor, found)
    return address(found, "overview")


def _unwatch(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    watching.unwatch(actor, found)
    return address(found, "overview")


def _rebase(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    moved = merging.rebase(actor, found, version=_version(request))
    assert moved.kind is RefChangeKind.UPDATE
    return address(found, "commits")


def _revert(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    branch = reverts.revert(actor, found)
    return _proposal(found, branch, found.to_ref)


def _cherry_pick(actor: Actor, found: PullRequest, request: WebRequest) -> str:
    onto = request.POST.get("onto", "").strip()
    branch = reverts.cherry_pick(actor, found, onto)
    return _proposal(found, branch, onto)


def _proposal(found: PullRequest, source: str, target: str) -> str:
    """Where a branch that was just made becomes a pull request."""
    query = {"sourceBranch": source, "targetBranch": target}
    return repository_url(found.repository, "pull-requests", **query) + "&create"


def _head(request: WebRequest) -> str:
    """Return the source commit that the page showed; a review needs it."""
    head = request.POST.get("head", "")
    if not head:
        raise Invalid(NO_HEAD, context="head")
    return head


def _version(request: WebRequest) -> int:
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("The version must be a whole number.", context="version")
    return int(text)


_ACTIONS: dict[str, Callable[[Actor, PullRequest, WebRequest], str]] = {
    "approve": _judged(Participant.Status.APPROVED),
    "needs-work": _judged(Participant.Status.NEEDS_WORK),
    "unapprove": _judged(Participant.Status.UNAPPROVED),
    "decline": _decline,
    "reopen": _reopen,
    "delete": _delete,
    "ready": _ready,
    "watch": _watch,
    "unwatch": _unwatch,
    "rebase": _rebase,
    "revert": _revert,
    "cherry-pick": _cherry_pick,
}
