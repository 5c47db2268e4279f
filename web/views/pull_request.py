"""One pull request: its overview, diff and commits, and all that people do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actor import Actor
from builds import selectors as builds
from core.errors import DomainError, Invalid
from core.paging import PageRequest
from discussions import markup
from discussions.selectors import comments as said
from gitengine.types import RefChangeKind
from pullrequests.errors import NoSuchReview
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors import abilities, activities, contents, messages, settings, talk
from pullrequests.selectors import pull_requests as find
from pullrequests.services import (
    lifecycle,
    merging,
    reviews,
    suggestions,
    undoing,
    updating,
    viewing,
    watching,
)
from pullrequests.services.discussion import TalkedPullRequest
from pullrequests.services.lifecycle import Changes
from pullrequests.services.merging import How
from pullrequests.services.suggestions import Chosen
from repos.inert import inert_text
from repos.selectors import comparisons
from repos.services import branches
from web import commit_rows, conversations, differences, notices, talking
from web.comment_forms import APPLY, APPLY_CHOSEN, CommentForm
from web.pull_request_forms import NO_HEAD, EditForm, MergeForm, ReviewForm
from web.repository_page import repository_page
from web.templatetags.pages import repository_url

# Each may be a thread with all its answers.
ACTIVITIES_OF_A_PAGE = 10
COMMITS_OF_A_PAGE = 50


@require_safe
def root(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}: the overview."""
    found, _ = _page(request, key, slug, number, "overview")
    return redirect(_address(found, "overview"))


