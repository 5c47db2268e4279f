"""Paths in addresses, byte for byte: names in a repository need not be UTF-8."""

from __future__ import annotations

from urllib.parse import unquote

from django.http import HttpRequest


def path_as_sent(request: HttpRequest, path: str) -> str:
    """The path at the end of an address, as it was sent; bytes that are no text as lone surrogates.

    Django writes such bytes as `%FF`, which may as well be a name; only what the server read tells
    them apart.
    """
    path = path.strip("/")
    read = request.META.get("RAW_URI", "")
    if "%" in path and read:
        whole = unquote(read.split("?", 1)[0], errors="surrogateescape").rstrip("/")
        path = "/".join(whole.split("/")[-1 - path.count("/") :])
    return path
