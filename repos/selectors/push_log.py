"""Which refs moved, when, and by whom: the journal of applied pushes, as people read it."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core.paging import Page, PageRequest, page_from, page_of_rows
from gitengine.refs import BRANCHES
from repos import access
from repos.models import Push, RefChange, Repository


def changes(
    actor: Actor, repository: Repository, wanted: PageRequest, *, ref: str = "", user: str = ""
) -> Page[RefChange]:
    """What moved, newest first; only this ref by its short or full name, only by the user of this name."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    rows = RefChange.objects.filter(push__repository=repository, push__state=Push.State.APPLIED)
    if ref:
        rows = rows.filter(ref=ref if ref.startswith("refs/") else BRANCHES + ref)
    if user:
        rows = rows.filter(push__user__name__iexact=user)
    return page_of_rows(rows.select_related("push__user").order_by("-pk"), wanted)


def branches(
    actor: Actor, repository: Repository, wanted: PageRequest, *, text: str = ""
) -> Page[str]:
    """Return the full names of branches in the push log that contain `text`, sorted."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    rows = RefChange.objects.filter(push__repository=repository, push__state=Push.State.APPLIED)
    names = rows.filter(ref__startswith=BRANCHES).order_by("ref").values_list("ref", flat=True)
    if text:
        names = names.filter(ref__icontains=text)
    distinct = names.distinct()
    return page_from(list(distinct[wanted.start : wanted.start + wanted.limit + 1]), wanted)
