"""Absolute links, always from the base URL and never from a request; and paths under the context path."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django.conf import settings

from core import site_settings


def base_url() -> str:
    """Give the address by which people reach the server, context path included, no trailing slash."""
    return str(site_settings.read(site_settings.BASE_URL)).rstrip("/")


def context_path() -> str:
    """Return the path of the base URL, empty for the root."""
    return urlsplit(base_url()).path


def absolute(path: str) -> str:
    """Make a link to a path of ours, already quoted and beginning with a slash."""
    return base_url() + path


def ssh_base_url() -> str:
    """Give the address by which git reaches the server over SSH: the setting, or the base URL's host and our port.

    Empty where there is no such address, because we do not listen.
    """
    given = str(site_settings.read(site_settings.SSH_BASE_URL))
    if given or not settings.SSH_PORT:
        return given
    host = urlsplit(base_url()).hostname or "localhost"
    return f"ssh://{f'[{host}]' if ':' in host else host}:{settings.SSH_PORT}"


def offers_ssh() -> bool:
    """Whether git reaches the server over SSH."""
    return bool(site_settings.read(site_settings.SSH_ENABLED) and ssh_base_url())


def segment(text: str) -> str:
    """Quote a name for use as one segment of a path; `~` stays, as Bitbucket writes personal keys."""
    return quote(text, safe="~", errors="surrogateescape")


def path_segments(text: str) -> str:
    """Quote a path of a repository, its slashes kept."""
    return quote(text, safe="/~", errors="surrogateescape")
