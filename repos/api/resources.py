"""What the endpoints of projects and repositories share: finding what the path names, reading what the query names."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from accounts import selectors as people
from accounts.models import User
from accounts.permissions import Ladder, Permission
from core import links
from core.api.views import RestView
from core.errors import Invalid
from gitengine.types import Commit
from repos.errors import Moved
from repos.models import Project, Repository
from repos.selectors import projects, repositories


class ProjectResource(RestView):
    """A resource below a project."""

    def project(self) -> Project:
        """The project that the path names."""
        return projects.get(self.actor, self.kwargs["key"])

    def subject(self) -> Project | Repository:
        """What permissions are held on."""
        return self.project()

    def handle_exception(self, exc: Exception) -> Any:
        """Send the caller on where the project or repository has another name now."""
        return moved_to(self.request, exc, self.kwargs) or super().handle_exception(exc)


class RepositoryResource(ProjectResource):
    """A resource below a repository."""

    def repository(self) -> Repository:
        """The repository that the path names."""
        return repositories.get(self.actor, self.kwargs["key"], self.kwargs["slug"])

    def subject(self) -> Project | Repository:
        """What permissions are held on."""
        return self.repository()

    def people_in(self, commits: list[Commit]) -> dict[str, User]:
        """Return the users whose email addresses are in these commits."""
        addresses = [
            person.email for commit in commits for person in (commit.author, commit.committer)
        ]
        return people.by_address(self.actor, addresses)


def moved_to(request: Request, error: Exception, kwargs: dict[str, Any]) -> HttpResponseBase | None:
    """Answer 307 with the address of the same resource under the new name."""
    if not isinstance(error, Moved):
        return None
    from django.http import HttpResponse

    path = request.path_info
    old = f"/projects/{kwargs['key']}"
    new = f"/projects/{error.project_key}"
    if error.slug is not None:
        old += f"/repos/{kwargs['slug']}"
        new += f"/repos/{error.slug}"
    if old not in path:
        old = f"/users/{kwargs['key'].removeprefix('~')}/repos/{kwargs.get('slug')}"
    head, _, tail = path.partition(old)
    query = request.META.get("QUERY_STRING", "")
    target = links.path_segments(head + new + tail) + (f"?{query}" if query else "")
    return HttpResponse(status=307, headers={"Location": links.absolute(target)})


def permission_named(name: str, *ladders: Ladder) -> Permission:
    """Read a permission by its name; Invalid unless it is on one of these ladders and can be granted."""
    found = Permission.__members__.get(name.strip().upper())
    if found is None or found.ladder not in ladders or found is Permission.REPO_VIEW:
        raise Invalid(f'"{name}" is not a permission that fits here.', context="permission")
    return found


def names_in(view: RestView, *parameters: str) -> list[str]:
    """The names of users or groups in the query: one at least."""
    query = view.request.query_params
    names = [name for one in parameters for name in query.getlist(one) if name]
    if not names:
        raise Invalid("Specify at least one user or group.", context=parameters[0])
    return names
