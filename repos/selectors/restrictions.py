"""Branch permissions: the restrictions of projects and repositories, and which of them apply to a change."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from accounts.actor import Actor
from accounts.models import Group, User
from accounts.permissions import Permission, Scope
from core.errors import Invalid, NotFound
from core.paging import Page, PageRequest, page_of_rows
from gitengine import history
from gitengine.errors import GitError
from gitengine.repository import GitRepository
from gitengine.types import RefChangeKind, RefCommand
from repos import access
from repos.matchers import BranchModelNames, Matcher, MatcherType
from repos.models import Project, RefRestriction, Repository
from repos.selectors import branch_models

ADVICE = "Check the branch permissions with an administrator of the repository"


@dataclass(frozen=True)
class RestrictionMatch:
    """A restriction as it is asked: what it is about, and whether the actor may all the same."""

    kind: str
    matcher: Matcher
    is_exempt: bool


def list_of(
    actor: Actor,
    place: Project | Repository,
    wanted: PageRequest,
    *,
    kind: str = "",
    matcher_type: str = "",
    matcher_id: str = "",
) -> Page[RefRestriction]:
    """The rules of a place, of a repository with those of its project."""
    require_administrator(actor, place)
    rows = _rows(place)
    if kind:
        if kind not in RefRestriction.Kind.values:
            raise Invalid(f'"{kind[:40]}" is no type of restriction.', context="type")
        rows = rows.filter(kind=kind)
    if matcher_id and not matcher_type:
        raise Invalid("A matcherId needs a matcherType.", context="matcherType")
    if matcher_type:
        rows = rows.filter(matcher_type=matcher_type)
    if matcher_id:
        is_model = matcher_type == MatcherType.MODEL_BRANCH.value
        rows = rows.filter(**{f"matcher_id{'__iexact' if is_model else ''}": matcher_id})
    return page_of_rows(rows, wanted)


def get(actor: Actor, place: Project | Repository, number: str) -> RefRestriction:
    """Return the restriction with this ID on this project or repository."""
    require_administrator(actor, place)
    found = None
    if number.isascii() and number.isdigit() and len(number) <= 18:
        found = _rows(place).filter(pk=int(number)).first()
    if found is None:
        raise NotFound(f"There is no restriction {number[:20]} here.")
    return found


def require_administrator(actor: Actor, place: Project | Repository) -> None:
    """Refuse who does not administer the place."""
    if isinstance(place, Project):
        access.require(actor, Permission.PROJECT_ADMIN, place, scope=Scope.PROJECT)
    else:
        access.require(actor, Permission.REPO_ADMIN, place, scope=Scope.REPOSITORY)


def rules_for(actor: Actor, repository: Repository) -> list[RestrictionMatch]:
    """Every rule of a repository and its project, as this actor meets it; two queries, or one."""
    rows = list(_rows(repository))
    if not rows:
        return []
    groups = set(actor.user.member_of.values_list("pk", flat=True)) if actor.user else set()
    return [
        RestrictionMatch(
            row.kind,
            Matcher(MatcherType(row.matcher_type), row.matcher_id),
            _is_exempt(actor, row, groups),
        )
        for row in rows
    ]


def names_of(actor: Actor, repository: Repository, git: GitRepository) -> BranchModelNames:
    """What the branch model in force says of names."""
    model = branch_models.setting(actor, repository)
    head = git.head_branch()
    production = model.production

    def category_of(name: str) -> str:
        found = model.category_of(name)
        return found.id if found else ""

    return BranchModelNames(
        development=model.development.ref or head,
        production="" if production is None else production.ref or head,
        category_of=category_of,
    )


def refusal(
    rules: list[RestrictionMatch],
    names: BranchModelNames,
    git: GitRepository,
    command: RefCommand,
    *,
    is_merge: bool,
) -> str | None:
    """Say which rule minds a change, and None if none does."""
    for rule in rules:
        if rule.is_exempt or not rule.matcher.matches(command.name, names):
            continue
        sentence = _sentence(rule.kind, git, command, is_merge)
        if sentence:
            kind, _, short = command.name.removeprefix("refs/").partition("/")
            thing = {"heads": "branch", "tags": "tag"}.get(kind, "ref")
            return f"{thing} {short or command.name} {sentence}. {ADVICE}"
    return None


def _sentence(kind: str, git: GitRepository, command: RefCommand, is_merge: bool) -> str:
    change = command.kind
    if kind == RefRestriction.Kind.READ_ONLY:
        return "is read-only"
    if kind == RefRestriction.Kind.NO_CREATES and change is RefChangeKind.ADD:
        return "cannot be created"
    if kind == RefRestriction.Kind.NO_DELETES and change is RefChangeKind.DELETE:
        return "cannot be deleted"
    if kind == RefRestriction.Kind.PULL_REQUEST_ONLY and not is_merge:
        return "" if change is RefChangeKind.ADD else "can only be modified through pull requests"
    if kind == RefRestriction.Kind.FAST_FORWARD_ONLY and change is RefChangeKind.UPDATE:
        return "" if is_merge or _is_forward(git, command) else "cannot have its history rewritten"
    return ""


def _is_forward(git: GitRepository, command: RefCommand) -> bool:
    try:
        return history.is_ancestor(git, command.old, command.new)
    except GitError:
        return False


def _is_exempt(actor: Actor, row: RefRestriction, groups: set[int]) -> bool:
    if actor.is_system:
        return True
    if actor.grants.access_key is not None:
        return any(key.pk == actor.grants.access_key for key in row.access_keys.all())
    if actor.user is None:
        return False
    is_named = any(user.pk == actor.user.pk for user in row.users.all())
    return is_named or any(group.pk in groups for group in row.groups.all())


def _rows(place: Project | Repository) -> QuerySet[RefRestriction]:
    of_place = (
        Q(project=place)
        if isinstance(place, Project)
        else Q(repository=place) | Q(project=place.project_id)
    )
    return (
        RefRestriction.objects.filter(of_place)
        .prefetch_related(
            Prefetch("users", User.objects.order_by("name")),
            Prefetch("groups", Group.objects.order_by("name")),
            "access_keys",
        )
        .order_by("pk")
    )
