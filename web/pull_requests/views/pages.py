"""The pages of one pull request: overview, diff, commits, builds."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from builds import selectors as builds
from core.paging import PageRequest
from discussions import markup
from pullrequests.selectors import activities, contents
from pullrequests.selectors import pull_requests as find
from pullrequests.services import viewed_files
from pullrequests.services.discussion import PullRequestSubject
from repos.safe_responses import inert_text
from repos.selectors import comparisons
from web.commits import commit_rows
from web.conversations import layout
from web.diffs import file_diffs
from web.frame import flash_messages
from web.frame.requests import WebRequest
from web.pull_requests.page import address, is_me, pull_request_page
from web.repositories.page import repository_page

# Each may be a thread with all its answers.
ACTIVITIES_OF_A_PAGE = 10


COMMITS_OF_A_PAGE = 50


@require_safe
def root(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}: the overview."""
    found, _ = pull_request_page(request, key, slug, number, "overview")
    return redirect(address(found, "overview"))


@require_safe
def overview(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/overview: what it is for, what happened, what was said."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "overview")
    subject = PullRequestSubject(found)
    wanted = PageRequest.read(request.GET, default=ACTIVITIES_OF_A_PAGE, most=100)
    page = activities.page(actor, found, subject, wanted)
    bubbles = layout.bubbles_of(
        actor, subject, [one.said for one in page.values if one.said is not None]
    )
    context |= {
        "page": page,
        "story": [
            (one, bubbles.get(one.activity.comment_id or 0), one.activity.action)
            for one in page.values
        ],
        "description": mark_safe(markup.render([found.description], found.repository)[0]),
        "notice": flash_messages.take(request, address(found, "overview")),
    }
    if request.htmx and request.htmx.target == "more-story":
        return render(request, "pull_requests/_activities.html", context)
    return render(request, "pull_requests/overview.html", context)


@require_safe
def diff(request: WebRequest, key: str, slug: str, number: str) -> HttpResponseBase:
    """r/pull-requests/{id}/diff: what it brings, with what is said about it; `commit` for one alone, `since` for what came later."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "diff")
    commit_id, since = request.GET.get("commit", ""), request.GET.get("since", "")
    if since == "review":
        compared = contents.unreviewed(actor, found)
    elif commit_id or since:
        compared = contents.between(actor, found, since, commit_id)
    else:
        compared = contents.effective(actor, found)
    if request.GET.get("raw") == "diff":
        return inert_text(comparisons.raw(actor, compared))
    context |= file_diffs.asked(request, compared)
    mine = next((one for one in context["shown_pull"].participants if is_me(actor, one)), None)
    context |= {
        "choices": contents.commits(actor, found, PageRequest(limit=contents.MOST_COMMITS)).values,
        "chosen": commit_id,
        "asked_since": since,
        "viewed": viewed_files.viewed(actor, found),
        "viewed_url": address(found, "viewed") if context["may_talk"] else "",
        "has_reviewed": bool(mine and mine.last_reviewed and mine.last_reviewed != found.from_id),
    }
    context |= layout.laid_out(
        request,
        PullRequestSubject(found),
        context["talk_url"],
        context,
        may_apply=context["able"].may_apply,
    )
    if request.htmx and context["is_one"]:
        return render(request, "diffs/_files.html", context)
    return file_diffs.remember(request, render(request, "pull_requests/diff.html", context))


@require_safe
def commits(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/commits: those that only the source has."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "commits")
    most = contents.MOST_COMMITS
    wanted = PageRequest.read(request.GET, default=COMMITS_OF_A_PAGE, most=most)
    page = contents.commits(actor, found, wanted)
    where = found.from_repository or found.repository
    context |= commit_rows.context(request, where, page, has_graph=False)
    is_part = request.htmx and request.htmx.target == "more"
    name = "commits/_rows.html" if is_part else "pull_requests/commits.html"
    return render(request, name, context)


@require_safe
def range_diff(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/range-diff?from=&to=: the range-diff of a rewritten source."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "commits")
    old, new = request.GET.get("from", ""), request.GET.get("to", "")
    text = contents.range_diff(actor, found, old, new)
    context |= {"text": text, "old": old, "new": new}
    return render(request, "pull_requests/range_diff.html", context)


@require_safe
def news(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/news?after=: whether others did something since the page was shown."""
    actor = request.actor
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
    return render(request, "pull_requests/_news.html", context)


@require_safe
def builds_page(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/builds: how the builds of its head went."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "builds")
    context["statuses"] = builds.statuses(actor, found.repository, found.from_id)
    return render(request, "pull_requests/builds.html", context)


@require_POST
def viewed(request: WebRequest, key: str, slug: str, number: str) -> HttpResponse:
    """r/pull-requests/{id}/viewed: remember that a file was looked at, or that it was not."""
    actor = request.actor
    found, context = pull_request_page(request, key, slug, number, "diff")
    path, content = request.POST.get("path", ""), request.POST.get("content", "")
    is_viewed = request.POST.get("viewed") != "no"
    viewed_files.mark(actor, found, path, content, is_viewed=is_viewed)
    if not request.htmx:
        return redirect(address(found, "diff"))
    context |= {
        "viewed_url": address(found, "viewed"),
        "viewed_path": path,
        "viewed_content": content,
        "is_viewed": is_viewed,
    }
    return render(request, "pull_requests/_viewed.html", context)
