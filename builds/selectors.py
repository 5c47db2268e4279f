"""How builds of commits went, as far as the actor may see where they belong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.actor import Actor
from accounts.permissions import Permission
from builds.errors import NoSuchBuildStatus
from builds.models import BuildRemoval, BuildStatus
from core.errors import Forbidden, Invalid, Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from repos import access
from repos.models import RefChange, Repository

# Of a question about many commits, those whose repositories are looked for.
MOST_COMMITS = 200
MOST_PLACES = 50

ORDERS = {"NEWEST": "-updated_at", "OLDEST": "updated_at", "STATUS": "state"}


@dataclass
class Summary:
    """How many builds of a commit went how."""

    successful: int = 0
    failed: int = 0
    in_progress: int = 0
    cancelled: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.successful + self.failed + self.in_progress + self.cancelled + self.unknown

    @property
    def state(self) -> str:
        """The worst of them, in a word."""
        if self.failed or self.cancelled:
            return "FAILED"
        if self.in_progress or self.unknown:
            return "INPROGRESS"
        return "SUCCESSFUL"


_COLUMN = {
    BuildStatus.State.SUCCESSFUL: "successful",
    BuildStatus.State.FAILED: "failed",
    BuildStatus.State.INPROGRESS: "in_progress",
    BuildStatus.State.CANCELLED: "cancelled",
    BuildStatus.State.UNKNOWN: "unknown",
}


def require_person(actor: Actor) -> None:
    """Refuse who has no name."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    if actor.user is None:
        raise Forbidden()


def of_commit(
    actor: Actor, commit_id: str, wanted: PageRequest, *, order: str = "NEWEST"
) -> Page[BuildStatus]:
    """The builds of a commit, in every repository that the actor sees."""
    require_person(actor)
    if order.upper() not in ORDERS:
        raise Invalid("The orderBy is NEWEST, OLDEST or STATUS.", context="orderBy")
    rows = _visible(actor, [commit_id.lower()])
    return page_of_rows(rows.order_by(ORDERS[order.upper()], "-pk"), wanted)


def stats(actor: Actor, commit_ids: Collection[str]) -> dict[str, Summary]:
    """How the builds of these commits went, in every repository that the actor sees; one query."""
    require_person(actor)
    return _summed(_visible(actor, [one.lower() for one in commit_ids]))


def summaries(
    actor: Actor, repository: Repository, commit_ids: Iterable[str]
) -> dict[str, Summary]:
    """The same for commits of a repository that the actor was shown; one query for a whole page."""
    wanted = list(commit_ids)
    return _summed(of(repository).filter(commit_id__in=wanted)) if wanted else {}


def statuses(actor: Actor, repository: Repository, commit_id: str) -> list[BuildStatus]:
    """The builds of a commit of a repository, latest word first."""
    return list(of(repository).filter(commit_id=commit_id)[:100])


def get(actor: Actor, repository: Repository, commit_id: str, key: str) -> BuildStatus:
    """What was said of a commit under a key, rather of the repository than of the commit alone."""
    rows = of(repository).filter(commit_id=commit_id, key=key)
    found = sorted(rows, key=lambda row: row.repository_id is None)
    if not found:
        raise NoSuchBuildStatus(key)
    return found[0]


def of(repository: Repository) -> QuerySet[BuildStatus]:
    """What was said of a repository's commits: for it, or of the commit alone by who may write to it."""
    removed = BuildRemoval.objects.filter(
        repository=repository,
        commit_id=OuterRef("commit_id"),
        key=OuterRef("key"),
        removed_at__gte=OuterRef("updated_at"),
    )
    alone = Q(repository=None, reporter__in=_writers(repository)) & ~Exists(removed)
    return BuildStatus.objects.filter(Q(repository=repository) | alone)


def _visible(actor: Actor, commit_ids: Collection[str]) -> QuerySet[BuildStatus]:
    """What was said of these commits, as far as the actor sees where.

    What names no repository is shown to its reporter; and where the commit was pushed to a repository
    that the actor sees, if its reporter may write to that one.
    """
    seen = access.visible_repositories(actor)
    shown = Q(repository__in=seen.values("pk")) | Q(repository=None, reporter=actor.user)
    pushed = RefChange.objects.filter(
        new_id__in=list(commit_ids)[:MOST_COMMITS], push__repository__in=seen.values("pk")
    )
    places: dict[int, set[str]] = {}
    found = pushed.order_by("push__repository", "new_id").values_list("push__repository", "new_id")
    for key, commit_id in found.distinct()[:MOST_PLACES]:
        places.setdefault(key, set()).add(commit_id)
    for repository in Repository.objects.select_related("project").filter(pk__in=places):
        shown |= Q(
            repository=None,
            commit_id__in=places[repository.pk],
            reporter__in=_writers(repository),
        )
    return BuildStatus.objects.filter(shown, commit_id__in=commit_ids)


def _writers(repository: Repository) -> QuerySet[Any]:
    return access.holders(Permission.REPO_WRITE, repository)


def _summed(rows: QuerySet[BuildStatus]) -> dict[str, Summary]:
    found: dict[str, Summary] = {}
    latest: dict[tuple[str, str, int | None], str] = {}
    told = rows.order_by("updated_at", "pk").values_list("commit_id", "key", "repository", "state")
    for commit_id, key, repository_id, state in told:
        # Of a commit alone several may report under one key: the last word holds.
        latest[commit_id, key, repository_id] = state
    for (commit_id, _, _), state in latest.items():
        summary = found.setdefault(commit_id, Summary())
        name = _COLUMN[BuildStatus.State(state)]
        setattr(summary, name, getattr(summary, name) + 1)
    return found
