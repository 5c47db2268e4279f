"""Read and write JSON as REST speaks it: strict on the way in, never failing on the way out."""

from __future__ import annotations

from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from core import json_encoding
from core.errors import TooLarge


class StrictJSONParser(BaseParser):
    """Parse a JSON body; an empty one is an empty object, as clients send it on PUT and POST."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        """Give the value; ParseError for what is not JSON, or carries NUL or lone surrogates."""
        limit = settings.REST_MAX_BODY_BYTES
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(f"The request body is larger than {limit} bytes.")
        if not data.strip():
            return {}
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The request body is not valid JSON: {error}") from None
        if b"\\u0000" in data and _holds_nul(value):
            raise ParseError("The request body holds a NUL character.")
        return value


class BulkJSONParser(StrictJSONParser):
    """The same under the media type that Bitbucket uses for bulk bodies."""

    media_type = "application/vnd.atl.bitbucket.bulk+json"


class CompactJSONRenderer(BaseRenderer):
    """Write JSON with orjson."""

    media_type = "application/json"
    format = "json"
    charset = "UTF-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        """Give the bytes; nothing for a response without a body."""
        return b"" if data is None else json_encoding.dumps(data)


def _holds_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            if "\x00" in current:
                return True
        elif isinstance(current, dict):
            waiting.extend(current.keys())
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
    return False
