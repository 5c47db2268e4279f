"""Find repositories that an actor may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts import selectors as people
from accounts.actor import Actor
from accounts.permissions import Permission
from core.errors import Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from repos import access
from repos.errors import Moved, NoSuchProject, NoSuchRepository
from repos.models import FormerProjectKey, FormerRepositorySlug, Project, Repository
from repos.selectors import projects


@dataclass(frozen=True)
class RepositorySearch:
    """What a list of repositories is narrowed to; empty fields narrow nothing."""

    name: str = ""
    project_name: str = ""
    project_key: str = ""
    text: str = ""
    is_public: bool | None = None
    is_archived: bool | None = None


def get(
    actor: Actor, project_key: str, slug: str, *, needed: Permission = Permission.REPO_VIEW
) -> Repository:
    """Return the repository with this name, ignoring case; raises Moved if it was renamed or moved.

    NoSuchRepository for what is not there and what is not shown alike. With a higher `needed`, what
    is seen but not allowed is Forbidden.
    """
    named = Repository.objects.filter(
        project__key=Project.stored_key(project_key), slug=slug.lower()
    )
    found = named.select_related("project", "project__owner").first()
    if found is None or not access.may(actor, Permission.REPO_VIEW, found):
        moved = _former(actor, project_key, slug)
        if moved is not None:
            raise Moved(moved.project.key, moved.slug)
        if actor.is_anonymous:
            raise Unauthenticated("You must sign in to see this repository.")
        if not _sees_project(actor, project_key):
            raise NoSuchProject(project_key)
        raise NoSuchRepository(project_key, slug)
    if needed > Permission.REPO_VIEW:
        access.require(actor, needed, found)
    bring_origins(actor, [found])
    return found


def get_current(actor: Actor, project_key: str, slug: str) -> Repository:
    """Return the repository with this name, or the one that had it before; for names in queries."""
    try:
        return get(actor, project_key, slug)
    except Moved as moved:
        return get(actor, moved.project_key, moved.slug or slug)


def get_by_id(actor: Actor, repository_id: int) -> Repository:
    """The repository of that number."""
    found = None
    if repository_id < 2**63:
        rows = access.visible_repositories(actor).filter(pk=repository_id)
        found = rows.select_related("project", "project__owner").first()
    if found is None:
        raise NoSuchRepository("with id", str(repository_id))
    bring_origins(actor, [found])
    return found


def list_of_project(
    actor: Actor, project: Project, wanted: PageRequest, *, text: str = ""
) -> Page[Repository]:
    """The project's repositories that the actor may see, by name."""
    rows = access.visible_repositories(actor).filter(project=project)
    if text:
        rows = rows.filter(name__icontains=text)
    return page_of(actor, rows.order_by("name", "pk"), wanted)


def list_of_key(actor: Actor, key: str, wanted: PageRequest) -> Page[Repository]:
    """Return the repositories of a project; a missing personal project is an empty list for its owner."""
    try:
        project = projects.get(actor, key)
    except NoSuchProject:
        if not key.startswith("~") or not people.exists(actor, key[1:]):
            raise
        return page_of_rows(Repository.objects.none(), wanted)
    return list_of_project(actor, project, wanted)


def list_visible(
    actor: Actor,
    wanted: PageRequest,
    *,
    search: RepositorySearch = RepositorySearch(),
    permission: Permission = Permission.REPO_VIEW,
) -> Page[Repository]:
    """Return all repositories on which the actor has `permission` and that match the search."""
    rows = access.held_repositories(actor, permission).filter(_fits(search))
    return page_of(actor, rows.order_by("project__name", "name", "pk"), wanted)


def recent(
    actor: Actor, wanted: PageRequest, *, permission: Permission = Permission.REPO_VIEW
) -> Page[Repository]:
    """What the actor looked at last, newest first, as far as they may still see it."""
    if actor.user is None:
        raise Unauthenticated("You must sign in to have recent repositories.")
    rows = access.held_repositories(actor, permission).filter(recent__user=actor.user)
    return page_of(actor, rows.order_by("-recent__visited_at"), wanted)


def page_of(actor: Actor, rows: QuerySet[Repository], wanted: PageRequest) -> Page[Repository]:
    """Read one page with the project of each, and the origin as far as the actor may see it."""
    page = page_of_rows(rows.select_related("project", "project__owner"), wanted)
    bring_origins(actor, page.values)
    return page


def bring_origins(actor: Actor, found: Iterable[Repository]) -> None:
    """Bring the origin of each fork among these, as far as the actor may see it; no query without forks."""
    forks = [one for one in found if one.origin_id is not None]
    if not forks:
        return
    shown = access.visible_repositories(actor).select_related("project", "project__owner")
    origins = shown.in_bulk({one.origin_id for one in forks})
    field = Repository._meta.get_field("origin")
    for one in forks:
        # The cache alone: the row still says where it came from, seen or not.
        field.set_cached_value(one, origins.get(one.origin_id or 0))


def _fits(search: RepositorySearch) -> Q:
    wanted = Q()
    if search.name:
        wanted &= Q(name__icontains=search.name)
    if search.project_name:
        wanted &= Q(project__name__icontains=search.project_name)
    if search.project_key:
        wanted &= Q(project__key=Project.stored_key(search.project_key))
    for word in search.text.split("/"):
        # `KEY/name` is how people write a repository.
        wanted &= (
            Q(name__icontains=word.strip())
            | Q(slug__icontains=word.strip())
            | Q(project__name__icontains=word.strip())
            | Q(project__key__icontains=word.strip())
        )
    if search.is_public is not None:
        public = Q(is_public=True) | Q(project__is_public=True)
        wanted &= public if search.is_public else ~public
    if search.is_archived is not None:
        wanted &= Q(is_archived=search.is_archived)
    return wanted


def _former(actor: Actor, project_key: str, slug: str) -> Repository | None:
    """Find where a repository went that had this name, or whose project had this key."""
    key = Project.stored_key(project_key)
    project_id = (
        Project.objects.filter(key=key).values_list("pk", flat=True).first()
        or FormerProjectKey.objects.filter(key=key).values_list("project_id", flat=True).first()
    )
    if project_id is None:
        return None
    visible = access.visible_repositories(actor).select_related("project")
    still_there = visible.filter(project_id=project_id, slug=slug.lower()).first()
    if still_there is not None:
        return still_there
    former = FormerRepositorySlug.objects.filter(project_id=project_id, slug=slug.lower()).first()
    return visible.filter(pk=former.repository_id).first() if former else None


def _sees_project(actor: Actor, project_key: str) -> bool:
    key = Project.stored_key(project_key)
    return access.visible_projects(actor).filter(key=key).exists()
