"""Who is asked by default, and whose approval a merge needs."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet

from accounts.actor import Actor
from accounts.models import User
from accounts.permissions import Permission
from core.errors import NotFound
from pullrequests.models import DefaultReviewers
from repos import access, storage
from repos.matchers import Matcher, MatcherType
from repos.models import Project, Repository
from repos.selectors import restrictions


def list_of(actor: Actor, place: Project | Repository) -> list[DefaultReviewers]:
    """The conditions of a place, of a repository with those of its project."""
    return list(_rows(place))


def get(actor: Actor, place: Project | Repository, number: str) -> DefaultReviewers:
    """The condition of that number, if it is the place's own."""
    found = None
    if number.isascii() and number.isdigit() and len(number) <= 18:
        own = {"project": place} if isinstance(place, Project) else {"repository": place}
        found = _rows(place).filter(pk=int(number), **own).first()
    if found is None:
        raise NotFound(f"There is no default reviewer condition {number[:20]} here.")
    return found


def matching(
    actor: Actor, source: Repository, from_ref: str, target: Repository, to_ref: str
) -> list[DefaultReviewers]:
    """The conditions that hold for a pull request between two refs, by their full names."""
    rows = list(_rows(target))
    if not rows:
        return []
    with storage.opened(source) as git:
        from_names = restrictions.names_of(actor, source, git)
    with storage.opened(target) as git:
        to_names = restrictions.names_of(actor, target, git)
    return [
        row
        for row in rows
        if source_matcher(row).matches(from_ref, from_names)
        and target_matcher(row).matches(to_ref, to_names)
    ]


def reviewers(
    actor: Actor, source: Repository, from_ref: str, target: Repository, to_ref: str
) -> list[User]:
    """Who is to be asked, the caller included: each once, as far as they may read.

    Bitbucket's `reviewers` resource names everybody whom the conditions require. Whoever opens the
    pull request leaves themselves out: an author is no reviewer.
    """
    found: dict[int, User] = {}
    for row in matching(actor, source, from_ref, target, to_ref):
        for user in row.reviewers.all():
            found.setdefault(user.pk, user)
    if not (target.is_public or target.project.is_public):
        may = access.holders(Permission.REPO_READ, target)
        readers = set(User.objects.filter(pk__in=may).values_list("pk", flat=True))
        found = {key: user for key, user in found.items() if key in readers}
    return [user for user in found.values() if user.is_active and user.removed_at is None]


def source_matcher(row: DefaultReviewers) -> Matcher:
    """Which sources it is about."""
    return Matcher(MatcherType(row.source_type), row.source_id)


def target_matcher(row: DefaultReviewers) -> Matcher:
    """Which targets it is about."""
    return Matcher(MatcherType(row.target_type), row.target_id)


def _rows(place: Project | Repository) -> QuerySet[DefaultReviewers]:
    of_place = (
        Q(project=place)
        if isinstance(place, Project)
        else Q(repository=place) | Q(project=place.project_id)
    )
    people = Prefetch("reviewers", User.objects.order_by("name"))
    return DefaultReviewers.objects.filter(of_place).prefetch_related(people).order_by("pk")
