"""The endpoint that edits a file, and the forms in which clients send one."""

from __future__ import annotations

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.body import StrictJSONParser
from core.errors import Invalid
from repos.api import contents
from repos.representations import represent_commit
from repos.services import edits
from repos.services.edits import EditTarget

# One character for each byte, whichever it is: what a client sends is a file, and need not be text.
BYTES = "latin-1"


class _ByteMultiPartParser(MultiPartParser):
    """Parse a multipart body without taking its parts for UTF-8."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Give the parts, fields and files alike by their names."""
        try:
            return super().parse(stream, media_type, {**parser_context, "encoding": BYTES})
        except RequestDataTooBig:
            raise
        except SuspiciousOperation as error:
            raise ParseError(f"The form cannot be read: {error}") from None


class _ByteFormParser(FormParser):
    """Parse a urlencoded body without taking its values for UTF-8."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Give the fields by their names."""
        try:
            return QueryDict(stream.read(), encoding=BYTES)
        except SuspiciousOperation as error:
            raise ParseError(f"The form cannot be read: {error}") from None


class Browse(contents.Browse):
    """/browse/{path}"""

    parser_classes = [_ByteMultiPartParser, _ByteFormParser, StrictJSONParser]

    def put(self, request: Request, path: str, **_: str) -> Response:
        """Commit new content of a file, or a new file."""
        repository = self.repository()
        content, branch = self._part("content"), self._text("branch")
        if content is None:
            raise Invalid("The content is required.", context="content")
        if not branch:
            raise Invalid("The branch is required.", context="branch")
        commit = edits.write(
            self.actor,
            repository,
            path,
            content,
            target=EditTarget(branch, self._text("sourceCommitId"), self._text("sourceBranch")),
            message=self._text("message"),
        )
        return self.show(represent_commit(commit, self.people_in([commit])))

    def _part(self, name: str) -> bytes | None:
        """Read a part as it came: with a file name it is a file, without one a field, in JSON a text."""
        data = self.request.data
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, UploadedFile):
            return bytes(value.read())
        if value is None:
            return None
        if not isinstance(value, str):
            raise Invalid(f"The {name} must be a text.", context=name)
        return value.encode(BYTES if isinstance(data, QueryDict) else "utf-8")

    def _text(self, name: str) -> str | None:
        part = self._part(name)
        try:
            text = part.decode() if part is not None else ""
        except UnicodeDecodeError:
            raise Invalid(f"The {name} is not UTF-8.", context=name) from None
        if "\0" in text:
            raise Invalid(f"The {name} holds a NUL character.", context=name)
        return text or None
