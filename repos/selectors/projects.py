"""Find projects that an actor may see."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.permissions import Permission
from core.errors import Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from infrastructure import images
from repos import access
from repos.errors import Moved, NoSuchProject
from repos.models import FormerProjectKey, Project, ProjectAvatar


def get(actor: Actor, key: str, *, needed: Permission = Permission.PROJECT_VIEW) -> Project:
    """The project of that key, in any case; Moved if it has another key now.

    NoSuchProject for what is not there and what is not shown alike. With a higher `needed`, what is
    seen but not allowed is Forbidden.
    """
    stored = Project.stored_key(key)
    project = Project.objects.select_related("owner").filter(key=stored).first()
    if project is None or not access.may(actor, Permission.PROJECT_VIEW, project):
        former = FormerProjectKey.objects.select_related("project").filter(key=stored).first()
        if former is not None and access.may(actor, Permission.PROJECT_VIEW, former.project):
            raise Moved(former.project.key)
        if actor.is_anonymous:
            raise Unauthenticated("You must sign in to see this project.")
        raise NoSuchProject(key)
    if needed > Permission.PROJECT_VIEW:
        access.require(actor, needed, project)
    return project


def get_current(actor: Actor, key: str) -> Project:
    """Return the project with this key, or the one that had it before; for keys in request bodies."""
    try:
        return get(actor, key)
    except Moved as moved:
        return get(actor, moved.project_key)


def list_visible(
    actor: Actor,
    wanted: PageRequest,
    *,
    text: str = "",
    permission: Permission = Permission.PROJECT_VIEW,
) -> Page[Project]:
    """Return shared projects whose name or key contains `text` and on which the actor has `permission`."""
    rows = access.held_projects(actor, permission).filter(type=Project.Type.NORMAL)
    if text:
        rows = rows.filter(name__icontains=text)
    return page_of_rows(rows.order_by("name", "pk"), wanted)


def avatar(actor: Actor, project: Project, side: str | None = None) -> bytes:
    """The picture of the project as a PNG: its own, or one made for its key, about `side` pixels wide."""
    kept = ProjectAvatar.objects.filter(project=project).first()
    return images.scaled(bytes(kept.content), side) if kept else images.identicon(project.key)


def get_by_id(actor: Actor, project_id: int) -> Project:
    """The project of that number."""
    project = access.visible_projects(actor).filter(pk=project_id).first()
    if project is None:
        raise NoSuchProject(str(project_id))
    return project
