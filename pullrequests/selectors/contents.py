"""What a pull request brings: its commits, the paths and lines that differ.

Effective is what the source has brought since it left the target. A range lies between two commits
of the pull request's own story: what it is, was, and leads to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from accounts.actor import Actor
from core.errors import Invalid
from core.paging import Page, PageRequest, page_from
from gitengine import diff, history, refs
from gitengine import range_diff as range_diffs
from gitengine.errors import GitError, NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import Commit, ObjectId
from infrastructure.result_cache import cached
from pullrequests.models import Activity, Participant, PullRequest
from pullrequests.selectors import pull_request_refs as find
from repos import storage
from repos.selectors.comparisons import Comparison

MOST_COMMITS = 100
NOTHING_IN_COMMON = "0"


def effective(actor: Actor, pull_request: PullRequest) -> Comparison:
    """What the source has brought since it left the target; NoSuchCommit where a head is not there any more."""
    compared = _heads(pull_request)
    # What is remembered of commits outlives them.
    with opened(pull_request) as git:
        _require_heads(git, pull_request)

    def meet() -> ObjectId:
        with opened(pull_request) as git:
            return history.merge_base(git, compared.new, pull_request.to_id) or NOTHING_IN_COMMON

    base = cached("merge-base", compared.new, pull_request.to_id, make=meet)
    return replace(compared, old=pull_request.to_id if base == NOTHING_IN_COMMON else base)


def between(actor: Actor, pull_request: PullRequest, since: str, until: str) -> Comparison:
    """Return the comparison of two of its commits; without `since`, the first parent of `until`."""
    compared = effective(actor, pull_request)
    with opened(pull_request) as git:
        new = commit_id(git, pull_request, until) if until else compared.new
        if since:
            return replace(compared, old=commit_id(git, pull_request, since), new=new)
        if not until:
            return compared
        parents = history.commit(git, new).parents
        return replace(compared, old=parents[0] if parents else None, new=new)


def unreviewed(actor: Actor, pull_request: PullRequest) -> Comparison:
    """What came since the actor last judged it; everything to who never did."""
    mine = Participant.objects.filter(pull_request=pull_request, user=actor.user)
    seen = mine.exclude(last_reviewed="").values_list("last_reviewed", flat=True).first()
    compared = effective(actor, pull_request)
    if not seen:
        return compared
    with opened(pull_request) as git:
        is_there = find.commit_of(git, seen) is not None
    return replace(compared, old=seen) if is_there else compared


def commit_id(git: GitRepository, pull_request: PullRequest, text: str) -> ObjectId:
    """The whole id of a commit that belongs to the pull request's story; NoSuchRevision."""
    found = refs.commit_behind(git, text.lower()) if refs.SHORT_ID.fullmatch(text) else None
    if found is None:
        raise NoSuchRevision(text)
    for head in heads(pull_request):
        try:
            if history.is_ancestor(git, found, head):
                return found
        except GitError:
            continue
    raise NoSuchRevision(text)


def heads(pull_request: PullRequest) -> list[ObjectId]:
    """Every head that it has or had, and where it leads."""
    moves = Activity.objects.filter(
        pull_request=pull_request, action=Activity.Action.RESCOPED
    ).values_list("from_hash", "previous_from_hash")
    former = [head for pair in moves for head in pair]
    return list(dict.fromkeys([pull_request.from_id, pull_request.to_id, *former]))


def range_diff(actor: Actor, pull_request: PullRequest, old: str, new: str) -> str:
    """Return the range-diff of two former heads as text; raises NoSuchRevision."""
    known = heads(pull_request)
    with opened(pull_request) as git:
        tips = [commit_id(git, pull_request, one) for one in (old, new)]
        if any(tip not in known for tip in tips):
            raise Invalid(
                "Only commits that were the head of the pull request can be compared.",
                context="from",
            )
        ranges = []
        for tip in tips:
            base = history.merge_base(git, tip, pull_request.to_id)
            if base is None:
                raise Invalid("The two commits share no history with the target.", context="from")
            ranges.append((base, tip))
        return range_diffs.between(git, ranges[0], ranges[1])


def commits(actor: Actor, pull_request: PullRequest, wanted: PageRequest) -> Page[Commit]:
    """The commits that the source has and the target has not, newest first."""
    with opened(pull_request) as git:
        found = history.log(
            git,
            [pull_request.from_id],
            since=[pull_request.to_id],
            skip=wanted.start,
            limit=wanted.limit + 1,
        )
    return page_from(found, wanted)


def counts(actor: Actor, pull_request: PullRequest) -> tuple[int, int]:
    """How many people wrote its commits, and how many these are."""
    ends = [pull_request.from_id], [pull_request.to_id]
    with opened(pull_request) as git:
        return history.count_authors(git, *ends), history.count(git, *ends)


def merge_base(actor: Actor, pull_request: PullRequest) -> Commit | None:
    """Where source and target parted; None if they share nothing."""
    with opened(pull_request) as git:
        found = history.merge_base(git, pull_request.from_id, pull_request.to_id)
        return history.commit(git, found) if found else None


def mailbox(actor: Actor, pull_request: PullRequest) -> Iterator[bytes]:
    """Its commits as mails for `git am`, streamed; NoSuchCommit before the first of them."""
    with opened(pull_request) as git:
        _require_heads(git, pull_request)
        return diff.mailbox(git, pull_request.from_id, since=pull_request.to_id)


def checked_scope(text: str) -> str:
    """Read which changes are asked for: ALL, RANGE or UNREVIEWED."""
    scope = text.upper() or "ALL"
    if scope not in {"ALL", "RANGE", "UNREVIEWED"}:
        raise Invalid("A changeScope is ALL, RANGE or UNREVIEWED.", context="changeScope")
    return scope


@contextmanager
def opened(pull_request: PullRequest) -> Iterator[GitRepository]:
    """Open the target's repository so that it finds the source's objects too, brought yet or not."""
    source = pull_request.from_repository
    with storage.opened(pull_request.repository) as git:
        if source is None or not pull_request.is_from_fork:
            yield git
        else:
            yield git.reading(storage.git_of(source))


def _require_heads(git: GitRepository, pull_request: PullRequest) -> None:
    """Refuse where a head is gone: with a fork that was deleted before its last push was brought."""
    for head in (pull_request.from_id, pull_request.to_id):
        history.commit(git, head)


def _heads(pull_request: PullRequest) -> Comparison:
    other = pull_request.from_repository if pull_request.is_from_fork else None
    return Comparison(pull_request.repository, pull_request.to_id, pull_request.from_id, other)
