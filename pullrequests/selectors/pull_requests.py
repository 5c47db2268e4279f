"""Find pull requests that an actor may see, with everything that shows one: few queries, however many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core.errors import Forbidden, Invalid, Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from discussions.models import Comment
from gitengine import branching
from gitengine.types import ObjectId
from pullrequests.errors import NoSuchPullRequest
from pullrequests.models import Participant, PullRequest
from repos import access, storage
from repos.models import Repository
from repos.selectors import repositories

MOST_NUMBER = 2**31 - 1
MOST_PARTICIPANT_FILTERS = 10


@dataclass(frozen=True)
class PersonFilter:
    """A filter by participant; empty fields match all."""

    name: str
    role: str = ""
    is_approved: bool | None = None


@dataclass(frozen=True)
class PullRequestSearch:
    """What a list of pull requests is narrowed to; `at` is a full ref."""

    state: str = PullRequest.State.OPEN
    at: str = ""
    is_outgoing: bool = False
    people: tuple[PersonFilter, ...] = field(default=())
    is_draft: bool | None = None
    text: str = ""
    order: str = "NEWEST"


@dataclass(frozen=True)
class Counts:
    """How much is said about a pull request, and how much of it is still to be done."""

    comments: int = 0
    open_tasks: int = 0
    resolved_tasks: int = 0


@dataclass(frozen=True)
class PullRequestOverview:
    """A pull request with what is shown beside it."""

    pull_request: PullRequest
    counts: Counts
    participants: list[Participant]

    @property
    def author(self) -> Participant | None:
        """Who proposed it."""
        return next((one for one in self.participants if one.role == one.Role.AUTHOR), None)

    @property
    def reviewers(self) -> list[Participant]:
        """Who is asked to judge it."""
        return [one for one in self.participants if one.role == one.Role.REVIEWER]

    @property
    def others(self) -> list[Participant]:
        """Who joined by themselves."""
        return [one for one in self.participants if one.role == one.Role.PARTICIPANT]


# What `order` may be, with the columns that it means; DRAFT_STATUS lists what is no draft first.
ORDERS: dict[str, tuple[str, ...]] = {
    "NEWEST": ("-updated_at", "-pk"),
    "OLDEST": ("updated_at", "pk"),
    "DRAFT_STATUS": ("is_draft", "-updated_at", "-pk"),
    "PARTICIPANT_STATUS": ("-updated_at", "-pk"),
    "CLOSED_DATE": ("-closed_at", "-pk"),
}


def require_reader(actor: Actor) -> None:
    """Refuse a secret that may not look at pull requests."""
    if Scope.PULL_REQUEST not in actor.scopes:
        if actor.is_anonymous:
            raise Unauthenticated("You must sign in to do this.")
        raise Forbidden()


def get(actor: Actor, repository: Repository, number: str) -> PullRequest:
    """The pull request of that number, in a repository that the actor was shown; NoSuchPullRequest."""
    require_reader(actor)
    is_number = number.isascii() and number.isdigit() and len(number) <= 10
    found = None
    if is_number and int(number) <= MOST_NUMBER:
        rows = PullRequest.objects.filter(repository=repository).select_related(
            "author", "from_repository__project__owner"
        )
        found = rows.filter(number=int(number)).first()
    if found is None:
        raise NoSuchPullRequest(number, str(repository))
    found.repository = repository
    if found.from_repository_id == repository.pk:
        found.from_repository = repository
    _bring_origins(actor, [found])
    return found


def again(actor: Actor, pull_request: PullRequest) -> PullRequest:
    """The same pull request as it is now."""
    return get(actor, pull_request.repository, str(pull_request.number))


def list_of_repository(
    actor: Actor,
    repository: Repository,
    wanted: PageRequest,
    search: PullRequestSearch = PullRequestSearch(),
) -> Page[PullRequestOverview]:
    """Pull requests to a repository, or from it."""
    require_reader(actor)
    rows = PullRequest.objects.all()
    if search.is_outgoing:
        # Where they lead must be seen too.
        rows = rows.filter(
            from_repository=repository, repository__in=access.visible_repositories(actor)
        )
    else:
        rows = rows.filter(repository=repository)
    return page(actor, narrowed(rows, search), wanted)


def containing(
    actor: Actor, repository: Repository, commit_id: ObjectId, wanted: PageRequest
) -> Page[PullRequestOverview]:
    """The pull requests to a repository that bring, or brought, a commit; newest first."""
    require_reader(actor)
    rows = PullRequest.objects.filter(repository=repository)
    ends = list(rows.order_by().values_list("pk", "from_id", "to_id"))
    with storage.opened(repository) as git:
        having = branching.reaching(git, commit_id, {one for _, *pair in ends for one in pair})
    keys = [key for key, new, old in ends if new in having and old not in having]
    return page(actor, rows.filter(pk__in=keys).order_by("-pk"), wanted)


def page(
    actor: Actor, rows: QuerySet[PullRequest], wanted: PageRequest
) -> Page[PullRequestOverview]:
    """One page of pull requests with everything that shows them."""
    found = page_of_rows(with_places(actor, rows), wanted)
    _bring_origins(actor, found.values)
    values = shown(actor, found.values)
    return Page(values, found.start, found.limit, found.next_start)


def narrowed(rows: QuerySet[PullRequest], search: PullRequestSearch) -> QuerySet[PullRequest]:
    """Narrow and order a list."""
    if search.state != "ALL":
        rows = rows.filter(state=search.state)
    if search.at:
        rows = (
            rows.filter(from_ref=search.at) if search.is_outgoing else rows.filter(to_ref=search.at)
        )
    if search.is_draft is not None:
        rows = rows.filter(is_draft=search.is_draft)
    if search.text:
        fits = Q(title__icontains=search.text) | Q(description__icontains=search.text)
        number = search.text.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 10:
            fits |= Q(number=int(number))
        rows = rows.filter(fits)
    for person in search.people[:MOST_PARTICIPANT_FILTERS]:
        rows = rows.filter(pk__in=_of_person(person))
    return rows.order_by(*ORDERS[search.order])


def shown(actor: Actor, pull_requests: Iterable[PullRequest]) -> list[PullRequestOverview]:
    """Bring what is shown beside these pull requests."""
    wanted = list(pull_requests)
    keys = [one.pk for one in wanted]
    people: dict[int, list[Participant]] = {}
    for row in Participant.objects.filter(pull_request__in=keys).select_related("user"):
        people.setdefault(row.pull_request_id, []).append(row)
    counted = counts(keys)
    return [
        PullRequestOverview(one, counted.get(one.pk, Counts()), people.get(one.pk, []))
        for one in wanted
    ]


def one(actor: Actor, pull_request: PullRequest) -> PullRequestOverview:
    """The same for a single one."""
    (found,) = shown(actor, [pull_request])
    return found


def counts(keys: list[int]) -> dict[int, Counts]:
    """How much is said about these pull requests; what is not published yet does not count."""
    said = Comment.objects.filter(thread__of_pull_request__pull_request__in=keys)
    task = Q(severity=Comment.Severity.BLOCKER)
    rows = (
        said.exclude(state=Comment.State.PENDING)
        .order_by()
        .values_list("thread__of_pull_request__pull_request")
        .annotate(
            comments=Count("pk"),
            open_tasks=Count("pk", filter=task & Q(state=Comment.State.OPEN)),
            resolved_tasks=Count("pk", filter=task & Q(state=Comment.State.RESOLVED)),
        )
    )
    return {key: Counts(*numbers) for key, *numbers in rows}


def with_places(actor: Actor, rows: QuerySet[PullRequest]) -> QuerySet[PullRequest]:
    """Bring author, target and source."""
    every = Repository.objects.select_related("project", "project__owner")
    return rows.select_related("author").prefetch_related(
        Prefetch("repository", every), Prefetch("from_repository", every)
    )


def _bring_origins(actor: Actor, found: Iterable[PullRequest]) -> None:
    """Bring what sources and targets were forked from, as far as the actor may see it."""
    places = [place for one in found for place in (one.repository, one.from_repository) if place]
    repositories.bring_origins(actor, places)


def place_to_propose(actor: Actor, project_key: str, slug: str) -> Repository:
    """Return the repository with this name, for an actor who can create pull requests."""
    found = repositories.get(actor, project_key, slug)
    require_voice(actor, found)
    return found


def require_voice(actor: Actor, repository: Repository) -> None:
    """Raise unless the actor can participate: readers with a user can."""
    access.require(actor, Permission.REPO_VIEW, repository, scope=Scope.PULL_REQUEST_WRITE)
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    if actor.user is None:
        raise Forbidden()


def _of_person(person: PersonFilter) -> QuerySet[Any]:
    rows = Participant.objects.filter(user__name__iexact=person.name)
    if person.role:
        if person.role not in Participant.Role.values:
            raise Invalid("A role is AUTHOR, REVIEWER or PARTICIPANT.", context="role")
        rows = rows.filter(role=person.role)
    if person.is_approved is not None:
        approved = Q(status=Participant.Status.APPROVED)
        rows = rows.filter(approved if person.is_approved else ~approved)
    return rows.values("pull_request")
