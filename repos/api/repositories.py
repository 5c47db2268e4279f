"""Endpoints of repositories."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Ladder, Permission
from core.api.views import RestView
from core.errors import Invalid
from repos.api.resources import ProjectResource, RepositoryResource, permission_named
from repos.api.serializers import BranchName, RepositoryBody
from repos.errors import NoSuchProject, NoSuchRepository
from repos.models import Project
from repos.representations import represent_branch, represent_ref, represent_repository
from repos.selectors import projects as find_projects
from repos.selectors import refs
from repos.selectors import repositories as find
from repos.services import branches, projects, repositories

VISIBILITY: dict[str, bool | None] = {"public": True, "private": False}
ARCHIVED: dict[str, bool | None] = {"ACTIVE": False, "ARCHIVED": True, "ALL": None}


class RepositorySearch(RestView):
    """/repos"""

    def get(self, request: Request, **_: str) -> Response:
        """List all repositories that the caller may see and that fit."""
        query = request.query_params
        search = find.RepositorySearch(
            name=query.get("name", "").strip(),
            project_name=query.get("projectname", "").strip(),
            project_key=query.get("projectkey", "").strip(),
            is_public=_choice(query.get("visibility"), VISIBILITY, "visibility"),
            is_archived=_choice(query.get("archived"), ARCHIVED, "archived"),
        )
        if query.get("state", "AVAILABLE").upper() not in {"AVAILABLE", ""}:
            # Repositories are made and gone at once: in no other state is there ever one.
            search = find.RepositorySearch(project_key="\x01")
        page = find.list_visible(
            self.actor, self.wanted(), search=search, permission=asked_permission(request)
        )
        return self.show_page(page, represent_repository)


class RecentRepositories(RestView):
    """/profile/recent/repos"""

    def get(self, request: Request, **_: str) -> Response:
        """List what the caller looked at last."""
        page = find.recent(self.actor, self.wanted(), permission=asked_permission(request))
        return self.show_page(page, represent_repository)


class ProjectRepositories(ProjectResource):
    """/projects/{key}/repos"""

    def get(self, request: Request, **_: str) -> Response:
        """List the project's repositories."""
        page = find.list_of_key(self.actor, self.kwargs["key"], self.wanted())
        return self.show_page(page, represent_repository)

    def post(self, request: Request, **_: str) -> Response:
        """Create a repository; in one's own personal project that makes the project too."""
        project = self._project_or_own()
        body = self.read(RepositoryBody)
        repository = repositories.create(
            self.actor,
            project,
            name=body["name"],
            description=body.get("description"),
            is_public=body.get("public", False),
            is_forkable=body.get("forkable", True),
            default_branch=body.get("defaultBranch"),
        )
        return self.show(represent_repository(repository), 201)

    def _project_or_own(self) -> Project:
        try:
            return self.project()
        except NoSuchProject:
            user = self.actor.user
            if user is None or Project.stored_key(self.kwargs["key"]) != f"~{user.slug}":
                raise
            return projects.personal(self.actor, user)


class RepositoryDetail(RepositoryResource):
    """/projects/{key}/repos/{slug}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show a repository."""
        return self.show(represent_repository(self.repository()))

    def put(self, request: Request, **_: str) -> Response:
        """Change or move a repository; 201 tells that its address changed."""
        repository = self.repository()
        address = (repository.project_id, repository.slug)
        body = self.read(RepositoryBody, partial=True)
        target = body.get("project", {}).get("key")
        if body.get("defaultBranch"):
            # Judged first, so that nothing is changed by half.
            branches.check_default(self.actor, repository, body["defaultBranch"])
        changed = repositories.update(
            self.actor,
            repository,
            name=body.get("name"),
            description=body.get("description"),
            project=find_projects.get_current(self.actor, target) if target else None,
            is_public=body.get("public"),
            is_forkable=body.get("forkable"),
            is_archived=body.get("archived"),
        )
        if body.get("defaultBranch"):
            branches.set_default(self.actor, changed, body["defaultBranch"])
        is_where_it_was = (changed.project_id, changed.slug) == address
        return self.show(represent_repository(changed), 200 if is_where_it_was else 201)

    def delete(self, request: Request, **_: str) -> Response:
        """Delete a repository; deleting a missing repository succeeds."""
        try:
            repository = self.repository()
        except (NoSuchRepository, NoSuchProject):
            return self.nothing()
        repositories.delete(self.actor, repository)
        return self.show(
            {
                "context": None,
                "message": f"Repository {repository} has been marked for deletion.",
                "exceptionName": None,
            },
            202,
        )


class DefaultBranch(RepositoryResource):
    """/projects/{key}/repos/{slug}/default-branch"""

    def get(self, request: Request, **_: str) -> Response:
        """Show which branch is shown first, whether it exists yet or not."""
        return self.show(represent_ref(refs.default_branch_name(self.actor, self.repository())))

    def put(self, request: Request, **_: str) -> Response:
        """Choose the default branch."""
        repository = self.repository()
        branches.set_default(self.actor, repository, self.read(BranchName)["id"])
        return self.nothing()


class SiteDefaultBranch(RestView):
    """/admin/default-branch"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the default branch of new repositories; 404 if none is configured."""
        return self.show(represent_ref(refs.site_default_branch(self.actor)))

    def put(self, request: Request, **_: str) -> Response:
        """Say which branch comes first in new repositories."""
        repositories.set_site_default_branch(self.actor, self.read(BranchName)["id"])
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Leave it to Git again."""
        repositories.set_site_default_branch(self.actor, "")
        return self.nothing()


class ExistingDefaultBranch(DefaultBranch):
    """/projects/{key}/repos/{slug}/branches/default, as it was called before"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the default branch; nothing for an empty repository, 404 where it is missing."""
        repository = self.repository()
        if refs.is_empty(self.actor, repository):
            return self.nothing()
        return self.show(represent_branch(refs.default_branch(self.actor, repository)))


def asked_permission(request: Request) -> Permission:
    """Read the permission that a list is narrowed to."""
    name = request.query_params.get("permission")
    return permission_named(name, Ladder.REPOSITORY) if name else Permission.REPO_VIEW


def _choice(text: str | None, choices: dict[str, bool | None], context: str) -> bool | None:
    if not text:
        return None
    found = {name.lower(): value for name, value in choices.items()}
    if text.lower() not in found:
        names = ", ".join(choices)
        raise Invalid(f"The {context} must be one of {names}.", context=context)
    return found[text.lower()]
