"""The server's own refs of pull requests: `from` follows its source, every head it ever had stays.

Where the source stands in the same repository, these refs are companions of it, moved in the same
swap. What comes from a fork is brought by a job, which never holds two locks at once.
"""

from __future__ import annotations

from accounts.actor import Actor
from gitengine import history, pools, refs
from gitengine.errors import GitError
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, ObjectId, RefChangeKind, RefCommand
from pullrequests.models import Activity, PullRequest
from pullrequests.selectors import pull_request_refs as find
from repos import storage
from repos.models import Push, Repository
from repos.services import ref_updates

FOLLOWED = (refs.BRANCHES, refs.TAGS)


@ref_updates.accompany
def _follow(
    repository: Repository, git: GitRepository, commands: list[RefCommand]
) -> list[RefCommand]:
    """Let `from` move along with sources in the same repository."""
    going = {
        command.name: command.new
        for command in commands
        if command.kind is not RefChangeKind.DELETE and command.name.startswith(FOLLOWED)
    }
    companions: list[RefCommand] = []
    for pull_request in find.open_from(repository, going):
        if pull_request.repository_id == repository.pk:
            tip = find.commit_of(git, going[pull_request.from_ref])
            if tip is not None:
                companions += _commands(git, pull_request, tip)
    return companions


def bring(actor: Actor, pull_request: PullRequest) -> bool:
    """Bring the source's objects into the target's repository, and let `from` lead to its head.

    False if the head is nowhere: its fork was deleted before it was brought.
    """
    source, target = pull_request.from_repository, pull_request.repository
    git = storage.git_of(target)
    if source is not None and pull_request.is_from_fork:
        lend(actor, source)
    if find.commit_of(git, pull_request.from_id) is None:
        return False
    commands = _commands(git, pull_request, pull_request.from_id)
    if pull_request.is_from_fork:
        commands += _passed_by(git, pull_request, commands)
    if commands:
        guard = while_open(actor, pull_request)
        ref_updates.move(actor, target, commands, reason=Push.Reason.REVIEW, guard=guard)
    return True


def while_open(actor: Actor, pull_request: PullRequest) -> ref_updates.Guard:
    """A guard of moves for a pull request: once it is merged or deleted, or has another head, they come too late."""

    def judge(commands: list[RefCommand]) -> list[RefCommand]:
        rows = PullRequest.objects.filter(
            pk=pull_request.pk, state=PullRequest.State.OPEN, from_id=pull_request.from_id
        )
        if rows.exists():
            return commands
        return [command.refused("the pull request is not as it was") for command in commands]

    return judge


def lend(actor: Actor, source: Repository) -> None:
    """Let all forks of a repository find its objects, as far as their own refs will lead to them."""
    pool = storage.pool_of(source)
    assert pool is not None, "a fork and its origin share a pool"
    pools.lend(storage.git_of(source), pool)


def forget(actor: Actor, repository: Repository, number: int) -> None:
    """Remove every ref of a pull request that is deleted."""
    git = storage.git_of(repository)
    folders = (
        f"{storage.PULL_REQUEST_REFS}{number}/",
        f"{storage.INTERNAL_REFS}pull-requests/{number}/",
    )
    commands = [RefCommand(ref.name, ref.target, ZERO_ID) for ref in refs.list_refs(git, folders)]
    if commands:
        ref_updates.move(actor, repository, commands, reason=Push.Reason.REVIEW)


def _commands(git: GitRepository, pull_request: PullRequest, tip: ObjectId) -> list[RefCommand]:
    """What lets `from` lead to this commit, and keeps the head that it leaves."""
    name = find.from_name(pull_request.number)
    current = refs.values(git, [name])[name]
    if current == tip:
        return []
    commands = [RefCommand(name, current, tip)]
    if current != ZERO_ID and not _leads_to(git, current, tip):
        kept = find.kept_name(pull_request.number, current)
        if refs.find(git, kept) is None:
            commands.append(RefCommand(kept, ZERO_ID, current))
    return commands


def _passed_by(
    git: GitRepository, pull_request: PullRequest, others: list[RefCommand]
) -> list[RefCommand]:
    """What keeps heads that a fork had left already when their objects were brought."""
    moves = pull_request.activities.filter(
        action=Activity.Action.RESCOPED, details__isnull=True
    ).order_by("-pk")
    pairs = moves.values_list("from_hash", "previous_from_hash")
    heads = dict.fromkeys(head for pair in pairs for head in pair)
    heads.pop(pull_request.from_id, None)
    if not heads:
        return []
    folder = find.kept_name(pull_request.number, "")
    reached = [pull_request.from_id, *(ref.target for ref in refs.list_refs(git, (folder,)))]
    reached += [command.new for command in others]
    commands = []
    for head in heads:
        try:
            is_reached = not history.ids(git, [head], since=reached, limit=1)
        except GitError:
            # The fork has removed it for good.
            continue
        if not is_reached:
            commands.append(RefCommand(find.kept_name(pull_request.number, head), ZERO_ID, head))
            reached.append(head)
    return commands


def _leads_to(git: GitRepository, old: ObjectId, new: ObjectId) -> bool:
    try:
        return history.is_ancestor(git, old, new)
    except GitError:
        # Kept once too often is better than lost.
        return False