@require_safe
def overview(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/overview: what it is for, what happened, what was said."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "overview")
    subject = TalkedPullRequest(found)
    wanted = PageRequest.read(request.GET, default=ACTIVITIES_OF_A_PAGE, most=100)
    page = activities.page(actor, found, subject, wanted)
    bubbles = conversations.bubbles_of(
        actor, subject, [one.said for one in page.values if one.said is not None]
    )
    context |= {
        "page": page,
        "story": [
            (one, bubbles.get(one.activity.comment_id or 0), one.activity.action)
            for one in page.values
        ],
        "description": mark_safe(markup.render([found.description], found.repository)[0]),
        "notice": notices.take(request, _address(found, "overview")),
    }
    if request.htmx and request.htmx.target == "more-story":  # type: ignore[attr-defined]
        return render(request, "parts/story.html", context)
    return render(request, "pull_request_overview.html", context)


@require_safe
def diff(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponseBase:
    """r/pull-requests/{id}/diff: what it brings, with what is said about it; `commit` for one alone, `since` for what came later."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "diff")
    commit_id, since = request.GET.get("commit", ""), request.GET.get("since", "")
    if since == "review":
        compared = contents.unreviewed(actor, found)
    elif commit_id or since:
        compared = contents.between(actor, found, since, commit_id)
    else:
        compared = contents.effective(actor, found)
    if request.GET.get("raw") == "diff":
        return inert_text(comparisons.raw(actor, compared))
    context |= differences.asked(request, compared)
    mine = next((one for one in context["shown_pull"].participants if _is_me(actor, one)), None)
    context |= {
        "choices": contents.commits(actor, found, PageRequest(limit=contents.MOST_COMMITS)).values,
        "chosen": commit_id,
        "asked_since": since,
        "viewed": viewing.viewed(actor, found),
        "viewed_url": _address(found, "viewed") if context["may_talk"] else "",
        "has_reviewed": bool(mine and mine.last_reviewed and mine.last_reviewed != found.from_id),
    }
    context |= conversations.laid_out(
        request,
        TalkedPullRequest(found),
        context["talk_url"],
        context,
        may_apply=context["able"].may_apply,
    )
    if request.htmx and context["is_one"]:  # type: ignore[attr-defined]
        return render(request, "parts/diff_files.html", context)
    return differences.remember(request, render(request, "pull_request_diff.html", context))


@require_safe
def commits(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/commits: those that only the source has."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "commits")
    most = contents.MOST_COMMITS
    wanted = PageRequest.read(request.GET, default=COMMITS_OF_A_PAGE, most=most)
    page = contents.commits(actor, found, wanted)
    where = found.from_repository or found.repository
    context |= commit_rows.context(request, where, page, has_graph=False)
    is_part = request.htmx and request.htmx.target == "more"  # type: ignore[attr-defined]
    name = "parts/commit_rows.html" if is_part else "pull_request_commits.html"
    return render(request, name, context)


@require_safe
def range_diff(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/range-diff?from=&to=: what became of the commits when the source was rewritten."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "commits")
    old, new = request.GET.get("from", ""), request.GET.get("to", "")
    text = contents.range_diff(actor, found, old, new)
    context |= {"text": text, "old": old, "new": new}
    return render(request, "pull_request_range_diff.html", context)


@require_safe
def news(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/news?after=: whether others did something since the page was shown."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = repository_page(request, key, slug, "pull-requests")
    found = find.get(actor, repository, number)
    after = request.GET.get("after", "")
    latest = activities.latest(actor, found)
    is_number = after.isascii() and after.isdigit() and len(after) < 19
    context |= {
        "pull": found,
        "has_news": is_number and latest > int(after),
    }
    context["latest"] = after
    return render(request, "parts/news.html", context)


@require_safe
def builds_page(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/builds: how the builds of its head went."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "builds")
    context["statuses"] = builds.statuses(actor, found.repository, found.from_id)
    return render(request, "pull_request_builds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/edit: its words, target, reviewers."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "overview")
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
        changes = Changes(
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
            return redirect(_address(found, "overview"))
    status = 400 if form.errors else 200
    return render(request, "pull_request_edit.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/merge: how, in which words, and what stands against it."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "overview")
    if not found.is_open:
        return redirect(_address(found, "overview"))
    config = settings.merge_config(actor, found.repository)
    offered = messages.suggested(actor, found, config)
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
        how = How(strategy=fields["strategy"], message=words, has_auto_subject=False)
        try:
            merging.merge(actor, found, how, version=fields["version"])
        except DomainError as error:
            form.refuse(error)
        else:
            if fields["deleteSourceRef"]:
                _delete_source(actor, found, request)
            return redirect(_address(found, "overview"))
    status = 409 if form.errors else 200
    return render(request, "pull_request_merge.html", context | {"form": form}, status=status)


@require_POST
def change(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/change: one thing that a button does."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "overview")
    action = _ACTIONS.get(request.POST.get("action", ""))
    try:
        if action is None:
            raise Invalid("This form asks for nothing that can be done.")
        back = action(actor, found, request)
    except DomainError as error:
        context |= {"refusal": error.message}
        return render(request, "pull_request_refusal.html", context, status=error.status)
    return redirect(back)


@require_POST
def comment(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/comments: do what a comment form asks."""
    found, context = _page(request, key, slug, number, "overview")
    page = _address(found, "diff" if request.POST.get("path") else "overview")
    context |= {"about": f"#{found.number}", "about_url": page}

    def back(form: CommentForm) -> str:
        is_at_diff = form.cleaned_data["path"] or "/diff" in request.META.get("HTTP_REFERER", "")
        return _address(found, "diff" if is_at_diff else "overview")

    more: dict[str, talking.Action] = {APPLY: _apply, APPLY_CHOSEN: _apply_chosen}
    return talking.act(request, TalkedPullRequest(found), context, back, more)


@require_POST
def review(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/review: publish what was kept back, or throw it away."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "overview")
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
        return redirect(_address(found, "overview"))
    except DomainError as error:
        context |= {"refusal": error.message}
        return render(request, "pull_request_refusal.html", context, status=error.status)
    return redirect(_address(found, "overview"))


@require_POST
def viewed(request: HttpRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/viewed: remember that a file was looked at, or that it was not."""
    actor = request.actor  # type: ignore[attr-defined]
    found, context = _page(request, key, slug, number, "diff")
    path, content = request.POST.get("path", ""), request.POST.get("content", "")
    is_viewed = request.POST.get("viewed") != "no"
    viewing.mark(actor, found, path, content, is_viewed=is_viewed)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(_address(found, "diff"))
    context |= {
        "viewed_url": _address(found, "viewed"),
        "viewed_path": path,
        "viewed_content": content,
        "is_viewed": is_viewed,
    }
    return render(request, "parts/viewed.html", context)


def _page(
    request: HttpRequest, key: str, slug: str, number: str, view: str
) -> tuple[PullRequest, dict[str, Any]]:
    """Find it, and what all its pages share."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = repository_page(request, key, slug, "pull-requests")
    found = updating.bring(actor, find.get(actor, repository, number))
    shown = find.one(actor, found)
    able = abilities.on(actor, found)
    ability = merging.mergeability(actor, found) if found.is_open else None
    subject = TalkedPullRequest(found)
    built = builds.summaries(actor, repository, [found.from_id]).get(found.from_id)
    return found, context | {
        "pull": found,
        "shown_pull": shown,
        "me": next((one for one in shown.participants if _is_me(actor, one)), None),
        "able": able,
        "mergeability": ability,
        "view": view,
        "built": built,
        "drafts": talk.own_drafts(actor, subject).count() if able.may_talk else 0,
        "review_form": ReviewForm(initial={"head": found.from_id}),
        "is_watching": watching.is_watching(actor, found),
        "latest": activities.latest(actor, found),
        "talk_url": _address(found, "comments"),
        "may_talk": able.may_talk,
        "may_apply": able.may_apply,
        "has_drafts": True,
        "since": "",
    }


def _is_me(actor: Actor, one: Participant) -> bool:
    return actor.user is not None and one.user_id == actor.user.pk


def _address(found: PullRequest, page: str) -> str:
    return repository_url(found.repository, f"pull-requests/{found.number}/{page}")


def _delete_source(actor: Actor, found: PullRequest, request: HttpRequest) -> None:
    """The second step of a merge: take away what is not needed any more, which is no more than was merged."""
    if found.from_repository is None:
        return
    try:
        lifecycle.require_deletable_source(actor, found)
        branches.delete(actor, found.from_repository, found.from_ref, end_point=found.from_id)
    except DomainError as error:
        # It is merged all the same.
        why = "Somebody pushed to it." if error.context == "endPoint" else error.message
        sentence = f"The pull request is merged. {found.from_display_id} stays where it is: {why}"
        notices.leave(request, _address(found, "overview"), sentence)


def _apply(actor: Actor, subject: Any, form: CommentForm) -> int:
    one = talking.comment_of(actor, subject, form)
    index = form.cleaned_data["emoticon"]
    if not (index.isascii() and index.isdigit() and len(index) < 4):
        raise Invalid("The comment makes no such suggestion.")
    suggestions.apply(actor, subject.pull_request, [Chosen(one, int(index), -1)])
    return one.pk


def _apply_chosen(actor: Actor, subject: Any, form: CommentForm) -> int | None:
    chosen = []
    for text in form.cleaned_data["chosen"]:
        number, index, version = text.split(":")
        chosen.append(Chosen(said.get(actor, subject, number), int(index), int(version)))
    if not chosen:
        raise Invalid("Choose at least one suggestion.")
    suggestions.apply(actor, subject.pull_request, chosen)
    return chosen[0].comment.pk


def _judged(status: Participant.Status) -> Callable[[Actor, PullRequest, HttpRequest], str]:
    def judge(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
        # Who takes a judgement back need not have seen what is new.
        head = "" if status == Participant.Status.UNAPPROVED else _head(request)
        reviews.judge(actor, found, status, last_reviewed=head)
        return _address(found, "overview")

    return judge


def _decline(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    reason = request.POST.get("reason", "")
    lifecycle.decline(actor, found, version=_version(request), reason=reason)
    return _address(found, "overview")


def _reopen(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    lifecycle.reopen(actor, found, version=_version(request))
    return _address(found, "overview")


def _delete(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    lifecycle.delete(actor, found, version=_version(request))
    return repository_url(found.repository, "pull-requests")


def _ready(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    lifecycle.edit(actor, found, Changes(is_draft=False), version=_version(request))
    return _address(found, "overview")


def _watch(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    watching.watch(actor, found)
    return _address(found, "overview")


def _unwatch(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    watching.unwatch(actor, found)
    return _address(found, "overview")


def _rebase(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    moved = merging.rebase(actor, found, version=_version(request))
    assert moved.kind is RefChangeKind.UPDATE
    return _address(found, "commits")


def _revert(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    branch = undoing.revert(actor, found)
    return _proposal(found, branch, found.to_ref)


def _cherry_pick(actor: Actor, found: PullRequest, request: HttpRequest) -> str:
    onto = request.POST.get("onto", "").strip()
    branch = undoing.cherry_pick(actor, found, onto)
    return _proposal(found, branch, onto)


def _proposal(found: PullRequest, source: str, target: str) -> str:
    """Where a branch that was just made becomes a pull request."""
    query = {"sourceBranch": source, "targetBranch": target}
    return repository_url(found.repository, "pull-requests", **query) + "&create"


def _head(request: HttpRequest) -> str:
    """The head that the page showed, without which nobody knows what is judged."""
    head = request.POST.get("head", "")
    if not head:
        raise Invalid(NO_HEAD, context="head")
    return head


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("The version must be a whole number.", context="version")
    return int(text)


_ACTIONS: dict[str, Callable[[Actor, PullRequest, HttpRequest], str]] = {
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
