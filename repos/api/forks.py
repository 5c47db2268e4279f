"""Endpoints of forks and of their synchronisation."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from repos.api.fork_bodies import ForkBody, SynchronisationBody, SynchroniseBody
from repos.api.repositories import RepositoryDetail
from repos.api.resources import RepositoryResource
from repos.errors import NoSuchProject
from repos.models import Project
from repos.representations import (
    represent_repository,
    represent_synchronisation,
    represent_unsynchronised,
)
from repos.selectors import forks as find
from repos.selectors import projects as find_projects
from repos.services import forks, projects, synchronisation


class ForkableRepository(RepositoryDetail):
    """/projects/{key}/repos/{slug}, with the verb that forks it"""

    def post(self, request: Request, **_: str) -> Response:
        """Fork the repository; without a project, into the caller's personal one."""
        origin = self.repository()
        body = self.read(ForkBody)
        target = body.get("project")
        fork = forks.create(
            self.actor,
            origin,
            name=body.get("name"),
            project=self._target(target["key"]) if target else None,
            default_branch=body.get("defaultBranch"),
        )
        return self.show(represent_repository(fork), 201)

    def _target(self, key: str) -> Project:
        try:
            return find_projects.get_current(self.actor, key)
        except NoSuchProject:
            user = self.actor.user
            if user is None or Project.stored_key(key) != f"~{user.slug}":
                raise
            return projects.personal(self.actor, user)


class Forks(RepositoryResource):
    """/projects/{key}/repos/{slug}/forks"""

    def get(self, request: Request, **_: str) -> Response:
        """List the repository's own forks."""
        page = find.forks_of(self.actor, self.repository(), self.wanted())
        return self.show_page(page, represent_repository)


class Related(RepositoryResource):
    """/projects/{key}/repos/{slug}/related"""

    def get(self, request: Request, **_: str) -> Response:
        """List all others of the same hierarchy."""
        page = find.related_to(self.actor, self.repository(), self.wanted())
        return self.show_page(page, represent_repository)


class Recreate(RepositoryResource):
    """/projects/{key}/repos/{slug}/recreate"""

    def post(self, request: Request, **_: str) -> Response:
        """Recreate a repository whose creation failed."""
        return self.show(represent_repository(forks.recreate(self.actor, self.repository())))


class SynchronisationStatus(RepositoryResource):
    """/sync/latest/projects/{key}/repos/{slug}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the synchronization status of a fork."""
        at = request.query_params.get("at", "")
        return self.show(represent_synchronisation(find.status(self.actor, self.repository(), at)))

    def post(self, request: Request, **_: str) -> Response:
        """Let the fork follow its origin, or end that."""
        repository = self.repository()
        if not self.read(SynchronisationBody)["enabled"]:
            synchronisation.disable(self.actor, repository)
            return self.nothing()
        synchronisation.enable(self.actor, repository)
        return self.show(represent_synchronisation(find.status(self.actor, repository)))


class Synchronise(RepositoryResource):
    """/sync/latest/projects/{key}/repos/{slug}/synchronize"""

    def post(self, request: Request, **_: str) -> Response:
        """Bring one ref back to the origin's."""
        repository = self.repository()
        body = self.read(SynchroniseBody)
        left = synchronisation.synchronise(
            self.actor,
            repository,
            body["refId"],
            body["action"],
            message=(body.get("context") or {}).get("commitMessage", ""),
        )
        return self.nothing() if left is None else self.show(represent_unsynchronised(left))
