"""Sources of permissions on projects and repositories, as SQL for one row and for all rows.

`step` gives the step that a reason gives on the row of the outer query; `reaches` gives the
condition under which a row is given at least some step. Of a reason both must say the same;
tests/access/test_lists_and_details.py compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from accounts.permissions import Permission
from repos.models import Repository

NOTHING = Value(0, output_field=IntegerField())
ALWAYS = ~Q(pk__in=[])
NEVER = Q(pk__in=[])


class PermissionSource(Protocol):
    """A source of a permission."""

    def step(self) -> Combinable:
        """The step on the row of the query; 0 for none."""

    def reaches(self, needed: Permission) -> Q:
        """Which rows are given at least this step."""


@dataclass(frozen=True)
class ConditionSource:
    """A step that every row has for which something is true."""

    condition: Q
    gives: Permission

    def step(self) -> Combinable:
        """The step on the row of the query."""
        return Case(
            When(self.condition, then=Value(int(self.gives))),
            default=NOTHING,
            output_field=IntegerField(),
        )

    def reaches(self, needed: Permission) -> Q:
        """Which rows are given at least this step."""
        return self.condition if self.gives >= needed else NEVER


@dataclass(frozen=True)
class GrantSource:
    """What rows of grants say, which name a project or repository in a column.

    With `converted`, the step that is granted on the project gives another on its repositories.
    """

    grants: QuerySet[Any]
    column: str
    converted: Mapping[Permission, Permission] | None = None

    def step(self) -> Combinable:
        """The step on the row of the query."""
        row = OuterRef("project" if self.converted else "pk")
        step = _converted("permission", self.converted) if self.converted else F("permission")
        # One row at most: the highest of all that is held, alone or through groups.
        rows = self.grants.filter(**{self.column: row}).order_by()
        highest = rows.values(one=Value(1)).annotate(highest=Max(step))
        return Coalesce(Subquery(highest.values("highest"), output_field=IntegerField()), NOTHING)

    def reaches(self, needed: Permission) -> Q:
        """Which rows are given at least this step."""
        least = _least(needed, self.converted)
        if least is None:
            return NEVER
        enough = self.grants.filter(permission__gte=least, **{f"{self.column}__isnull": False})
        row = "project" if self.converted else "pk"
        return Q(**{f"{row}__in": enough.order_by().values(self.column)})


@dataclass(frozen=True)
class ProjectDefaultSource:
    """The default permission of a project, under a condition."""

    condition: Q
    column: str
    converted: Mapping[Permission, Permission] | None = None

    def step(self) -> Combinable:
        """The step on the row of the query."""
        step = _converted(self.column, self.converted) if self.converted else F(self.column)
        return Case(
            When(self.condition, then=Coalesce(step, NOTHING)),
            default=NOTHING,
            output_field=IntegerField(),
        )

    def reaches(self, needed: Permission) -> Q:
        """Which rows are given at least this step."""
        least = _least(needed, self.converted)
        if least is None:
            return NEVER
        return self.condition & Q(**{f"{self.column}__gte": least})


@dataclass(frozen=True)
class RepositoryInProjectSource:
    """A permission on every project with a repository that is visible through one of these sources."""

    reasons: list[PermissionSource]
    gives: Permission

    def step(self) -> Combinable:
        """The step on the row of the query."""
        steps = [reason.step() for reason in self.reasons]
        inside = Repository.objects.filter(project=OuterRef("pk")).alias(
            step_inside=Greatest(NOTHING, *steps)
        )
        seen = inside.filter(step_inside__gte=Permission.REPO_VIEW)
        return ConditionSource(Q(Exists(seen)), self.gives).step()

    def reaches(self, needed: Permission) -> Q:
        """Which rows are given at least this step."""
        if self.gives < needed:
            return NEVER
        seen = NEVER
        for reason in self.reasons:
            seen |= reason.reaches(Permission.REPO_VIEW)
        return Q(pk__in=Repository.objects.filter(seen).order_by().values("project"))


def _least(
    needed: Permission, converted: Mapping[Permission, Permission] | None
) -> Permission | None:
    """The lowest step that gives what is needed; None if none does."""
    if converted is None:
        return needed
    return min((step for step, given in converted.items() if given >= needed), default=None)


def _converted(column: str, converted: Mapping[Permission, Permission]) -> Combinable:
    """What a step on the project, in a column, gives on each of its repositories.

    Of a column and not of a whole subquery: that would be evaluated once for each step of the ladder.
    """
    cases = [
        When(**{f"{column}__gte": int(step)}, then=Value(int(given)))
        for step, given in sorted(converted.items(), reverse=True)
    ]
    return Case(*cases, default=NOTHING, output_field=IntegerField())
