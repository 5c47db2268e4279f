"""Forms of one pull request: edit, merge, comment, review."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actor import Actor
from core.errors import DomainError, Invalid
from discussions.selectors import comments as said
from pullrequests.errors import NoSuchReview
from pullrequests.models import PullRequest
from pullrequests.selectors import merge_messages, settings
from pullrequests.services import (
    lifecycle,
    merging,
    reviews,
    suggestions,
)
from pullrequests.services.discussion import PullRequestSubject
from pullrequests.services.lifecycle import PullRequestChanges
from pullrequests.services.merging import MergeOptions
from pullrequests.services.suggestions import ChosenSuggestion
from repos.services import branches
from web.conversations import actions
from web.conversations.forms import APPLY, APPLY_CHOSEN, CommentForm
from web.frame import flash_messages
from web.frame.requests import WebRequest
from web.pull_requests.forms import EditForm, MergeForm, ReviewForm
from web.pull_requests.page import address, pull_request_page


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/edit: its words, target, reviewers."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "overview")
    names = ", ".join(one.user.name for one in context["shown_pull"].reviewers)
    form = EditForm(
        request.POST or None,
        initial={
            "title": found.title,
            "description": found.description,
            "reviewers": names,
            "draft": found.is_draft,
            "target": found.to_display_id,
            "version": found.version,
        },
    )
    if form.is_bound and form.is_valid():
        changes = PullRequestChanges(
            title=form.cleaned_data["title"],
            description=form.words,
            to_ref=form.cleaned_data["target"],
            reviewers=form.names,
            is_draft=form.cleaned_data["draft"],
        )
        try:
            lifecycle.edit(actor, found, changes, version=form.cleaned_data["version"])
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(address(found, "overview"))
    status = 400 if form.errors else 200
    return render(request, "pull_requests/edit.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/merge: strategy, message and vetoes."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "overview")
    if not found.is_open:
        return redirect(address(found, "overview"))
    config = settings.merge_config(actor, found.repository)
    offered = merge_messages.suggested(actor, found, config)
    initial = {
        "strategy": config.default.value,
        "message": "\n\n".join(filter(None, [offered.title, offered.body])),
        "version": found.version,
    }
    form = MergeForm(request.POST or None, initial=initial)
    form.offer_strategies(config.strategies)
    if form.is_bound and form.is_valid():
        fields = form.cleaned_data
        words = fields["message"].replace("\r\n", "\n")
        how = MergeOptions(strategy=fields["strategy"], message=words, has_auto_subject=False)
        try:
            merging.merge(actor, found, how, version=fields["version"])
        except DomainError as error:
            form.refuse(error)
        else:
            if fields["deleteSourceRef"]:
                _delete_source(actor, found, request)
            return redirect(address(found, "overview"))
    status = 409 if form.errors else 200
    return render(request, "pull_requests/merge.html", context | {"form": form}, status=status)


@require_POST
def comment(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/comments: do what a comment form asks."""
    found, context = pull_request_page(request, key, slug, number, "overview")
    page = address(found, "diff" if request.POST.get("path") else "overview")
    context |= {"about": f"#{found.number}", "about_url": page}

    def back(form: CommentForm) -> str:
        is_at_diff = form.cleaned_data["path"] or "/diff" in request.META.get("HTTP_REFERER", "")
        return address(found, "diff" if is_at_diff else "overview")

    more: dict[str, actions.CommentAction] = {APPLY: _apply, APPLY_CHOSEN: _apply_chosen}
    return actions.act(request, PullRequestSubject(found), context, back, more)


@require_POST
def review(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/review: publish what was kept back, or throw it away."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "overview")
    form = ReviewForm(request.POST)
    try:
        if request.POST.get("action") == "discard":
            reviews.discard(actor, found)
        elif form.is_valid():
            fields = form.cleaned_data
            text, status = fields["text"].replace("\r\n", "\n"), fields["status"]
            # Comments stand where they were made; only a judgement is of the head.
            seen = fields["head"] if status else ""
            reviews.finish(actor, found, text=text, status=status, last_reviewed=seen)
        else:
            raise Invalid(" ".join(str(one) for errors in form.errors.values() for one in errors))
    except NoSuchReview:
        # Finished in another window, or nothing was said.
        return redirect(address(found, "overview"))
    except DomainError as error:
        context |= {"refusal": error.message}
        return render(request, "pull_requests/refusal.html", context, status=error.status)
    return redirect(address(found, "overview"))


def _delete_source(actor: Actor, found: PullRequest, request: WebRequest) -> None:
    """Delete the source branch after a merge, unless it has newer commits."""
    if found.from_repository is None:
        return
    try:
        lifecycle.require_deletable_source(actor, found)
        branches.delete(actor, found.from_repository, found.from_ref, end_point=found.from_id)
    except DomainError as error:
        # It is merged all the same.
        why = "Someone pushed to it." if error.context == "endPoint" else error.message
        sentence = f"The pull request is merged. {found.from_display_id} stays where it is: {why}"
        flash_messages.leave(request, address(found, "overview"), sentence)


def _apply(actor: Actor, subject: Any, form: CommentForm) -> int:
    one = actions.comment_of(actor, subject, form)
    index = form.cleaned_data["emoticon"]
    if not (index.isascii() and index.isdigit() and len(index) < 4):
        raise Invalid("The comment has no such suggestion.")
    suggestions.apply(actor, subject.pull_request, [ChosenSuggestion(one, int(index), -1)])
    return one.pk


def _apply_chosen(actor: Actor, subject: Any, form: CommentForm) -> int | None:
    chosen = []
    for text in form.cleaned_data["chosen"]:
        number, index, version = text.split(":")
        chosen.append(ChosenSuggestion(said.get(actor, subject, number), int(index), int(version)))
    if not chosen:
        raise Invalid("Choose at least one suggestion.")
    suggestions.apply(actor, subject.pull_request, chosen)
    return chosen[0].comment.pk
