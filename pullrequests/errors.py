"""Refusals about pull requests."""

from __future__ import annotations

from typing import Any

from core.errors import Conflict, Invalid, NotFound, Refused

_PULL = "com.atlassian.bitbucket.pull"


class NoSuchPullRequest(NotFound):
    """No pull request of that number in the repository."""

    exception_name = f"{_PULL}.NoSuchPullRequestException"

    def __init__(self, number: str, repository: str):
        super().__init__(f"Pull request {number[:20]} does not exist in {repository}.")


class NoSuchParticipant(NotFound):
    """The user is not a participant."""

    exception_name = f"{_PULL}.NoSuchPullRequestParticipantException"


class NoSuchReview(NotFound):
    """Nothing waits to be published."""

    exception_name = f"{_PULL}.NoSuchPullRequestReviewException"


class PullRequestOutOfDate(Conflict):
    """The pull request was changed since the caller read it."""

    exception_name = f"{_PULL}.PullRequestOutOfDateException"
    sentence = "You are attempting to modify a pull request based on out-of-date information."

    def __init__(self, current: int, expected: int):
        super().__init__(self.sentence, currentVersion=current, expectedVersion=expected)


class SourceMoved(PullRequestOutOfDate):
    """The caller judges another head than there is."""

    sentence = "The source branch has changed since you viewed it. Review the new commits first."


class IllegalPullRequestState(Conflict):
    """What is asked cannot be done to a pull request in this state."""

    exception_name = f"{_PULL}.IllegalPullRequestStateException"


class DuplicatePullRequest(Conflict):
    """An open one joins the same refs; `existing` is its JSON."""

    exception_name = f"{_PULL}.DuplicatePullRequestException"

    def __init__(self, existing: dict[str, Any]):
        super().__init__(
            "Only one pull request may be open for a given source and target branch",
            existingPullRequest=existing,
        )


class EmptyPullRequest(Conflict):
    """The source has nothing that the target lacks."""

    exception_name = f"{_PULL}.EmptyPullRequestException"

    def __init__(self, source: str, target: str, repository: str):
        super().__init__(f"{target} is already up-to-date with {source} in {repository}.")


class InvalidReviewers(Conflict):
    """Some of the reviewers do not exist, may not read, or wrote it themselves."""

    exception_name = f"{_PULL}.InvalidPullRequestReviewersException"

    def __init__(self, errors: list[tuple[str, str]], valid: list[dict[str, Any]]):
        super().__init__(
            "Errors encountered while adding some reviewers to this pull request.",
            reviewerErrors=[
                {"context": name, "message": message, "exceptionName": None}
                for name, message in errors
            ],
            validReviewers=valid,
        )


class UnfitTarget(Invalid):
    """A pull request leads to a branch, of the same hierarchy of forks."""


class MergeVetoed(Conflict):
    """A conflict or a merge check forbids the merge; each veto says why."""

    exception_name = f"{_PULL}.PullRequestMergeVetoedException"

    def __init__(self, vetoes: list[tuple[str, str]], *, is_conflicted: bool):
        message = vetoes[0][1] if vetoes else "The pull request has conflicts."
        super().__init__(
            message,
            conflicted=is_conflicted,
            vetoes=[{"summaryMessage": head, "detailedMessage": text} for head, text in vetoes],
        )


class AutoMergeNotEnabled(Refused):
    """Auto-merge is not enabled."""

    exception_name = f"{_PULL}.automerge.AutoMergeNotEnabledException"

    def __init__(self) -> None:
        super().__init__("Auto-merge is not enabled for this repository.")


class SuggestionRefused(Conflict):
    """The lines that a suggestion is about are not there as they were."""

    exception_name = f"{_PULL}.suggestion.SuggestionApplicationException"


class UnfitStatus(Invalid):
    """The author judges nothing, and there are three judgements."""
