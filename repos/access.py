"""THE check on projects and repositories: one expression, from which lists and single questions are answered.

What an actor holds on a repository is the highest of: a grant on it, what a grant on its project
gives on repositories, the project's default permission, ownership of the personal project, and
administration of the site. An SSH access key holds what the places that list it say. What is public may be viewed by anybody: a step below READ. So a list
can never show what a detail refuses.
"""

from __future__ import annotations

import enum
import functools
from typing import Any

from django.db import connection
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

from accounts.actor import Actor, Grants, Via
from accounts.models import GlobalGrant, User
from accounts.permissions import ON_REPOSITORIES, Permission, Scope
from core.errors import Forbidden, Unauthenticated
from core.questions import Question
from repos.errors import NoSuchProject, NoSuchRepository
from repos.models import AccessKey, Project, ProjectGrant, Repository, RepositoryGrant

# Stand for the keys of who asks and of what is asked about, where a question is made once for all.
SOMEBODY, SOMETHING = -(2**40), -(2**40) - 1
NOTHING = Value(0, output_field=IntegerField())
PERMISSION = F("permission")


def _as_repository_step(column: str) -> Combinable:
    """What a step on the project, in a column, gives on each of its repositories.

    Of a column and not of a whole subquery: that would be asked once for each step of the ladder.
    """
    cases = [
        When(**{f"{column}__gte": int(step)}, then=Value(int(given)))
        for step, given in sorted(ON_REPOSITORIES.items(), reverse=True)
    ]
    return Case(*cases, default=NOTHING, output_field=IntegerField())


ON_ITS_REPOSITORIES = _as_repository_step("permission")


def visible_repositories(actor: Actor) -> QuerySet[Repository]:
    """Every repository that the actor may see, `granted` to be asked for."""
    return held_repositories(actor, Permission.REPO_VIEW)


def held_repositories(actor: Actor, needed: Permission) -> QuerySet[Repository]:
    """Every repository on which the actor holds at least this step."""
    if not actor.grants.ceiling(needed):
        return Repository.objects.none()
    granted = _on_repository(actor)
    return Repository.objects.alias(granted=granted).filter(granted__gte=needed)


def visible_projects(actor: Actor) -> QuerySet[Project]:
    """Every project that the actor may see, `granted` to be asked for."""
    return held_projects(actor, Permission.PROJECT_VIEW)


def held_projects(actor: Actor, needed: Permission) -> QuerySet[Project]:
    """Every project on which the actor holds at least this step."""
    if not actor.grants.ceiling(needed):
        return Project.objects.none()
    return Project.objects.alias(granted=_on_project(actor)).filter(granted__gte=needed)


def may(
    actor: Actor,
    needed: Permission,
    subject: Project | Repository,
    *,
    scope: Scope | None = None,
) -> bool:
    """Whether the actor holds this step on the subject, and their secret leaves room for it."""
    if scope is not None and scope not in actor.scopes:
        return False
    step = _step(actor, subject) if actor.grants.ceiling(needed) else None
    return step is not None and step >= needed


def require(
    actor: Actor,
    needed: Permission,
    subject: Project | Repository,
    *,
    scope: Scope | None = None,
) -> None:
    """Refuse unless `may`: somebody unknown is asked who they are, what is not seen does not exist."""
    if may(actor, needed, subject, scope=scope):
        return
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    if isinstance(subject, Project):
        if not may(actor, Permission.PROJECT_VIEW, subject):
            raise NoSuchProject(subject.key)
    elif not may(actor, Permission.REPO_VIEW, subject):
        # Deleted, or taken out of sight, since it was found.
        raise NoSuchRepository(subject.project.key, subject.slug)
    raise Forbidden()


def granted(actor: Actor, subject: Project | Repository) -> Permission | None:
    """Give the highest step that the actor holds on the subject, within what their secret allows."""
    model = Project if isinstance(subject, Project) else Repository
    seen = Permission.PROJECT_VIEW if model is Project else Permission.REPO_VIEW
    step = _step(actor, subject)
    if step is None or step < seen or not actor.grants.ceiling(seen):
        return None
    ladder = [one for one in Permission if one.ladder is Permission(step).ladder and one <= step]
    return max((one for one in ladder if actor.grants.ceiling(one)), default=None)


def _step(actor: Actor, subject: Project | Repository) -> int | None:
    """What the actor holds on one row, whatever their secret allows; None when the row is gone."""
    model = Project if isinstance(subject, Project) else Repository
    if actor.is_system:
        who, kind = None, Who.SYSTEM
    elif actor.grants.access_key is not None:
        who, kind = actor.grants.access_key, Who.ACCESS_KEY
    elif actor.user is None or actor.grants.public_only:
        who, kind = None, Who.ANYBODY
    else:
        who, kind = actor.user.pk, Who.USER
    step = _question(model, kind, connection.vendor).ask(who=who, subject=subject.pk)
    return None if step is None else int(step)


class Who(enum.Enum):
    """For whom the expression differs in more than a number."""

    SYSTEM = Actor.system()
    ACCESS_KEY = Actor(None, Grants(access_key=SOMEBODY), via=Via.ACCESS_KEY)
    ANYBODY = Actor.anonymous()
    USER = Actor(User(pk=SOMEBODY), via=Via.PASSWORD)


@functools.cache
def _question(model: type[Project] | type[Repository], who: Who, vendor: str) -> Question:
    """The expression of the lists, asked about one row: to compile it takes longer than to answer it."""
    held = _on_project(who.value) if model is Project else _on_repository(who.value)
    rows = model._default_manager.filter(pk=SOMETHING).order_by().values_list(held)
    return Question(rows, who=SOMEBODY, subject=SOMETHING)


