"""Take back what a pull request merged, or bring it elsewhere: as a branch that leads to a new pull request."""

from __future__ import annotations

import time

from accounts.actor import Actor
from gitengine import commit_rewriting, history, refs
from gitengine.commit_rewriting import Committer
from gitengine.errors import MergeConflict, NothingChanged
from gitengine.quarantine import Quarantine, quarantine
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, Commit, ObjectId, RefCommand
from pullrequests.errors import IllegalPullRequestState, MergeVetoed
from pullrequests.models import PullRequest
from repos import storage
from repos.errors import NoSuchBranch
from repos.models import Push
from repos.services import branches, ref_moves

MOST_COMMITS = 250

# A commit, and the one before what came with it.
Step = tuple[Commit, ObjectId]


def revert(actor: Actor, pull_request: PullRequest) -> str:
    """Make a branch on which the merge is taken back; gives its short name."""
    return _made(actor, pull_request, pull_request.to_ref, is_revert=True)


def cherry_pick(actor: Actor, pull_request: PullRequest, onto: str) -> str:
    """Make a branch on which the merge is done again, on top of another one; gives its short name."""
    full = onto if onto.startswith("refs/") else refs.BRANCHES + onto
    return _made(actor, pull_request, full, is_revert=False)


def _made(actor: Actor, pull_request: PullRequest, onto: str, *, is_revert: bool) -> str:
    repository = pull_request.repository
    ref_moves.require(actor, repository)
    if pull_request.state != PullRequest.State.MERGED:
        raise IllegalPullRequestState(
            "Only a merged pull request can be reverted or cherry-picked."
        )
    word = "revert" if is_revert else "cherry-pick"
    with storage.opened(repository) as git:
        start = refs.values(git, [onto])[onto]
        if start == ZERO_ID or not onto.startswith(refs.BRANCHES):
            raise NoSuchBranch(f'Branch "{onto[:100]}" does not exist in repository {repository}.')
        short = _free_name(git, f"{word}-{pull_request.number}")
        name = branches.full_name(actor, short)
        steps = _merged(git, pull_request)
        with quarantine(git) as incoming:
            tip = _applied(actor, incoming, steps, start, is_revert=is_revert)
            incoming.pack(tip)
            command = RefCommand(name, ZERO_ID, tip)
            ref_moves.move(actor, repository, command, reason=Push.Reason.BRANCH, objects=incoming)
    return short


def _merged(git: GitRepository, pull_request: PullRequest) -> list[Step]:
    """What the merge brought to the target, newest first.

    A plain row of commits stays one. Where histories were joined, be it by the merge or on the
    source before it, no parent tells what is new: that is all that the target did not have.
    """
    joined = history.commit(git, pull_request.merge_commit)
    before = history.merge_base(git, joined.id, pull_request.to_id) or pull_request.to_id
    commits = history.log(git, [joined.id], since=[before], limit=MOST_COMMITS + 1)
    if 0 < len(commits) <= MOST_COMMITS and all(len(one.parents) == 1 for one in commits):
        return [(one, one.parents[0]) for one in commits]
    return [(joined, before)]


def _applied(
    actor: Actor,
    incoming: Quarantine,
    steps: list[Step],
    start: ObjectId,
    *,
    is_revert: bool,
) -> ObjectId:
    signed = Committer(ref_moves.person(actor), int(time.time()))
    do = commit_rewriting.revert if is_revert else commit_rewriting.cherry_pick
    tip = start
    for commit, before in steps if is_revert else reversed(steps):
        try:
            tip = do(incoming, commit, tip, signed, since=before)
        except NothingChanged:
            continue
        except MergeConflict as conflict:
            raise MergeVetoed(
                [("There are conflicts", str(conflict))], is_conflicted=True
            ) from None
    if tip == start:
        raise IllegalPullRequestState("The branch already has these changes.")
    return tip


def _free_name(git: GitRepository, wanted: str) -> str:
    """A name that no branch has yet."""
    taken = {one.name for one in refs.list_refs(git, (refs.BRANCHES,))}
    name, number = wanted, 1
    while refs.BRANCHES + name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
