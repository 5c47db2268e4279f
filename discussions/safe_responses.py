"""Send attachments so that no browser runs what is in them."""

from __future__ import annotations

from urllib.parse import quote

from django.http import StreamingHttpResponse

from discussions.selectors.attachments import AttachmentPart
from gitengine import encodings
from repos import safe_responses


def inert_part(part: AttachmentPart) -> StreamingHttpResponse:
    """Answer with a file, or a part of it: text as plain text, pictures as pictures, all else to be saved."""
    kind = safe_responses.media_type(part.head, encodings.is_binary(part.head))
    response = StreamingHttpResponse(
        part.chunks, content_type=kind, status=200 if part.is_whole else 206
    )
    saved = "attachment" if kind == "application/octet-stream" else "inline"
    name = quote(part.attachment.name, safe="")
    response["Content-Disposition"] = f"{saved}; filename*=UTF-8''{name}"
    response["Content-Length"] = str(part.last - part.first + 1)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=300"
    if not part.is_whole:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{part.attachment.size}"
    return safe_responses.made_inert(response)
