"""What must hold before the server may start; each refusal says what to do about it."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from gitengine import errors, processes


@register()
def git_is_there_and_new_enough(**_: Any) -> list[CheckMessage]:
    """The git program does the heavy work."""
    wanted = ".".join(str(part) for part in processes.MINIMUM)
    try:
        found = processes.version()
    except (errors.GitError, OSError):
        return [
            Error(
                "The git program was not found.",
                hint=f"Install git {wanted} or newer and see that it is on the PATH.",
                id="bitbucket.E001",
            )
        ]
    if found < processes.MINIMUM:
        return [
            Error(
                f"git {'.'.join(map(str, found))} is too old.",
                hint=f"Install git {wanted} or newer.",
                id="bitbucket.E002",
            )
        ]
    return []


@register()
def home_is_writable(**_: Any) -> list[CheckMessage]:
    """Database, repositories and keys live in the home."""
    home = settings.BITBUCKET_HOME
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        return [
            Error(
                f"The home {home} cannot be written: {os.strerror(error.errno or 0)}.",
                hint="Give this user the right to write there, or name another folder in BITBUCKET_HOME.",
                id="bitbucket.E003",
            )
        ]
    return []