def _on_repository(actor: Actor) -> Combinable:
    """What the actor holds on a row of Repository."""
    public = _if(Q(is_public=True) | Q(project__is_public=True), Permission.REPO_VIEW)
    if actor.is_system:
        return Value(Permission.REPO_ADMIN, output_field=IntegerField())
    if actor.grants.access_key is not None:
        return Greatest(
            public,
            _highest_step(_places(actor).filter(repository=OuterRef("pk"))),
            _highest_step(_places(actor).filter(project=OuterRef("project")), ON_ITS_REPOSITORIES),
        )
    if actor.user is None or actor.grants.public_only:
        return public
    own = _highest(RepositoryGrant.objects.filter(repository=OuterRef("pk")), actor)
    shared = _highest(
        ProjectGrant.objects.filter(project=OuterRef("project")), actor, ON_ITS_REPOSITORIES
    )
    return Greatest(
        public,
        own,
        shared,
        _default(actor, _as_repository_step("project__default_permission")),
        _if(Q(project__owner=actor.user), Permission.REPO_ADMIN),
        _if(_is_site_administrator(actor), Permission.REPO_ADMIN),
    )


def _on_project(actor: Actor) -> Combinable:
    """What the actor holds on a row of Project; seeing one repository lets them see the project."""
    inside = Repository.objects.filter(project=OuterRef("pk")).alias(
        granted_inside=_on_repository(actor)
    )
    seen = _if(
        Q(is_public=True) | Q(Exists(inside.filter(granted_inside__gte=Permission.REPO_VIEW))),
        Permission.PROJECT_VIEW,
    )
    if actor.is_system:
        return Value(Permission.PROJECT_ADMIN, output_field=IntegerField())
    if actor.grants.access_key is not None:
        return Greatest(seen, _highest_step(_places(actor).filter(project=OuterRef("pk"))))
    if actor.user is None or actor.grants.public_only:
        return seen
    return Greatest(
        seen,
        _highest(ProjectGrant.objects.filter(project=OuterRef("pk")), actor),
        _default(actor, F("default_permission")),
        _if(Q(owner=actor.user), Permission.PROJECT_ADMIN),
        _if(_is_site_administrator(actor), Permission.PROJECT_ADMIN),
    )


def _highest(grants: QuerySet[Any], actor: Actor, step: Combinable = PERMISSION) -> Combinable:
    assert actor.user is not None
    held = grants.filter(Q(user=actor.user) | Q(group__in=actor.user.member_of.all()))
    return _highest_step(held, step)


def _places(actor: Actor) -> QuerySet[AccessKey]:
    return AccessKey.objects.filter(key=actor.grants.access_key)


def _highest_step(grants: QuerySet[Any], step: Combinable = PERMISSION) -> Combinable:
    # One row at most: the highest of all that is held, alone or through groups.
    highest = grants.order_by().values(one=Value(1)).annotate(highest=Max(step))
    return Coalesce(
        Subquery(highest.values("highest"), output_field=IntegerField()),
        NOTHING,
    )


def _default(actor: Actor, step: Combinable) -> Combinable:
    licensed = _site_grants(actor).filter(permission__gte=Permission.LICENSED_USER)
    return Case(
        When(Q(Exists(licensed)), then=Coalesce(step, NOTHING)),
        default=NOTHING,
        output_field=IntegerField(),
    )


def _is_site_administrator(actor: Actor) -> Q:
    return Q(Exists(_site_grants(actor).filter(permission__gte=Permission.ADMIN)))


def _site_grants(actor: Actor) -> QuerySet[GlobalGrant]:
    assert actor.user is not None
    return GlobalGrant.objects.filter(Q(user=actor.user) | Q(group__in=actor.user.member_of.all()))


def _if(condition: Q, step: Permission) -> Combinable:
    return Case(
        When(condition, then=Value(int(step))), default=NOTHING, output_field=IntegerField()
    )


def holders(needed: Permission, subject: Project | Repository | None) -> QuerySet[Any]:
    """The keys of all users who hold this step on the subject: the same rules, asked the other way round.

    Without a subject, the step is one of the site's ladder.
    """
    wanted = _holders_on_site(needed) if subject is None else _holders_on_site(Permission.ADMIN)
    if isinstance(subject, Project):
        wanted |= _holders_on_project(needed, subject)
    elif isinstance(subject, Repository):
        wanted |= _through(RepositoryGrant.objects.filter(repository=subject), needed)
        enough = [step for step, given in ON_REPOSITORIES.items() if given >= needed]
        if enough:
            wanted |= _holders_on_project(min(enough), subject.project)
    return User.objects.filter(wanted).values("pk")


def _holders_on_project(needed: Permission, project: Project) -> Q:
    wanted = _through(ProjectGrant.objects.filter(project=project), needed)
    if project.owner_id:
        wanted |= Q(pk=project.owner_id)
    if (project.default_permission or 0) >= needed:
        wanted |= _holders_on_site(Permission.LICENSED_USER)
    return wanted


def _holders_on_site(needed: Permission) -> Q:
    return _through(GlobalGrant.objects.all(), needed)


def _through(grants: QuerySet[Any], needed: Permission) -> Q:
    enough = grants.filter(permission__gte=needed)
    return Q(pk__in=enough.filter(user__isnull=False).values("user")) | Q(
        member_of__in=enough.filter(group__isnull=False).values("group")
    )
