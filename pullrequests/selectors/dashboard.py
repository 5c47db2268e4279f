"""The dashboard: a user's pull requests, those to review, and branches to create some from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts import selectors as people
from accounts.actor import Actor
from core.errors import Forbidden, Invalid, Unauthenticated
from core.paging import Page, PageRequest
from gitengine import refs
from gitengine.errors import NotAGitRepository
from gitengine.repository import GitRepository
from pullrequests.models import Participant, PullRequest
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.pull_requests import ORDERS, PullRequestOverview
from repos import access, storage
from repos.models import Push, RefChange, Repository
from repos.selectors import repositories

MOST_SUGGESTIONS = 25
MOST_LOOKED_AT = 200
USUAL_AGE = timedelta(days=2)


@dataclass(frozen=True)
class DashboardSearch:
    """What a person's list is narrowed to; empty fields narrow nothing."""

    role: str = ""
    statuses: tuple[str, ...] = ()
    state: str = ""
    closed_within: timedelta | None = None
    order: str = "NEWEST"


@dataclass(frozen=True)
class Suggestion:
    """A recently pushed branch without a pull request."""

    repository: Repository
    from_ref: str
    to_ref: str
    change: RefChange
    changed_at: datetime


def of_person(
    actor: Actor,
    wanted: PageRequest,
    search: DashboardSearch = DashboardSearch(),
    *,
    name: str = "",
) -> Page[PullRequestOverview]:
    """Return the pull requests of a participant that the actor can see."""
    _require_person(actor)
    user = people.get_by_name(actor, name) if name else actor.user
    mine = Participant.objects.filter(user=user)
    if search.role:
        if search.role not in Participant.Role.values:
            raise Invalid("A role is AUTHOR, REVIEWER or PARTICIPANT.", context="role")
        mine = mine.filter(role=search.role)
    for status in search.statuses:
        if status not in Participant.Status.values:
            raise Invalid(
                "A participantStatus is APPROVED, NEEDS_WORK or UNAPPROVED.",
                context="participantStatus",
            )
    if search.statuses:
        mine = mine.filter(status__in=search.statuses)
    rows = _visible(actor).filter(pk__in=mine.values("pull_request"))
    if search.state:
        if search.state not in PullRequest.State.values:
            raise Invalid("A state is OPEN, DECLINED or MERGED.", context="state")
        rows = rows.filter(state=search.state)
    if search.closed_within is not None:
        rows = rows.filter(closed_at__gt=timezone.now() - search.closed_within)
    if search.order not in ORDERS:
        raise Invalid(f"An order is one of {', '.join(ORDERS)}.", context="order")
    return find.page(actor, rows.order_by(*ORDERS[search.order]), wanted)


def inbox(
    actor: Actor, wanted: PageRequest, *, role: str = "REVIEWER"
) -> Page[PullRequestOverview]:
    """What is open and waits for the actor: for their judgement, or as its author."""
    _require_person(actor)
    if role not in ("REVIEWER", "AUTHOR"):
        raise Invalid("The role of an inbox is reviewer or author.", context="role")
    rows = _waiting(actor) if role == "REVIEWER" else _own(actor)
    return find.page(actor, rows.order_by(*ORDERS["NEWEST"]), wanted)


def count_inbox(actor: Actor) -> int:
    """How many wait for the actor's judgement."""
    _require_person(actor)
    return _waiting(actor).count()


def suggestions(
    actor: Actor, *, within: timedelta = USUAL_AGE, most: int = MOST_SUGGESTIONS
) -> list[Suggestion]:
    """Branches that the actor pushed lately and from which nothing is proposed yet, latest first."""
    _require_person(actor)
    pushes = Push.objects.filter(
        user=actor.user,
        state=Push.State.APPLIED,
        created_at__gt=timezone.now() - within,
        repository__in=access.visible_repositories(actor),
    )
    changes = RefChange.objects.filter(push__in=pushes, ref__startswith=refs.BRANCHES)
    looked_at = list(changes.select_related("push").order_by("-pk")[:MOST_LOOKED_AT])
    places = _places(actor, {one.push.repository_id for one in looked_at})
    proposed = set(
        PullRequest.objects.filter(
            from_repository__in=places, state=PullRequest.State.OPEN
        ).values_list("from_repository", "from_ref")
    )
    found: dict[tuple[int, str], Suggestion] = {}
    for change in looked_at:
        key = (change.push.repository_id, change.ref)
        repository = places.get(key[0])
        if repository is None or key in found or key in proposed:
            continue
        made = _suggestion(repository, change)
        if made is not None:
            found[key] = made
        if len(found) >= min(most, MOST_SUGGESTIONS):
            break
    return list(found.values())


def _suggestion(repository: Repository, change: RefChange) -> Suggestion | None:
    try:
        git = GitRepository.open(storage.path_of(repository.pk))
    except NotAGitRepository:
        return None
    target = git.head_branch()
    if change.ref == target or refs.find(git, change.ref) is None or refs.find(git, target) is None:
        return None
    return Suggestion(repository, change.ref, target, change, change.push.created_at)


def _places(actor: Actor, keys: Collection[int]) -> dict[int, Repository]:
    rows = access.visible_repositories(actor).filter(pk__in=keys)
    found = rows.select_related("project", "project__owner").in_bulk()
    repositories.bring_origins(actor, found.values())
    return found


def _waiting(actor: Actor) -> QuerySet[PullRequest]:
    mine = Participant.objects.filter(
        user=actor.user,
        role=Participant.Role.REVIEWER,
        status=Participant.Status.UNAPPROVED,
        pull_request__state=PullRequest.State.OPEN,
    )
    return _visible(actor).filter(pk__in=mine.values("pull_request"), is_draft=False)


def _own(actor: Actor) -> QuerySet[PullRequest]:
    return _visible(actor).filter(author=actor.user, state=PullRequest.State.OPEN)


def _visible(actor: Actor) -> QuerySet[PullRequest]:
    seen = access.visible_repositories(actor).values("pk")
    return PullRequest.objects.filter(repository__in=seen)


def _require_person(actor: Actor) -> None:
    find.require_reader(actor)
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    if actor.user is None:
        raise Forbidden()
