"""Refusals about builds."""

from __future__ import annotations

from core.errors import NotFound


class NoSuchBuildStatus(NotFound):
    """The commit has no build status with this key."""

    exception_name = "com.atlassian.bitbucket.build.NoSuchBuildStatusException"

    def __init__(self, key: str):
        super().__init__(f'There is no build status "{key[:100]}" for this commit.')
