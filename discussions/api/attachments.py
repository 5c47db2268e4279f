"""Endpoints of files that comments show."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core import json_encoding
from core.errors import Invalid
from discussions.representations import represent_attachment, represent_metadata
from discussions.safe_responses import inert_part
from discussions.selectors import attachments as find
from discussions.selectors import comments as talk
from discussions.services import attachments
from repos.api.resources import RepositoryResource


class AttachmentUpload(RepositoryResource):
    """/projects/{key}/repos/{slug}/attachments"""

    parser_classes = (MultiPartParser,)

    def post(self, request: Request, **_: str) -> Response:
        """Keep the files of the form field `files`; who may not send any sends nothing."""
        repository = talk.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        files = request.FILES.getlist("files")
        if not files:
            raise Invalid("Send files in the form field files.", context="files")
        made = [
            attachments.upload(
                self.actor,
                repository,
                name=file.name or "",
                size=file.size or 0,
                chunks=file.chunks(),
            )
            for file in files
        ]
        return self.show({"attachments": [represent_attachment(one) for one in made]}, 201)


class AttachmentFile(RepositoryResource):
    """/attachments/{attachmentId}"""

    def get(self, request: Request, number: str, **_: str) -> HttpResponseBase:
        """Send a file, or the part of it that a Range names, in a form that no browser runs."""
        repository = self.repository()
        found = find.get(self.actor, repository, number)
        header = request.META.get("HTTP_RANGE", "")
        return inert_part(find.read(self.actor, repository, found, header))


class AttachmentDetail(AttachmentFile):
    """/attachments/{attachmentId}"""

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Delete a file."""
        repository = self.repository()
        found = find.get(self.actor, repository, number)
        attachments.delete(self.actor, repository, found)
        return self.nothing()


class AttachmentMetadata(RepositoryResource):
    """/attachments/{attachmentId}/metadata"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show what is kept with a file."""
        found = find.metadata(self.actor, self.repository(), number)
        return self.show(represent_metadata(found))

    def put(self, request: Request, number: str, **_: str) -> Response:
        """Keep JSON with a file."""
        repository = talk.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        found = find.get(self.actor, repository, number)
        text = json_encoding.dumps(request.data).decode()
        changed = attachments.set_metadata(self.actor, repository, found, text)
        return self.show(represent_metadata(changed))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Forget what is kept with a file."""
        repository = self.repository()
        found = find.metadata(self.actor, repository, number)
        attachments.delete_metadata(self.actor, repository, found)
        return self.nothing()
