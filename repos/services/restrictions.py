"""Set and lift branch permissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts import selectors as people
from accounts.actor import Actor
from accounts.models import Group, SshKey, User
from core import events
from core.errors import Invalid
from gitengine import refs
from repos.errors import RepositoryArchived
from repos.events import RestrictionSet
from repos.matchers import ANY_REF_ID, MODEL_BRANCHES, Matcher, MatcherType
from repos.models import AccessKey, Project, RefRestriction, Repository
from repos.selectors import restrictions as find
from repos.selectors.branch_models import TYPES

LONGEST_MATCHER = 255
MOST_EXEMPT = 200


@dataclass(frozen=True)
class RestrictionRequest:
    """A rule as it is to be; people by name, groups by name, access keys by the number of their key."""

    kind: str
    matcher_type: str
    matcher_id: str = ""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    access_keys: tuple[int, ...] = ()
    # The rule that this one replaces.
    number: int | None = None


def put(
    actor: Actor, place: Project | Repository, wanted: Sequence[RestrictionRequest]
) -> list[RefRestriction]:
    """Create or replace restrictions, all or none."""
    find.require_administrator(actor, place)
    _check_open(place)
    with transaction.atomic():
        made = [_put_one(actor, place, one) for one in wanted]
    return [find.get(actor, place, str(row.pk)) for row in made]


def remove(actor: Actor, place: Project | Repository, number: str) -> None:
    """Delete a restriction of this project or repository, not an inherited one."""
    row = find.get(actor, place, number)
    _check_open(place)
    if isinstance(place, Repository) and row.repository_id != place.pk:
        raise Invalid("The restriction is inherited from the project. Change it there.")
    with transaction.atomic():
        old = str(row)
        row.delete()
        events.publish(RestrictionSet(actor, place, old=old, new=None))


def judged_matcher(actor: Actor, matcher_type: str, matcher_id: str) -> Matcher:
    """Judge what a rule is about; Invalid."""
    try:
        kind = MatcherType(matcher_type)
    except ValueError:
        names = ", ".join(one.value for one in MatcherType)
        raise Invalid(f"A matcher's type is one of {names}.", context="matcher.type.id") from None
    if len(matcher_id) > LONGEST_MATCHER:
        raise Invalid(
            f"A matcher's id has {LONGEST_MATCHER} characters at most.", context="matcher.id"
        )
    if kind is MatcherType.ANY_REF:
        return Matcher(kind, ANY_REF_ID)
    if not matcher_id.strip():
        raise Invalid("A matcher needs an id.", context="matcher.id")
    if kind is MatcherType.BRANCH:
        full = matcher_id if matcher_id.startswith("refs/") else refs.BRANCHES + matcher_id
        if not refs.is_well_formed(full):
            raise Invalid(f'"{matcher_id}" is no name of a branch.', context="matcher.id")
        return Matcher(kind, full)
    if kind is MatcherType.MODEL_BRANCH and matcher_id.lower() in MODEL_BRANCHES:
        # By its id or by its name, and shown as it was sent: clients compare.
        is_name = matcher_id in MODEL_BRANCHES.values()
        return Matcher(kind, matcher_id if is_name else matcher_id.lower())
    if kind is MatcherType.MODEL_CATEGORY and matcher_id.upper() in TYPES:
        return Matcher(kind, matcher_id.upper())
    if kind is MatcherType.PATTERN:
        return Matcher(kind, matcher_id)
    raise Invalid(f'The branch model has no "{matcher_id}".', context="matcher.id")


def _put_one(
    actor: Actor, place: Project | Repository, wanted: RestrictionRequest
) -> RefRestriction:
    if wanted.kind not in RefRestriction.Kind.values:
        names = ", ".join(RefRestriction.Kind.values)
        raise Invalid(f"The type of a restriction is one of {names}.", context="type")
    matcher = judged_matcher(actor, wanted.matcher_type, wanted.matcher_id)
    users, groups, keys = _exempt(actor, place, wanted)
    is_project = isinstance(place, Project)
    mine = RefRestriction.objects.filter(
        **({"project": place} if is_project else {"repository": place})
    )
    same = mine.filter(kind=wanted.kind, matcher_type=matcher.type.value)
    if matcher.type is MatcherType.MODEL_BRANCH:
        same = same.filter(matcher_id__iexact=matcher.id)
    else:
        same = same.filter(matcher_id=matcher.id)
    row = same.first()
    if wanted.number is not None:
        row = mine.filter(pk=wanted.number).first() or row
    old = str(row) if row else None
    if row is None:
        row = RefRestriction(**({"project": place} if is_project else {"repository": place}))
    row.kind, row.matcher_type, row.matcher_id = wanted.kind, matcher.type.value, matcher.id
    row.save()
    row.users.set(users)
    row.groups.set(groups)
    row.access_keys.set(keys)
    events.publish(RestrictionSet(actor, place, old=old, new=str(row)))
    return row


def _exempt(
    actor: Actor, place: Project | Repository, wanted: RestrictionRequest
) -> tuple[list[User], list[Group], list[SshKey]]:
    if len(wanted.users) + len(wanted.groups) + len(wanted.access_keys) > MOST_EXEMPT:
        raise Invalid(f"At most {MOST_EXEMPT} are exempt from a restriction.", context="users")
    users = [people.get_by_name(actor, name) for name in wanted.users]
    groups = [people.get_group(actor, name) for name in wanted.groups]
    here = AccessKey.objects.filter(key__in=[key for key in wanted.access_keys if key < 2**63])
    if isinstance(place, Project):
        here = here.filter(project=place)
    else:
        here = here.filter(repository=place) | here.filter(project=place.project_id)
    keys = {one.key_id: one.key for one in here.select_related("key")}
    for number in wanted.access_keys:
        if number not in keys:
            raise Invalid(f"There is no access key {number} here.", context="accessKeys")
    return users, groups, list(keys.values())


def _check_open(place: Project | Repository) -> None:
    if isinstance(place, Repository) and place.is_archived:
        raise RepositoryArchived(str(place))
