"""THE check on projects and repositories: one list of reasons, from which lists and single questions are answered.

What an actor holds on a repository is the highest of: a grant on it, what a grant on its project
gives on repositories, the project's default permission, ownership of the personal project, and
administration of the site. An SSH access key holds what the places that list it say. What is public
may be viewed by anybody: a step below READ. Each reason (`repos.permission_sources`) says both how high
it reaches on a row and which rows it reaches, so a list never shows what a detail refuses.
"""

from __future__ import annotations

import enum
import functools
from typing import Any

from django.db import connection
from django.db.models import Exists, IntegerField, Manager, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest

from accounts.actor import Actor, Grants, Via
from accounts.models import GlobalGrant, User
from accounts.permissions import ON_REPOSITORIES, Permission, Scope
from core.errors import Forbidden, Unauthenticated
from core.prepared_queries import PreparedQuery
from repos.errors import NoSuchProject, NoSuchRepository
from repos.models import AccessKey, Project, ProjectGrant, Repository, RepositoryGrant
from repos.permission_sources import (
    ALWAYS,
    ConditionSource,
    GrantSource,
    PermissionSource,
    ProjectDefaultSource,
    RepositoryInProjectSource,
)

# Stand for the keys of who asks and of what is asked about, where a question is made once for all.
SOMEBODY, SOMETHING = -(2**40), -(2**40) - 1
NOTHING = Value(0, output_field=IntegerField())
Place = Project | Repository


def visible_repositories(actor: Actor) -> QuerySet[Repository]:
    """Every repository that the actor may see."""
    return held_repositories(actor, Permission.REPO_VIEW)


def held_repositories(actor: Actor, needed: Permission) -> QuerySet[Repository]:
    """Return all repositories on which the actor has at least this permission."""
    if not actor.grants.ceiling(needed):
        return Repository.objects.none()
    return Repository.objects.filter(pk__in=_held(actor, Repository, needed))


def visible_projects(actor: Actor) -> QuerySet[Project]:
    """Every project that the actor may see."""
    return held_projects(actor, Permission.PROJECT_VIEW)


def held_projects(actor: Actor, needed: Permission) -> QuerySet[Project]:
    """Return all projects on which the actor has at least this permission."""
    if not actor.grants.ceiling(needed):
        return Project.objects.none()
    return Project.objects.filter(pk__in=_held(actor, Project, needed))


def may(
    actor: Actor,
    needed: Permission,
    subject: Project | Repository,
    *,
    scope: Scope | None = None,
) -> bool:
    """Whether the actor has this permission on the subject, limited by the secret."""
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
    """Raise unless `may`: Unauthenticated for anonymous actors, NotFound for what the actor cannot see."""
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
    """Return the actor's highest permission on the subject, limited by the secret."""
    model = Project if isinstance(subject, Project) else Repository
    seen = Permission.PROJECT_VIEW if model is Project else Permission.REPO_VIEW
    step = _step(actor, subject)
    if step is None or step < seen or not actor.grants.ceiling(seen):
        return None
    ladder = [one for one in Permission if one.ladder is Permission(step).ladder and one <= step]
    return max((one for one in ladder if actor.grants.ceiling(one)), default=None)


def _step(actor: Actor, subject: Project | Repository) -> int | None:
    """Return the actor's permission on one row, regardless of the secret; None if the row is gone."""
    who, kind = _who(actor)
    model = Project if isinstance(subject, Project) else Repository
    step = _step_query(model, kind, connection.vendor).ask(who=who, subject=subject.pk)
    return None if step is None else int(step)


def _held(actor: Actor, model: type[Place], needed: Permission) -> RawSQL:
    """Return the primary keys of all rows on which the actor has at least this permission, regardless of the secret."""
    who, kind = _who(actor)
    return _held_query(model, kind, needed, connection.vendor).subquery(who=who)


class PermissionQuery(enum.Enum):
    """For whom the queries differ in more than a number."""

    SYSTEM = Actor.system()
    ACCESS_KEY = Actor(None, Grants(access_key=SOMEBODY), via=Via.ACCESS_KEY)
    ANYBODY = Actor.anonymous()
    USER = Actor(User(pk=SOMEBODY), via=Via.PASSWORD)


