"""Responses with pushed content that no browser executes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from core.errors import Invalid
from gitengine import encodings
from infrastructure import markup
from repos.selectors.archives import Archive
from repos.selectors.contents import RawFile

# Pictures that hold no script; everything else is plain text or a download.
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def inert_file(file: RawFile) -> StreamingHttpResponse:
    """Answer with a file: text as plain text, pictures as pictures, all else to be saved."""
    response = StreamingHttpResponse(
        file.chunks, content_type=media_type(file.start, file.is_binary)
    )
    if response["Content-Type"] == "application/octet-stream":
        name = quote(file.entry.name, errors="surrogateescape")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Content-Length"] = str(file.entry.size)
    return made_inert(response)


def drawn_file(file: RawFile) -> StreamingHttpResponse:
    """Answer with an SVG for the `<img>` of a page, where no script runs and nothing is loaded.

    Whoever opens the address itself gets a document that is sandboxed and loads nothing either.
    """
    if file.is_binary or not file.entry.name.lower().endswith(".svg"):
        return inert_file(file)
    response = StreamingHttpResponse(file.chunks, content_type="image/svg+xml")
    response["Content-Length"] = str(file.entry.size)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return made_inert(response)


def rendered_file(file: RawFile) -> HttpResponse:
    """Answer with a text file as HTML, cleaned of everything that acts; Invalid for other files."""
    if file.is_binary or (file.entry.size or 0) > markup.MOST_CHARACTERS:
        raise Invalid("The file is too large to be rendered.", context="markup")
    return made_inert(HttpResponse(markup.render(encodings.decode(b"".join(file.chunks)))))


def saved_file(made: Archive) -> StreamingHttpResponse:
    """Answer with an archive, to be saved."""
    kind = "application/x-tar" if made.format == "tar" else "application/octet-stream"
    response = StreamingHttpResponse(made.pieces, content_type=kind)
    name = made.filename.encode("utf-8", "surrogateescape")
    plain = made.filename.encode("ascii", "replace").decode().replace("?", "-")
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    return made_inert(response)


_Response = TypeVar("_Response", HttpResponse, StreamingHttpResponse)


def made_inert(response: _Response) -> _Response:
    """Forbid the browser to run anything, and to guess what it is."""
    response["Content-Security-Policy"] = _POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def inert_text(chunks: Iterator[bytes]) -> StreamingHttpResponse:
    """Return a plain text response with untrusted content."""
    return made_inert(StreamingHttpResponse(chunks, content_type="text/plain;charset=UTF-8"))


def media_type(start: bytes, is_binary: bool) -> str:
    """Say what a file may be shown as, by its first bytes."""
    picture = next((kind for mark, kind in _PICTURES.items() if start.startswith(mark)), None)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        picture = "image/webp"
    if picture is not None:
        return picture
    return "application/octet-stream" if is_binary else "text/plain;charset=UTF-8"
