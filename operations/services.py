"""Let work that failed, or that waits for its next attempt, be tried at once."""

from __future__ import annotations

from accounts import access
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import jobs
from core.errors import Invalid
from core.models import Job
from operations.errors import NoSuchJob


def retry(actor: Actor, number: str) -> None:
    """Try a job now, with all its attempts before it; NoSuchJob."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Invalid("Say which job is to be tried again.", context="job")
    if not jobs.put_forward(Job.objects.filter(pk=int(number))):
        raise NoSuchJob(number)


def retry_failed(actor: Actor) -> int:
    """Try everything that failed; gives how much it was."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return jobs.put_forward(Job.objects.filter(state=Job.State.FAILED))
