"""Labels and their repositories, limited to what the actor can see."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet, prefetch_related_objects

from accounts.actor import Actor
from core.errors import Unauthenticated
from core.paging import Page, PageRequest, page_from, page_of_rows
from repos import access
from repos.errors import NoSuchLabel
from repos.models import Repository, RepositoryLabel


def of_repository(
    actor: Actor, repository: Repository, wanted: PageRequest
) -> Page[RepositoryLabel]:
    """The labels of a repository, by name."""
    return page_of_rows(RepositoryLabel.objects.filter(repository=repository), wanted)


def bring(actor: Actor, shown: Sequence[Repository]) -> None:
    """Read the labels of repositories that are shown in a list, all at once, into `labels`."""
    prefetch_related_objects(shown, "labels")


def list_visible(actor: Actor, wanted: PageRequest, *, prefix: str = "") -> Page[str]:
    """The names of all labels that begin so."""
    names = _visible(actor).filter(name__startswith=prefix).order_by("name")
    distinct = names.values_list("name", flat=True).distinct()
    return page_from(list(distinct[wanted.start : wanted.start + wanted.limit + 1]), wanted)


def get(actor: Actor, name: str) -> str:
    """The label of that name; NoSuchLabel."""
    if not _visible(actor).filter(name=name).exists():
        raise NoSuchLabel(name)
    return name


def repositories(actor: Actor, name: str, wanted: PageRequest) -> Page[Repository]:
    """Return the repositories with a label; raises NoSuchLabel."""
    get(actor, name)
    rows = access.visible_repositories(actor).filter(labels__name=name)
    rows = rows.select_related("project", "project__owner")
    return page_of_rows(rows.order_by("project__name", "name", "pk"), wanted)


def _visible(actor: Actor) -> QuerySet[RepositoryLabel]:
    if actor.user is None:
        raise Unauthenticated("You must sign in to see labels.")
    visible = access.visible_repositories(actor).values("pk")
    return RepositoryLabel.objects.filter(repository__in=visible)
