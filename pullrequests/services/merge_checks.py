"""The merge checks; a new check is a function and a line in the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from accounts.actor import Actor
from accounts.models import User
from builds import selectors as builds
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors import contents, default_reviewers, settings
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.mergeability import Veto
from pullrequests.selectors.pull_requests import Counts
from pullrequests.selectors.settings import MergeCheckSettings


@dataclass(frozen=True)
class MergeContext:
    """What the checks look at: who merges what; each thing is read once, and only if it is asked for."""

    actor: Actor
    pull_request: PullRequest

    @cached_property
    def checks(self) -> MergeCheckSettings:
        """What the place asks for."""
        return settings.checks(self.actor, self.pull_request.repository)

    @cached_property
    def people(self) -> list[Participant]:
        """Who takes part."""
        return list(self.pull_request.participants.select_related("user"))

    @cached_property
    def counts(self) -> Counts:
        """How much is said, and to be done."""
        key = self.pull_request.pk
        return find.counts([key]).get(key, Counts())

    @property
    def reviewers(self) -> list[Participant]:
        """Who is asked to judge it."""
        return [one for one in self.people if one.role == Participant.Role.REVIEWER]

    @property
    def approvals(self) -> int:
        """How many approved it, asked or not."""
        return sum(one.status == Participant.Status.APPROVED for one in self.people)


MergeCheck = Callable[[MergeContext], Veto | None]


def is_up_to_date(case: MergeContext) -> Veto | None:
    """After a push, a job looks at what it did to the pull request."""
    if case.pull_request.is_updating:
        return Veto(
            "The pull request is being updated",
            "The source or target branch has just changed; try again in a moment.",
        )
    return None


def brings_something(case: MergeContext) -> Veto | None:
    """A source that went back to its target asks for nothing."""
    row = case.pull_request
    # Before a job has come by, its commits may not even be here.
    if not row.is_judged:
        return None
    compared = contents.effective(case.actor, row)
    if compared.old == compared.new:
        return Veto(
            "There is nothing to merge",
            "The target branch already contains all commits of the source.",
        )
    return None


def is_no_draft(case: MergeContext) -> Veto | None:
    """What is not ready is not merged."""
    if case.pull_request.is_draft:
        return Veto("The pull request is a draft", "Mark it as ready for review before merging.")
    return None


def is_not_archived(case: MergeContext) -> Veto | None:
    """What is read-only takes nothing in."""
    if case.pull_request.repository.is_archived:
        return Veto("The repository is archived", "An archived repository is read-only.")
    return None


def has_enough_approvals(case: MergeContext) -> Veto | None:
    """So many must approve it."""
    needed = case.checks.required_approvals
    if case.approvals < needed:
        return Veto(
            "Not all required reviewers have approved yet",
            f"At least {_count(needed, 'approval')} before this pull request can be merged; "
            f"it has {case.approvals}.",
        )
    return None


def has_all_approvals(case: MergeContext) -> Veto | None:
    """All reviewers must approve."""
    if not case.checks.needs_all_approvals:
        return None
    missing = [one for one in case.reviewers if one.status != Participant.Status.APPROVED]
    if missing:
        names = ", ".join(one.user.display_name for one in missing[:5])
        return Veto(
            "Not all reviewers have approved yet",
            f"All reviewers must approve this pull request; {names} have not approved yet.",
        )
    return None


def has_no_objection(case: MergeContext) -> Veto | None:
    """No participant may request changes; users who lost access do not count."""
    if not case.checks.needs_no_objection:
        return None
    against = [
        one
        for one in case.people
        if one.status == Participant.Status.NEEDS_WORK and _is_present(one.user)
    ]
    if against:
        names = ", ".join(one.user.display_name for one in against[:5])
        return Veto(
            "Changes are requested",
            f"{names} requested changes; the pull request cannot be merged until they withdraw the request.",
        )
    return None


def has_no_open_task(case: MergeContext) -> Veto | None:
    """Everything that was asked for must be done."""
    if case.checks.needs_all_tasks and case.counts.open_tasks:
        return Veto(
            "Not all tasks are resolved yet",
            f"{_count(case.counts.open_tasks, 'task')} must be resolved before merging.",
        )
    return None


def has_default_approvals(case: MergeContext) -> Veto | None:
    """Of those who are asked by default, so many must approve it as the conditions say."""
    row = case.pull_request
    if row.from_repository is None:
        return None
    approved = {one.user_id for one in case.people if one.status == Participant.Status.APPROVED}
    rules = default_reviewers.matching(
        case.actor, row.from_repository, row.from_ref, row.repository, row.to_ref
    )
    for rule in rules:
        # Who is gone approves nothing any more, and is not waited for.
        known = {user.pk for user in rule.reviewers.all() if _is_present(user)} - {row.author_id}
        needed = min(rule.required_approvals, len(known))
        if len(known & approved) < needed:
            return Veto(
                "Not all default reviewers have approved yet",
                f"At least {_count(needed, 'approval')} of the default reviewers is required.",
            )
    return None


def has_enough_builds(case: MergeContext) -> Veto | None:
    """So many builds must have gone well, and none otherwise."""
    needed = case.checks.required_builds
    if not needed:
        return None
    head = case.pull_request.from_id
    found = builds.summaries(case.actor, case.pull_request.repository, [head])
    summary = found.get(head, builds.Summary())
    if summary.successful < needed or summary.successful != summary.total:
        return Veto(
            "Not all required builds are successful yet",
            f"At least {_count(needed, 'successful build')} and no other is needed; "
            f"there are {summary.successful} of {summary.total}.",
        )
    return None


CHECKS: list[MergeCheck] = [
    is_not_archived,
    is_up_to_date,
    brings_something,
    is_no_draft,
    has_enough_approvals,
    has_all_approvals,
    has_default_approvals,
    has_no_objection,
    has_no_open_task,
    has_enough_builds,
]


def _is_present(user: User) -> bool:
    """Whether a participant can still change their review."""
    return user.is_active and user.removed_at is None


def vetoes(actor: Actor, pull_request: PullRequest) -> list[Veto]:
    """Return all vetoes against a merge by this actor, except conflicts."""
    case = MergeContext(actor, pull_request)
    return [veto for check in CHECKS if (veto := check(case)) is not None]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
