"""What happened to builds."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from builds.models import BuildStatus


@dataclass(frozen=True)
class BuildStatusReported:
    """A build server said how a build went."""

    actor: Actor
    status: BuildStatus
