"""Refresh a pull request on demand, if the job of a push has not updated it yet.

The job, which is usually first, and the request do the same (`rescoping.settle`), one at a time for
each pull request, in whatever process. So a script that pushes and merges at once is answered right.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Sequence

from django.core.cache import cache
from django.db.models import F, Q, QuerySet

from accounts.actor import Actor
from core import database_outages
from core.errors import Unavailable
from gitengine import processes
from gitengine.errors import GitError
from pullrequests.models import PullRequest
from pullrequests.services import rescoping
from repos import storage
from repos.models import Repository
from repos.services import pushes

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 10.0
# Of a fetch that names all of them, such as Jenkins sends.
MOST_OF_A_PATTERN = 25
# Of a client that lists every ref without saying which it is after.
MOST_UNNAMED = 5
UNNAMED_SECONDS = 2.0
MOST_TRIES = 4
BETWEEN_TRIES = 0.1
# What could not be found out for these two heads is left to the job, and not tried by each request.
LEFT_ALONE_SECONDS = 60

_NUMBER = re.compile(re.escape(storage.PULL_REQUEST_REFS) + r"([0-9]{1,9})(/.*)?")
_STALE = Q(is_updating=True) | ~Q(judged_from=F("from_id")) | ~Q(judged_to=F("to_id"))


def _is_up_to_date(row: PullRequest) -> bool:
    """Whether nothing is left to find out: it is closed, archived, or judged with the heads that it has."""
    if not row.is_open or row.repository.is_archived:
        return True
    return not row.is_updating and row.is_judged


def bring(
    actor: Actor, pull_request: PullRequest, *, seconds: float = LONGEST_SECONDS
) -> PullRequest:
    """Give the pull request with what a merge would give found out; as it is, where that takes longer.

    `pull_request` has been shown to the actor. Its `refs/pull-requests/N/merge` stands where it is clean.
    """
    failed = f"not-settled:{pull_request.pk}:{pull_request.from_id}:{pull_request.to_id}"
    # Who was given less time than this has proved nothing.
    if _is_up_to_date(pull_request) or cache.get(failed, 0) >= math.ceil(seconds):
        return pull_request
    deadline = time.monotonic() + seconds
    row = pull_request
    try:
        # Heads that go on moving are left to the job after a few tries.
        for _ in range(MOST_TRIES):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            with processes.time_limit(left):
                is_settled = rescoping.settle(Actor.system(), row.pk, seconds=left)
            row = _again(pull_request)
            if is_settled or _is_up_to_date(row):
                break
            time.sleep(BETWEEN_TRIES)
    except (GitError, Unavailable):
        logger.warning("%s could not be brought up to date", pull_request, exc_info=True)
        row = _again(pull_request)
    if not _is_up_to_date(row):
        cache.set(failed, math.ceil(seconds), LEFT_ALONE_SECONDS)
    return row


def bring_number(actor: Actor, repository_id: int, number: int) -> None:
    """Bring the pull request of this number up to date, if there is one."""
    row = _rows().filter(repository=repository_id, number=number).first()
    if row is not None:
        bring(actor, row)


@pushes.prepare
def for_fetch(actor: Actor, repository: Repository, prefixes: Sequence[str]) -> None:
    """Refresh the pull requests whose refs are about to be advertised, newest first, with a limit."""
    named, is_pattern = _named(prefixes)
    if named is not None and not named and not is_pattern:
        return
    rows = _rows().filter(_STALE, repository=repository, state=PullRequest.State.OPEN)
    seconds, most = LONGEST_SECONDS, MOST_OF_A_PATTERN
    if named is None:
        seconds, most = UNNAMED_SECONDS, MOST_UNNAMED
    elif not is_pattern:
        rows = rows.filter(number__in=named)
    deadline = time.monotonic() + seconds
    for row in rows.order_by("-updated_at", "-pk")[:most]:
        if (left := deadline - time.monotonic()) <= 0:
            return
        try:
            bring(actor, row, seconds=left)
        except database_outages.DATABASE_IS_AWAY:
            raise
        except Exception:
            # Whatever is wrong with one of them, the fetch goes on.
            logger.exception("%s could not be brought up to date for a fetch", row)


def _named(prefixes: Sequence[str]) -> tuple[set[int] | None, bool]:
    """Which numbers prefixes of refs name, and whether one names all of them; None for who names nothing."""
    folder = storage.PULL_REQUEST_REFS
    numbers: set[int] = set()
    is_pattern = False
    for prefix in prefixes:
        found = _NUMBER.fullmatch(prefix)
        if found is not None:
            numbers.add(int(found[1]))
        elif prefix == folder or prefix.startswith(folder):
            is_pattern = True
        elif folder.startswith(prefix):
            return None, False
    return numbers, is_pattern


def _again(pull_request: PullRequest) -> PullRequest:
    # Deleted meanwhile: what was read is all there is.
    return _rows().filter(pk=pull_request.pk).first() or pull_request


def _rows() -> QuerySet[PullRequest]:
    return PullRequest.objects.select_related(
        "repository__project__owner", "from_repository__project__owner", "author"
    )
