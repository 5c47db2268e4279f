"""Set the branch model of a project or repository."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Invalid
from gitengine import refs
from gitengine.errors import InvalidName
from repos import access
from repos.errors import NoBranchModel, RepositoryArchived
from repos.events import BranchModelChanged
from repos.models import BranchModelSetting, Project, Repository
from repos.selectors import branch_models
from repos.selectors.branch_models import TYPES, BranchModel, BranchType, LongLivedBranch

LONGEST_PREFIX = 100


def configure(
    actor: Actor,
    place: Project | Repository,
    *,
    development: LongLivedBranch,
    production: LongLivedBranch | None,
    types: Sequence[BranchType],
) -> BranchModel:
    """Give a place a branch model of its own; types that are not named are switched off."""
    _require(actor, place)
    checked = BranchModel(
        _checked_branch(development, "development"),
        _checked_branch(production, "production") if production is not None else None,
        _checked_types(types),
        place,
    )
    production = checked.production or LongLivedBranch()
    values = {
        "development_ref": checked.development.ref,
        "development_is_default": checked.development.is_default,
        "has_production": checked.production is not None,
        "production_ref": production.ref,
        "production_is_default": production.is_default,
        "types": [
            {"id": one.id, "prefix": one.prefix, "enabled": one.is_enabled} for one in checked.types
        ],
    }
    with transaction.atomic():
        old = _own(actor, place)
        BranchModelSetting.objects.update_or_create(**_held_by(place), defaults=values)
        if str(old) != str(checked):
            events.publish(
                BranchModelChanged(
                    actor=actor, place=place, old=str(old) if old else None, new=str(checked)
                )
            )
    return checked


def reset(actor: Actor, place: Project | Repository) -> None:
    """Take a place's own branch model away, so that what is set above is in force again."""
    _require(actor, place)
    with transaction.atomic():
        old = _own(actor, place)
        if old is None:
            return
        BranchModelSetting.objects.filter(**_held_by(place)).delete()
        events.publish(BranchModelChanged(actor=actor, place=place, old=str(old), new=None))


def _require(actor: Actor, place: Project | Repository) -> None:
    if isinstance(place, Project):
        access.require(actor, Permission.PROJECT_ADMIN, place, scope=Scope.PROJECT)
        return
    access.require(actor, Permission.REPO_ADMIN, place, scope=Scope.REPOSITORY)
    if place.is_archived:
        raise RepositoryArchived(str(place))


def _own(actor: Actor, place: Project | Repository) -> BranchModel | None:
    try:
        found = branch_models.setting(actor, place)
    except NoBranchModel:
        return None
    return found if found.place == place else None


def _held_by(place: Project | Repository) -> dict[str, Any]:
    return {"project" if isinstance(place, Project) else "repository": place}


def _checked_branch(which: LongLivedBranch, context: str) -> LongLivedBranch:
    if which.is_default:
        return LongLivedBranch(is_default=True)
    if not which.ref:
        raise Invalid(
            f"The {context} branch needs a refId, or useDefault.", context=f"{context}.refId"
        )
    full = which.ref if which.ref.startswith("refs/") else refs.BRANCHES + which.ref
    if not full.startswith(refs.BRANCHES):
        raise Invalid("Only a branch can be this.", context=f"{context}.refId")
    _check_name(full, f"{context}.refId")
    return LongLivedBranch(full)


def _checked_types(types: Sequence[BranchType]) -> tuple[BranchType, ...]:
    given = {one.id: one for one in types}
    if len(given) < len(types):
        raise Invalid("Each type can be given once.", context="types")
    for one in types:
        if one.id not in TYPES:
            raise Invalid(f"The types are {', '.join(TYPES)}.", context="types")
        if one.is_enabled and not one.prefix:
            raise Invalid(f"The type {one.id} needs a prefix.", context="types")
        if len(one.prefix) > LONGEST_PREFIX:
            raise Invalid(
                f"A prefix must have at most {LONGEST_PREFIX} characters.", context="types"
            )
        if one.prefix:
            _check_name(f"{refs.BRANCHES}{one.prefix}x", "types")
    enabled = [one for one in types if one.is_enabled]
    for one in enabled:
        for other in enabled:
            if one is not other and other.prefix.startswith(one.prefix):
                raise Invalid(
                    f'No branch can be told apart by the prefixes "{one.prefix}" and '
                    f'"{other.prefix}": one begins with the other.',
                    context="types",
                )
    return tuple(given.get(name, BranchType(name, "", False)) for name in TYPES)


def _check_name(full: str, context: str) -> None:
    try:
        refs.check_new_name(full)
    except InvalidName as error:
        raise Invalid(str(error), context=context) from None
