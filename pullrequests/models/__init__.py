"""Rows of pull requests."""

from pullrequests.models.activities import Activity
from pullrequests.models.default_reviewers import DefaultReviewers
from pullrequests.models.discussion import PullRequestThread, ViewedFile
from pullrequests.models.pull_requests import (
    Participant,
    PullRequest,
    PullRequestSequence,
    PullRequestWatch,
)
from pullrequests.models.settings import PullRequestSettings

__all__ = [
    "Activity",
    "DefaultReviewers",
    "Participant",
    "PullRequest",
    "PullRequestSequence",
    "PullRequestSettings",
    "PullRequestThread",
    "PullRequestWatch",
    "ViewedFile",
]