def _who(actor: Actor) -> tuple[int | None, PermissionQuery]:
    if actor.is_system:
        return None, PermissionQuery.SYSTEM
    if actor.grants.access_key is not None:
        return actor.grants.access_key, PermissionQuery.ACCESS_KEY
    if actor.user is None or actor.grants.public_only:
        return None, PermissionQuery.ANYBODY
    return actor.user.pk, PermissionQuery.USER


# To compile these takes Django several milliseconds, to answer them less than one.
@functools.cache
def _step_query(model: type[Place], who: PermissionQuery, vendor: str) -> PreparedQuery:
    steps = [reason.step() for reason in _reasons(who.value, model)]
    # Greatest takes two at least.
    step = Greatest(NOTHING, *steps)
    rows = model._default_manager.filter(pk=SOMETHING).order_by().values_list(step)
    return PreparedQuery(rows, who=SOMEBODY, subject=SOMETHING)


@functools.cache
def _held_query(
    model: type[Place], who: PermissionQuery, needed: Permission, vendor: str
) -> PreparedQuery:
    wanted = Q(pk__in=[])
    for reason in _reasons(who.value, model):
        wanted |= reason.reaches(needed)
    rows = model._default_manager.filter(wanted).order_by().values("pk")
    return PreparedQuery(rows, who=SOMEBODY)


def _reasons(actor: Actor, model: type[Place]) -> list[PermissionSource]:
    """Why the actor may hold something on a row: the only list of reasons, for lists and single rows alike."""
    if model is Project:
        return _reasons_on_projects(actor)
    return _reasons_on_repositories(actor)


def _reasons_on_repositories(actor: Actor) -> list[PermissionSource]:
    public = ConditionSource(Q(is_public=True) | Q(project__is_public=True), Permission.REPO_VIEW)
    if actor.is_system:
        return [ConditionSource(ALWAYS, Permission.REPO_ADMIN)]
    if actor.grants.access_key is not None:
        keys = AccessKey.objects.filter(key=actor.grants.access_key)
        return [
            public,
            GrantSource(keys, "repository"),
            GrantSource(keys, "project", ON_REPOSITORIES),
        ]
    if actor.user is None or actor.grants.public_only:
        return [public]
    return [
        public,
        GrantSource(_own(RepositoryGrant.objects, actor.user), "repository"),
        GrantSource(_own(ProjectGrant.objects, actor.user), "project", ON_REPOSITORIES),
        ProjectDefaultSource(
            _is_licensed(actor.user), "project__default_permission", ON_REPOSITORIES
        ),
        ConditionSource(Q(project__owner=actor.user), Permission.REPO_ADMIN),
        ConditionSource(_is_site_administrator(actor.user), Permission.REPO_ADMIN),
    ]


def _reasons_on_projects(actor: Actor) -> list[PermissionSource]:
    seen: list[PermissionSource] = [
        ConditionSource(Q(is_public=True), Permission.PROJECT_VIEW),
        # Who sees one of its repositories sees the project.
        RepositoryInProjectSource(_reasons_on_repositories(actor), Permission.PROJECT_VIEW),
    ]
    if actor.is_system:
        return [ConditionSource(ALWAYS, Permission.PROJECT_ADMIN)]
    if actor.grants.access_key is not None:
        keys = AccessKey.objects.filter(key=actor.grants.access_key)
        return [*seen, GrantSource(keys, "project")]
    if actor.user is None or actor.grants.public_only:
        return [*seen]
    return [
        *seen,
        GrantSource(_own(ProjectGrant.objects, actor.user), "project"),
        ProjectDefaultSource(_is_licensed(actor.user), "default_permission"),
        ConditionSource(Q(owner=actor.user), Permission.PROJECT_ADMIN),
        ConditionSource(_is_site_administrator(actor.user), Permission.PROJECT_ADMIN),
    ]


def _own(grants: Manager[Any], user: User) -> QuerySet[Any]:
    return grants.filter(Q(user=user) | Q(group__in=user.member_of.all()))


def _is_licensed(user: User) -> Q:
    return Q(
        Exists(_own(GlobalGrant.objects, user).filter(permission__gte=Permission.LICENSED_USER))
    )


def _is_site_administrator(user: User) -> Q:
    return Q(Exists(_own(GlobalGrant.objects, user).filter(permission__gte=Permission.ADMIN)))


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
