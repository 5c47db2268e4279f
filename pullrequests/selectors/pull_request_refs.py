"""The refs of pull requests: their names, their current commits, and which pull requests target others."""

from __future__ import annotations

from collections.abc import Iterable

from gitengine import refs
from gitengine.errors import NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from pullrequests.models import PullRequest
from repos import storage
from repos.models import Repository

MOST_NAMES_ASKED_FOR = 200


def from_name(number: int) -> str:
    """The ref that leads to a pull request's source."""
    return f"{storage.PULL_REQUEST_REFS}{number}/from"


def merge_name(number: int) -> str:
    """The ref that leads to what a merge would give."""
    return f"{storage.PULL_REQUEST_REFS}{number}/merge"


def kept_name(number: int, object_id: ObjectId) -> str:
    """The ref that keeps a head which the source has left."""
    return f"{storage.INTERNAL_REFS}pull-requests/{number}/{object_id}"


def open_from(repository: Repository, names: Iterable[str]) -> list[PullRequest]:
    """The open pull requests whose source is one of these refs."""
    wanted = set(names)
    if not wanted:
        return []
    rows = PullRequest.objects.filter(from_repository=repository, state=PullRequest.State.OPEN)
    if len(wanted) <= MOST_NAMES_ASKED_FOR:
        rows = rows.filter(from_ref__in=_text(wanted))
    return [one for one in rows.order_by("pk") if one.from_ref in wanted]


def targets_among(repository: Repository, names: Iterable[str]) -> set[str]:
    """Keep of these refs those that are the target of an open pull request."""
    wanted = set(names)
    if not wanted:
        return set()
    rows = PullRequest.objects.filter(repository=repository, state=PullRequest.State.OPEN)
    if len(wanted) <= MOST_NAMES_ASKED_FOR:
        rows = rows.filter(to_ref__in=_text(wanted))
    return wanted & set(rows.order_by().values_list("to_ref", flat=True).distinct())


def actual(pull_request: PullRequest) -> tuple[ObjectId | None, ObjectId | None]:
    """Return the current commits of source and target; None for a deleted ref."""
    source = pull_request.from_repository
    tip = None if source is None else _head(storage.git_of(source), pull_request.from_ref)
    return tip, _head(storage.git_of(pull_request.repository), pull_request.to_ref)


def held(pull_request: PullRequest) -> ObjectId | None:
    """The head of the source that was brought last, and stays whatever becomes of the source."""
    return _head(storage.git_of(pull_request.repository), from_name(pull_request.number))


def _head(git: GitRepository, name: str) -> ObjectId | None:
    found = refs.find(git, name)
    return None if found is None else commit_of(git, found.target)


def commit_of(git: GitRepository, object_id: ObjectId) -> ObjectId | None:
    """The commit behind what a ref leads to, which may be a tag; None where there is none."""
    try:
        return refs.commit_behind(git, object_id)
    except NoSuchRevision:
        return None


def _text(names: Iterable[str]) -> list[str]:
    """Those that the database can hold: no pull request comes from others."""
    return [name for name in names if name == name.encode("utf-8", "replace").decode()]
