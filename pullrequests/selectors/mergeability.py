"""What a merge would meet: its outcome, and every reason against."""

from __future__ import annotations

from dataclasses import dataclass

from pullrequests.models import PullRequest


@dataclass(frozen=True)
class Veto:
    """A reason against: in short, and what to do about it."""

    summary: str
    detail: str


@dataclass(frozen=True)
class Mergeability:
    """Whether a pull request can be merged, and the vetoes."""

    is_open: bool
    outcome: PullRequest.Outcome
    vetoes: tuple[Veto, ...]

    @property
    def is_conflicted(self) -> bool:
        """Whether both sides changed the same places."""
        return self.outcome == PullRequest.Outcome.CONFLICTED

    @property
    def may_merge(self) -> bool:
        """Whether it can be merged."""
        return self.outcome == PullRequest.Outcome.CLEAN and not self.vetoes
