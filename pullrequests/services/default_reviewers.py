"""Say who is asked to review by default."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.actor import Actor
from accounts.models import User
from core import events
from core.errors import Invalid
from pullrequests.events import DefaultReviewersSet
from pullrequests.models import DefaultReviewers
from pullrequests.selectors import default_reviewers as find
from repos.errors import RepositoryArchived
from repos.matchers import Matcher
from repos.models import Project, Repository
from repos.selectors import restrictions as places
from repos.services import restrictions

MOST_REVIEWERS = 100


@dataclass(frozen=True)
class DefaultReviewersRequest:
    """A condition as it is to be; matchers as their type and id, people by number or name."""

    source: tuple[str, str]
    target: tuple[str, str]
    reviewers: tuple[int | str, ...]
    required_approvals: int = 0


def create(
    actor: Actor, place: Project | Repository, wanted: DefaultReviewersRequest
) -> DefaultReviewers:
    """Add a condition."""
    places.require_administrator(actor, place)
    row = (
        DefaultReviewers(project=place)
        if isinstance(place, Project)
        else DefaultReviewers(repository=place)
    )
    return _write(actor, place, row, wanted, old=None)


def update(
    actor: Actor, place: Project | Repository, number: str, wanted: DefaultReviewersRequest
) -> DefaultReviewers:
    """Replace a condition."""
    places.require_administrator(actor, place)
    row = find.get(actor, place, number)
    return _write(actor, place, row, wanted, old=str(row))


def delete(actor: Actor, place: Project | Repository, number: str) -> None:
    """Take a condition away."""
    places.require_administrator(actor, place)
    row = find.get(actor, place, number)
    _check_open(place)
    with transaction.atomic():
        old = str(row)
        row.delete()
        events.publish(DefaultReviewersSet(actor, place, old=old, new=None))


def _write(
    actor: Actor,
    place: Project | Repository,
    row: DefaultReviewers,
    wanted: DefaultReviewersRequest,
    *,
    old: str | None,
) -> DefaultReviewers:
    _check_open(place)
    source = _matcher(actor, wanted.source, "sourceMatcher")
    target = _matcher(actor, wanted.target, "targetMatcher")
    people = _people(wanted.reviewers)
    if wanted.required_approvals > len(people):
        raise Invalid(
            "More approvals are required than there are default reviewers.",
            context="requiredApprovals",
        )
    row.source_type, row.source_id = source.type.value, source.id
    row.target_type, row.target_id = target.type.value, target.id
    row.required_approvals = wanted.required_approvals
    with transaction.atomic():
        row.save()
        row.reviewers.set(people)
        events.publish(DefaultReviewersSet(actor, place, old=old, new=str(row)))
    return find.get(actor, place, str(row.pk))


def _matcher(actor: Actor, named: tuple[str, str], context: str) -> Matcher:
    try:
        return restrictions.judged_matcher(actor, *named)
    except Invalid as error:
        raise Invalid(error.message, context=context) from None


def _people(named: tuple[int | str, ...]) -> list[User]:
    if not named:
        raise Invalid("A condition needs reviewers.", context="reviewers")
    if len(named) > MOST_REVIEWERS:
        raise Invalid(f"A condition has at most {MOST_REVIEWERS} reviewers.", context="reviewers")
    rows = User.objects.filter(type=User.Type.NORMAL, removed_at=None)
    found: dict[int, User] = {}
    for one in named:
        fits = rows.filter(pk=one) if isinstance(one, int) else rows.filter(name__iexact=one)
        user = fits.first()
        if user is None:
            raise Invalid(f"{one} is not a user.", context="reviewers")
        found[user.pk] = user
    return list(found.values())


def _check_open(place: Project | Repository) -> None:
    if isinstance(place, Repository) and place.is_archived:
        raise RepositoryArchived(str(place))
