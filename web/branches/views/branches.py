"""The pages of branches: the list with its distances and actions, and the form for a new one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import Permission
from builds.branch_metadata import KEY as BUILDS
from builds.selectors import Summary
from core.errors import DomainError, Invalid
from core.paging import Page, PageRequest
from pullrequests.branch_metadata import KEY as PULLS
from repos.errors import NoDefaultBranch, NoSuchCommit
from repos.models import Repository
from repos.selectors import branch_models, refs, repositories
from repos.selectors.branch_models import BranchModel, BranchType
from repos.selectors.ref_lists import RefOrder
from repos.selectors.ref_types import Branch, Revision
from repos.services import branches
from web.branches.forms import BranchForm
from web.frame.requests import WebRequest
from web.repositories.page import repository_page, with_people
from web.templatetags.pages import repository_url

SHOWN_AT_ONCE = 25
MOST_SHOWN = 100
NAMES_AT_ONCE = 50
# Half the width of the drawing that shows how far a branch is from its base.
LONGEST_BAR = 60


@dataclass(frozen=True)
class BranchRow:
    """A branch as the table shows it; bars are as long as they are drawn."""

    branch: Branch
    category: BranchType | None
    author: User | None
    behind_bar: int = 0
    ahead_bar: int = 0

    @property
    def built(self) -> Summary:
        """How the builds of its latest commit went."""
        counts = self.branch.metadata.get(BUILDS, {})
        return Summary(
            successful=counts.get("successful", 0),
            failed=counts.get("failed", 0),
            in_progress=counts.get("inProgress", 0),
            cancelled=counts.get("cancelled", 0),
            unknown=counts.get("unknown", 0),
        )

    @property
    def pull_request(self) -> dict[str, Any] | None:
        """The open pull request that comes from it, if there is one and no other."""
        found: dict[str, Any] | None = self.branch.metadata.get(PULLS, {}).get("pullRequest")
        return found

    @property
    def behind_from(self) -> int:
        """Where the bar begins that grows to the left."""
        return LONGEST_BAR - self.behind_bar


@require_http_methods(["GET", "HEAD", "POST"])
def branch_list(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/branches?base=: all branches, how far each is from the base, and what can be done with it."""
    if request.method != "POST":
        return _list(request, key, slug)
    actor = request.actor
    repository = repositories.get(actor, key, slug, needed=Permission.REPO_WRITE)
    try:
        _change(request, repository)
    except DomainError as error:
        return _list(request, key, slug, error)
    return redirect(request.get_full_path())


@require_safe
def ref_names(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """What a field for a branch, tag or commit offers, by what was typed into the field that is named."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    text = request.GET.get(request.GET.get("of", ""), "").strip()
    return render(
        request, "branches/_ref_names.html", {"ref_names": offered_names(request, repository, text)}
    )


def create(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r?create-branch: the form for a new branch."""
    actor = request.actor
    repositories.get(actor, key, slug, needed=Permission.REPO_WRITE)
    repository, context = repository_page(request, key, slug, "branches")
    types = [one for one in branch_models.setting(actor, repository).types if one.is_enabled]
    first = refs.default_branch_name(actor, repository).removeprefix("refs/heads/")
    form = BranchForm(
        request.POST if request.method == "POST" else None,
        initial={"start_point": request.GET.get("from") or first, "type": ""},
    )
    form.offer("type", [("", "Custom"), *((one.prefix, one.display_name) for one in types)])
    if form.is_bound and form.is_valid():
        start = form.cleaned_data["start_point"]
        try:
            made = branches.create(actor, repository, form.full_name(), start_point=start)
        except NoSuchCommit:
            form.add_error("start_point", "There is no branch, tag or commit with this name.")
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(repository_url(repository, at=made.name))
    context |= {"form": form, "ref_names": offered_names(request, repository)}
    status = 400 if form.errors else 200
    return render(request, "branches/branch_create.html", context, status=status)


def _change(request: WebRequest, repository: Repository) -> None:
    actor = request.actor
    if "delete" in request.POST:
        branches.delete(actor, repository, name_of(request.POST["delete"]))
    elif "default" in request.POST:
        branches.set_default(actor, repository, name_of(request.POST["default"]))
    else:
        raise Invalid("Unknown action.")


def name_of(coded: str) -> str:
    """Read a name as the page wrote it: in percents, since it need not be text."""
    return unquote(coded, errors="surrogateescape")


def _list(
    request: WebRequest, key: str, slug: str, refusal: DomainError | None = None
) -> HttpResponse:
    actor = request.actor
    repository, context = repository_page(request, key, slug, "branches")
    text = request.GET.get("filter", request.GET.get("filterText", ""))
    model = branch_models.setting(actor, repository)
    types = [one for one in model.types if one.is_enabled]
    category = next((one for one in types if one.id == request.GET.get("type")), None)
    asked = request.GET.get("base", "").strip()
    base = _base(request, repository, asked)
    page = refs.branches(
        actor,
        repository,
        PageRequest.read(request.GET, default=SHOWN_AT_ONCE, most=MOST_SHOWN),
        text=text,
        prefix=category.prefix if category else "",
        with_commits=True,
        base=base.id if base else None,
    )
    context |= {
        "page": page,
        "rows": _rows(request, page, model),
        "filter": text,
        "types": types,
        "category": category,
        "asked_base": asked,
        "base": base,
        "is_narrowed": bool(text or category),
        "refusal": refusal.message if refusal else "",
        "doomed": _doomed(request, repository),
    }
    if request.htmx and request.htmx.target == "list":
        return render(request, "branches/_branches.html", context)
    status = refusal.status if refusal else 200
    return render(request, "branches/branches.html", context, status=status)


def _doomed(request: WebRequest, repository: Repository) -> str:
    """The full name of the branch that is to be deleted when it is said again, if it is there."""
    name = name_of(request.GET.get("delete-branch", ""))
    found = _base(request, repository, name) if name.startswith("refs/heads/") else None
    return found.ref or "" if found else ""


def _base(request: WebRequest, repository: Repository, asked: str) -> Revision | None:
    """Find what branches are counted against; None where there is no such thing."""
    try:
        return refs.revision(request.actor, repository, asked)
    except (NoDefaultBranch, NoSuchCommit):
        return None


def _rows(request: WebRequest, page: Page[Branch], model: BranchModel) -> list[BranchRow]:
    shown = [one.commit for one in page.values if one.commit]
    authors = {commit.id: author for commit, author, _ in with_people(request, shown)}
    most = max((n or 0 for one in page.values for n in (one.ahead, one.behind)), default=0)
    return [
        BranchRow(
            one,
            model.category_of(one.name),
            authors.get(one.commit_id),
            _bar(one.behind, most),
            _bar(one.ahead, most),
        )
        for one in page.values
    ]


def _bar(count: int | None, most: int) -> int:
    """Make a count a length: by its order of size, so that a few are seen beside many."""
    if not count:
        return 0
    return max(3, round(LONGEST_BAR * math.log1p(count) / math.log1p(most)))


def offered_names(request: WebRequest, repository: Repository, text: str = "") -> list[str]:
    """Names of branches and tags that a field offers, as far as they are text."""
    actor = request.actor
    wanted = PageRequest(limit=NAMES_AT_ONCE)
    found: Any = refs.branches(
        actor, repository, wanted, text=text, order=RefOrder.ALPHABETICAL, boost_matches=True
    ).values
    found += refs.tags(actor, repository, wanted, text=text, order=RefOrder.ALPHABETICAL).values
    return [one.display_id for one in found if one.display_id.isprintable()]
