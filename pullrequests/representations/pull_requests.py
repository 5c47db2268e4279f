"""Pull requests as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.representations import represent_person
from core import links
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors.pull_requests import PullRequestOverview
from repos.models import Repository
from repos.representations import repository_path, represent_ref, represent_repository
from repos.representations.contents import DISPLAY_LENGTH


def pull_request_path(pull_request: PullRequest) -> str:
    """The path below which the pages of a pull request lie."""
    return f"{repository_path(pull_request.repository)}/pull-requests/{pull_request.number}"


def represent_pull_request(shown: PullRequestOverview, *, with_addresses: bool) -> dict[str, Any]:
    """A pull request with the people who take part."""
    one = shown.pull_request
    properties: dict[str, Any] = {
        "mergeResult": {"outcome": one.outcome, "current": one.is_judged},
        "resolvedTaskCount": shown.counts.resolved_tasks,
        "commentCount": shown.counts.comments,
        "openTaskCount": shown.counts.open_tasks,
    }
    if one.merge_commit:
        properties["mergeCommit"] = {
            "id": one.merge_commit,
            "displayId": one.merge_commit[:DISPLAY_LENGTH],
        }
    result: dict[str, Any] = {
        "id": one.number,
        "version": one.version,
        "title": one.title,
    }
    if one.description:
        result["description"] = one.description
    result |= {
        "state": one.state,
        "open": one.is_open,
        "closed": not one.is_open,
        "draft": one.is_draft,
        "createdDate": milliseconds(one.created_at),
        "updatedDate": milliseconds(one.updated_at),
    }
    if one.closed_at is not None:
        result["closedDate"] = milliseconds(one.closed_at)
    return result | {
        "fromRef": _represent_end(one.from_ref, one.from_id, one.from_repository),
        "toRef": _represent_end(one.to_ref, one.to_id, one.repository),
        "locked": False,
        "author": represent_participant(shown.author, with_addresses=with_addresses),
        "reviewers": _people(shown.reviewers, with_addresses),
        "participants": _people(shown.others, with_addresses),
        "properties": properties,
        "links": {"self": [{"href": links.absolute(pull_request_path(one))}]},
    }


def represent_participant(
    participant: Participant | None, *, with_addresses: bool
) -> dict[str, Any]:
    """A participant with their review status."""
    if participant is None:
        return {
            "user": represent_person(None, with_addresses=False),
            "role": Participant.Role.AUTHOR,
            "approved": False,
            "status": Participant.Status.UNAPPROVED,
        }
    shown: dict[str, Any] = {
        "user": represent_person(participant.user, with_addresses=with_addresses)
    }
    if participant.last_reviewed:
        shown["lastReviewedCommit"] = participant.last_reviewed
    return shown | {
        "role": participant.role,
        "approved": participant.status == Participant.Status.APPROVED,
        "status": participant.status,
    }


def milliseconds(time: datetime) -> int:
    """Give a moment as Bitbucket's clients read it: since 1970, in thousandths of a second."""
    return int(time.timestamp() * 1000)


def _represent_end(name: str, commit_id: str, repository: Repository | None) -> dict[str, Any]:
    shown = represent_ref(name) | {"latestCommit": commit_id}
    if repository is not None:
        shown["repository"] = represent_repository(repository)
    return shown


def _people(participants: list[Participant], with_addresses: bool) -> list[dict[str, Any]]:
    return [represent_participant(one, with_addresses=with_addresses) for one in participants]
