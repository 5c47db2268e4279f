"""Merge pull requests: ask for vetoes, join in Git, move the target's ref; the answer to the move records it.

The checks are asked twice: before the work, for a clear answer, and under the repository's lock,
since somebody may have declined, objected or pushed meanwhile. What died between the move and its
record is finished as a push is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core.errors import DomainError, Invalid
from gitengine import commit_rewriting, history, merge_strategies
from gitengine.commit_rewriting import Committer
from gitengine.errors import MergeConflict, NotFastForward
from gitengine.merge_strategies import MergeRequest, Strategy
from gitengine.quarantine import Quarantine, quarantine
from gitengine.repository import GitRepository
from gitengine.types import ObjectId, Person, RefCommand
from pullrequests.errors import (
    AutoMergeNotEnabled,
    IllegalPullRequestState,
    MergeVetoed,
    PullRequestOutOfDate,
)
from pullrequests.models import PullRequest
from pullrequests.selectors import contents, merge_messages, settings
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.mergeability import Mergeability, Veto
from pullrequests.services import locking, merge_checks, pull_request_refs, refresh
from repos import access, storage
from repos.models import Push, Repository
from repos.services import push_rules, ref_moves, ref_updates
from repos.services.push_rules import PushContext

LONGEST_MESSAGE = 32_768


@dataclass(frozen=True)
class MergeOptions:
    """How it is to be merged; what is empty is as the settings say."""

    strategy: str = ""
    message: str = ""
    # Whether the message follows a first line of ours.
    has_auto_subject: bool = True
    is_automatic: bool = False


def mergeability(actor: Actor, pull_request: PullRequest) -> Mergeability:
    """Return the mergeability, computed now if needed, with the vetoes; raises IllegalPullRequestState."""
    find.require_reader(actor)
    pull_request = refresh.bring(actor, pull_request)
    if not pull_request.is_open:
        raise _closed(pull_request)
    outcome = PullRequest.Outcome(pull_request.outcome)
    if not pull_request.is_judged:
        outcome = PullRequest.Outcome.UNKNOWN
    vetoes = (
        *_refusals_of_rules(actor, pull_request),
        *merge_checks.vetoes(actor, pull_request),
    )
    return Mergeability(pull_request.is_open, outcome, vetoes)


def merge(
    actor: Actor, pull_request: PullRequest, how: MergeOptions, *, version: int | None
) -> PullRequest:
    """Merge it; MergeVetoed with every reason against, PullRequestOutOfDate, IllegalPullRequestState."""
    _require(actor, pull_request)
    if how.is_automatic:
        raise AutoMergeNotEnabled()
    pull_request = refresh.bring(actor, pull_request)
    locking.check(actor, pull_request, version=version)
    strategy, message = _chosen(actor, pull_request, how)
    _require_no_veto(actor, pull_request)
    pull_request_refs.bring(Actor.system(), pull_request)
    refused: list[DomainError] = []

    def judge_again(commands: list[RefCommand]) -> list[RefCommand]:
        try:
            row = locking.read(actor, pull_request)
            locking.check(actor, row, version=version)
            if (row.from_id, row.to_id) != (pull_request.from_id, pull_request.to_id):
                raise PullRequestOutOfDate(row.version, pull_request.version)
            _require(actor, row)
            _require_no_veto(actor, row)
        except DomainError as error:
            refused.append(error)
            return [command.refused(error.message) for command in commands]
        return commands

    target = pull_request.repository
    with storage.opened(target) as git, quarantine(git) as incoming:
        tip = _joined(actor, pull_request, incoming, strategy, message)
        command = RefCommand(pull_request.to_ref, pull_request.to_id, tip)
        (moved,) = ref_updates.move(
            actor,
            target,
            [command],
            reason=Push.Reason.MERGE,
            cause={
                "pull_request": pull_request.pk,
                "from_id": pull_request.from_id,
                "to_id": pull_request.to_id,
            },
            objects=incoming,
            guard=judge_again,
        )
    if refused:
        raise refused[0]
    if moved.refusal:
        # Somebody pushed to the target, and nobody has been told yet.
        raise PullRequestOutOfDate(pull_request.version, pull_request.version)
    return find.again(actor, pull_request)


def rebase_vetoes(actor: Actor, pull_request: PullRequest) -> list[Veto]:
    """Return the vetoes against a rebase of the source onto the target."""
    found = []
    source = pull_request.from_repository
    if not pull_request.is_open:
        found.append(Veto("The pull request is closed", "Only an open one can be rebased."))
    if source is None or not pull_request.from_ref.startswith("refs/heads/"):
        found.append(Veto("The source is not a branch", "Only a branch can be rebased."))
    elif not access.may(actor, Permission.REPO_WRITE, source, scope=Scope.REPOSITORY):
        found.append(
            Veto(
                "You cannot write to the source branch", f"Ask someone with write access: {source}."
            )
        )
    elif source.is_archived:
        found.append(Veto("The source repository is archived", "It is read-only."))
    elif actor.user is None or not actor.user.email_address:
        found.append(Veto("You have no email address", "A rebase records you as the committer."))
    elif _is_on_top(pull_request):
        found.append(
            Veto("The source is up to date", "It already contains all commits of the target.")
        )
    return found


def rebase(actor: Actor, pull_request: PullRequest, *, version: int | None) -> RefCommand:
    """Rebase the source branch onto the target; returns the ref update.

    MergeVetoed for conflicts, and for whatever `rebase_vetoes` tells.
    """
    find.require_voice(actor, pull_request.repository)
    locking.check(actor, pull_request, version=version)
    source = pull_request.from_repository
    if source is not None:
        ref_moves.require(actor, source)
    against = rebase_vetoes(actor, pull_request)
    if against or source is None:
        raise MergeVetoed(_pairs(against), is_conflicted=False)
    with storage.opened(source) as git, quarantine(_with_target(git, pull_request)) as incoming:
        signed = Committer(ref_moves.person(actor), int(time.time()))
        try:
            tip = commit_rewriting.rebase(
                incoming, pull_request.from_id, pull_request.to_id, signed
            )
        except MergeConflict as conflict:
            raise _conflicted(conflict) from None
        if tip == pull_request.to_id:
            raise MergeVetoed(
                [("Nothing to rebase", "The target already has all these changes.")],
                is_conflicted=False,
            )
        incoming.pack(tip)
        command = RefCommand(pull_request.from_ref, pull_request.from_id, tip)
        ref_moves.move(actor, source, command, reason=Push.Reason.EDIT, objects=incoming)
    return command


def _with_target(git: GitRepository, pull_request: PullRequest) -> GitRepository:
    """The source's repository, so that the target's commits are found there for good."""
    if pull_request.is_from_fork:
        pull_request_refs.lend(Actor.system(), pull_request.repository)
    return git


def _is_on_top(pull_request: PullRequest) -> bool:
    with contents.opened(pull_request) as git:
        return history.is_ancestor(git, pull_request.to_id, pull_request.from_id)


def _require(actor: Actor, pull_request: PullRequest) -> None:
    find.require_voice(actor, pull_request.repository)
    access.require(
        actor, Permission.REPO_WRITE, pull_request.repository, scope=Scope.PULL_REQUEST_WRITE
    )


def _chosen(actor: Actor, pull_request: PullRequest, how: MergeOptions) -> tuple[Strategy, str]:
    """The way and the words of the merge, as far as the settings allow them."""
    config = settings.merge_config(actor, pull_request.repository)
    strategy = config.default
    if how.strategy:
        named = next((one for one in config.strategies if one.value == how.strategy), None)
        if named is None:
            allowed = ", ".join(one.value for one in config.strategies)
            raise Invalid(
                f'The strategy "{how.strategy[:40]}" is not enabled; use one of {allowed}.',
                context="strategyId",
            )
        strategy = named
    if len(how.message) > LONGEST_MESSAGE:
        raise Invalid(f"A message has {LONGEST_MESSAGE} characters at most.", context="message")
    offered = merge_messages.suggested(actor, pull_request, config)
    if not how.message.strip():
        return strategy, "\n\n".join(filter(None, [offered.title, offered.body]))
    if how.has_auto_subject:
        return strategy, f"{offered.title}\n\n{how.message}"
    return strategy, how.message


def _joined(
    actor: Actor,
    pull_request: PullRequest,
    incoming: Quarantine,
    strategy: Strategy,
    message: str,
) -> ObjectId:
    committer = ref_moves.person(actor)
    author = pull_request.author
    wanted = MergeRequest(
        target=pull_request.to_id,
        source=pull_request.from_id,
        message=message,
        author=Person(author.display_name, author.email_address) if author else committer,
        committer=committer,
        time=int(time.time()),
    )
    try:
        tip = merge_strategies.apply(incoming, strategy, wanted)
    except MergeConflict as conflict:
        raise _conflicted(conflict) from None
    except NotFastForward as error:
        veto = ("The source branch is behind the target", str(error))
        raise MergeVetoed([veto], is_conflicted=False) from None
    incoming.pack(tip)
    return tip


def _require_no_veto(actor: Actor, pull_request: PullRequest) -> None:
    against = [
        *_refusals_of_rules(actor, pull_request),
        *merge_checks.vetoes(actor, pull_request),
    ]
    is_conflicted = (
        pull_request.is_judged and pull_request.outcome == PullRequest.Outcome.CONFLICTED
    )
    if against or is_conflicted:
        raise MergeVetoed(_pairs(against), is_conflicted=is_conflicted)


def _refusals_of_rules(actor: Actor, pull_request: PullRequest) -> list[Veto]:
    """What the rules of pushing say of a merge: branch permissions above all."""
    repository: Repository = pull_request.repository
    with storage.opened(repository) as git:
        # Where it would lead is not known yet, and no rule of a merge asks.
        command = RefCommand(pull_request.to_ref, pull_request.to_id, pull_request.from_id)
        case = PushContext(actor, repository, git, is_merge=True)
        (judged,) = push_rules.judge(actor, case, [command])
    if not judged.refusal:
        return []
    sentence = f"{judged.refusal[:1].upper()}{judged.refusal[1:]}."
    return [Veto("The branch is protected", sentence)]


def _conflicted(conflict: MergeConflict) -> MergeVetoed:
    return MergeVetoed([("There are conflicts", str(conflict))], is_conflicted=True)


def _closed(pull_request: PullRequest) -> IllegalPullRequestState:
    return IllegalPullRequestState(
        f"This pull request has already been {pull_request.get_state_display().lower()}."
    )


def _pairs(vetoes: Iterable[Veto]) -> list[tuple[str, str]]:
    return [(one.summary, one.detail) for one in vetoes]
