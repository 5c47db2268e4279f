"""Endpoints of projects."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Ladder, Permission
from core.api.views import RestView
from core.errors import Invalid
from infrastructure import images
from repos.api.resources import ProjectResource, permission_named
from repos.api.serializers import ProjectBody
from repos.representations import represent_project
from repos.selectors import projects as find
from repos.services import projects


class ProjectList(RestView):
    """/projects"""

    def get(self, request: Request, **_: str) -> Response:
        """List the projects that the caller may see."""
        query = request.query_params
        name = query.get("permission")
        permission = permission_named(name, Ladder.PROJECT) if name else Permission.PROJECT_VIEW
        page = find.list_visible(
            self.actor, self.wanted(), text=query.get("name", ""), permission=permission
        )
        return self.show_page(page, represent_project)

    def post(self, request: Request, **_: str) -> Response:
        """Create a project."""
        body = self.read(ProjectBody)
        project = projects.create(
            self.actor,
            key=body["key"],
            name=body.get("name") or body["key"],
            description=body.get("description"),
            is_public=body.get("public", False),
            avatar=body.get("avatar"),
        )
        return self.show(represent_project(project), 201)


class ProjectDetail(ProjectResource):
    """/projects/{key}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show a project."""
        return self.show(represent_project(self.project()))

    def put(self, request: Request, **_: str) -> Response:
        """Change a project; 201 tells that its key changed."""
        project = self.project()
        body = self.read(ProjectBody, partial=True)
        changed = projects.update(
            self.actor,
            project,
            key=body.get("key"),
            name=body.get("name"),
            description=body.get("description"),
            is_public=body.get("public"),
            avatar=body.get("avatar"),
        )
        return self.show(represent_project(changed), 200 if changed.key == project.key else 201)

    def delete(self, request: Request, **_: str) -> Response:
        """Delete an empty project."""
        projects.delete(self.actor, self.project())
        return self.nothing()


class ProjectAvatarFile(ProjectResource):
    """/projects/{key}/avatar.png"""

    parser_classes = (MultiPartParser,)

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Send the picture: the project's own, or one made for its key."""
        project = self.project()
        content = find.avatar(self.actor, project, request.query_params.get("s"))
        cached = {"Cache-Control": "private, max-age=300"}
        return HttpResponse(content, content_type="image/png", headers=cached)

    def post(self, request: Request, **_: str) -> Response:
        """Take a picture from the form field `avatar`; who may not send one sends nothing."""
        key = self.kwargs["key"]
        project = find.get(self.actor, key, needed=Permission.PROJECT_ADMIN)
        file = request.FILES.get("avatar")
        if file is None:
            raise Invalid("Send an image in the form field avatar.", context="avatar")
        projects.set_avatar(self.actor, project, file.read(images.MOST_BYTES + 1))
        return self.nothing(201)
