"""Refusals about the running of the place."""

from __future__ import annotations

from core.errors import NotFound


class NoSuchJob(NotFound):
    """The job is done, or never was."""

    def __init__(self, number: str):
        super().__init__(f"Job {number[:20]} is no longer in the queue.")
