"""Request bodies before Django reads them: how large one may be, and chunked ones given a length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Git reads its own bodies, which have no useful limit here.
GIT = "/scm/"
IN_MEMORY_BYTES = 256 * 1024
PIECE_BYTES = 64 * 1024


def most_bytes(path: str) -> int:
    """The largest body that a request to this path may have."""
    for pattern, most in settings.LARGER_REQUESTS.items():
        if re.fullmatch(pattern, path):
            return int(most)
    return int(settings.REQUEST_MAX_BYTES)


def measured(application: Application) -> Application:
    """Give every chunked body a length; Django takes a body without `Content-Length` for an empty one.

    At most one byte more than is allowed is read, so that the application refuses what is too large
    by its length, as it does for every other body.
    """

    def with_length(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _is_chunked(environ) or environ.get("PATH_INFO", "").startswith(GIT):
            return application(environ, start_response)
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as body:
            try:
                _copy(environ["wsgi.input"], body, most_bytes(environ.get("PATH_INFO", "")) + 1)
            except Exception:
                # Servers have errors of their own for a body that breaks off or is badly framed.
                environ["wsgi.input"], environ["CONTENT_LENGTH"] = _BrokenOff(), "1"
            else:
                environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(body.tell())
                body.seek(0)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            return application(environ, start_response)

    return with_length


class _BrokenOff:
    """An incomplete request body: reading it raises, as Django expects."""

    def read(self, size: int = -1, /) -> bytes:
        raise OSError("the request was interrupted")

    readline = read


def _is_chunked(environ: dict[str, Any]) -> bool:
    """Whether a body comes without a length, and the server says where it ends."""
    return (
        bool(environ.get("wsgi.input_terminated"))
        and not environ.get("CONTENT_LENGTH")
        and ("chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower())
    )


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    while most > 0 and (piece := source.read(min(PIECE_BYTES, most))):
        target.write(piece)
        most -= len(piece)
