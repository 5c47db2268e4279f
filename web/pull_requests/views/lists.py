"""Pull requests of a repository: the list, and the making of one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from builds import selectors as builds
from core.errors import DomainError, Invalid
from core.paging import PageRequest
from pullrequests.selectors import default_reviewers
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.pull_requests import PersonFilter, PullRequestSearch
from pullrequests.services import lifecycle
from pullrequests.services.lifecycle import Proposal
from repos.errors import NoDefaultBranch, NoSuchCommit
from repos.models import Repository
from repos.selectors import comparisons, forks, refs
from repos.selectors.comparisons import CompareEnds
from web.commits import commit_rows
from web.frame.requests import WebRequest
from web.pull_requests.forms import TitleForm
from web.repositories.page import repository_page
from web.templatetags.pages import repository_url

STATES = ["OPEN", "MERGED", "DECLINED", "ALL"]
PREVIEWED = 25
RELATED_AT_ONCE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def pull_request_list(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/pull-requests?state=OPEN, and with `?create` the making of one."""
    if "create" in request.GET:
        return _create(request, key, slug)
    actor = request.actor
    repository, context = repository_page(request, key, slug, "pull-requests")
    wanted = PageRequest.read(request.GET, default=25, most=100)
    asked = _asked(request)
    page = find.list_of_repository(actor, repository, wanted, asked)
    heads = [one.pull_request.from_id for one in page.values]
    built = builds.summaries(actor, repository, heads)
    context |= {
        "page": page,
        "rows": [(one, built.get(one.pull_request.from_id)) for one in page.values],
        "states": STATES,
        "search": asked,
        "author": request.GET.get("author", ""),
        "reviewer": request.GET.get("reviewer", ""),
        "filter": asked.text,
        "is_narrowed": bool(asked.text or asked.people or asked.is_draft is not None),
    }
    is_part = request.htmx and request.htmx.target == "list"
    name = "pull_requests/_pull_requests.html" if is_part else "pull_requests/pull_requests.html"
    return render(request, name, context)


def _asked(request: WebRequest) -> PullRequestSearch:
    state = request.GET.get("state", "OPEN").upper()
    if state not in STATES:
        raise Invalid("The state must be OPEN, MERGED, DECLINED or ALL.", context="state")
    people = []
    if author := request.GET.get("author", "").strip():
        people.append(PersonFilter(author, "AUTHOR"))
    if reviewer := request.GET.get("reviewer", "").strip():
        people.append(PersonFilter(reviewer, "REVIEWER"))
    at = request.GET.get("at", "").strip()
    return PullRequestSearch(
        state=state,
        at=at if not at or at.startswith("refs/") else f"refs/heads/{at}",
        people=tuple(people),
        is_draft=True if request.GET.get("draft") == "1" else None,
        text=request.GET.get("filter", "").strip(),
    )


def _create(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """Choose both ends, see what it brings, say what it is for."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "pull-requests")
    find.require_voice(actor, repository)
    target = repository
    named = request.GET.get("targetRepoId", "").strip()
    if named not in {"", str(repository.pk)}:
        target = comparisons.repository_named(actor, named)
    source_name = request.GET.get("sourceBranch", "").strip()
    target_name = request.GET.get("targetBranch", "").strip()
    context |= {
        "target_repository": target,
        "target_id": target.pk if target != repository else "",
        "related": forks.related_to(actor, repository, PageRequest(limit=RELATED_AT_ONCE)).values,
        "source_name": source_name,
        "target_name": target_name,
        "is_comparable": False,
    }
    try:
        context["target"] = refs.revision(actor, target, target_name)
        context["source"] = refs.revision(actor, repository, source_name) if source_name else None
    except (NoDefaultBranch, NoSuchCommit) as error:
        return render(request, "pull_requests/create.html", context | {"refusal": error.message})
    form = None
    if source_name:
        context |= _brought(request, repository, target, source_name, target_name)
    if context["is_comparable"]:
        form = TitleForm(request.POST or None, initial=_offered(request, context))
        if request.method == "POST" and form.is_valid():
            proposal = Proposal(
                title=form.cleaned_data["title"],
                description=form.words,
                source=repository,
                from_ref=context["source"].id,
                to_ref=context["target"].id,
                reviewers=form.names,
                is_draft=form.cleaned_data["draft"],
            )
            try:
                made = lifecycle.propose(actor, target, proposal)
            except DomainError as error:
                form.refuse(error)
            else:
                return redirect(repository_url(target, f"pull-requests/{made.number}/overview"))
    status = 400 if form is not None and form.errors else 200
    return render(request, "pull_requests/create.html", context | {"form": form}, status=status)


def _brought(
    request: WebRequest,
    repository: Repository,
    target: Repository,
    source_name: str,
    target_name: str,
) -> dict[str, Any]:
    """The commits that only the source has."""
    actor = request.actor
    ends = CompareEnds(source_name, target_name, repository if target != repository else None)
    ahead, behind = comparisons.apart(actor, target, ends)
    page = comparisons.commits(actor, target, ends, PageRequest(limit=PREVIEWED))
    shown = commit_rows.context(request, repository, page, has_graph=False)
    return shown | {"ahead": ahead, "behind": behind, "is_comparable": ahead > 0}


def _offered(request: WebRequest, context: dict[str, Any]) -> dict[str, Any]:
    """A title and a description from the commits, and whom the place asks by default."""
    actor = request.actor
    commits = [row.commit for row in context["rows"]]
    title, description = context["source"].display_id, ""
    if len(commits) == 1:
        title, _, description = commits[0].message.partition("\n")
    elif commits:
        description = "\n".join(f"* {one.subject}" for one in commits[:20])
    asked = default_reviewers.reviewers(
        actor,
        context["repository"],
        context["source"].id,
        context["target_repository"],
        context["target"].id,
    )
    return {
        "title": title[:255],
        "description": description.strip(),
        # Whoever opens it is its author, and no reviewer.
        "reviewers": ", ".join(user.name for user in asked if user != actor.user),
    }
