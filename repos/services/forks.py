"""Fork a repository: rows and refs are written, objects are shared through one pool per network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Forbidden, Invalid, Unauthenticated
from gitengine import pools, refs
from gitengine.repository import GitRepository
from gitengine.types import Ref
from infrastructure import jobs
from repos import access, storage
from repos.errors import NameTaken, NoSuchRepository, NotForkable, NotInitialisationFailed
from repos.events import RepositoryForked
from repos.models import (
    ForkNetwork,
    FormerRepositorySlug,
    Project,
    Repository,
    RepositoryGrant,
)
from repos.services import name_rules, projects

FORKED = (refs.BRANCHES, refs.TAGS)
TIDY_POOL_AFTER = timedelta(minutes=2)


def create(
    actor: Actor,
    origin: Repository,
    *,
    name: str | None = None,
    project: Project | None = None,
    default_branch: str | None = None,
) -> Repository:
    """Make a fork, in one's personal project unless another is named; it has the origin's branches and tags."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to fork a repository.")
    access.require(actor, Permission.REPO_VIEW, origin)
    if not origin.is_forkable:
        raise NotForkable(str(origin))
    name = name_rules.check_repository_name(actor, origin.name if name is None else name)
    fork = Repository(
        slug=name_rules.slug_of(actor, name),
        name=name,
        description=origin.description,
        hierarchy_id=origin.hierarchy_id,
        origin=origin,
    )
    with storage.opened(origin) as git, _unique_slug(), transaction.atomic():
        if project is None:
            if actor.user is None:
                raise Forbidden()
            project = projects.personal(actor, actor.user)
        access.require(actor, Permission.REPO_CREATE, project, scope=Scope.PROJECT)
        fork.project = project
        # The refs first: what they need is there already when the objects are linked.
        listed = refs.list_refs(git, FORKED)
        head = _default_branch(git, listed, default_branch)
        FormerRepositorySlug.objects.filter(project=project, slug=fork.slug).delete()
        fork.save()
        if actor.user is not None and project.owner_id != actor.user.pk:
            RepositoryGrant.objects.create(
                repository=fork, user=actor.user, permission=Permission.REPO_ADMIN
            )
        with _shared(origin, git) as (network, pool):
            fork.network = network
            fork.save(update_fields=["network"])
            _make_files(fork, pool, listed, head)
        jobs.enqueue("repos.tidy", origin.pk, unique_key=f"repos.tidy:{origin.pk}")
        events.publish(RepositoryForked(actor=actor, repository=fork, origin=origin))
    return fork


def recreate(actor: Actor, repository: Repository) -> Repository:
    """Recreate the files of a repository whose creation failed; raises NotInitialisationFailed if they exist."""
    access.require(actor, Permission.PROJECT_ADMIN, repository.project, scope=Scope.PROJECT)
    path = storage.path_of(repository.pk)
    # Files are made whole or not at all: whatever lies there, damaged or not, holds what people pushed.
    if path.exists():
        raise NotInitialisationFailed(str(repository))
    origin = access.visible_repositories(actor).filter(forks=repository).first()
    pool = storage.pool_of(repository)
    if origin is None or pool is None:
        GitRepository.create(path)
        return repository
    with storage.opened(origin) as git:
        listed = refs.list_refs(git, FORKED)
        pools.lend(git, pool)
        _make_files(repository, pool, listed, git.head_branch())
    return repository


def end_empty_network(actor: Actor, network_id: int) -> None:
    """Let a network without members end, and its pool with it."""
    with transaction.atomic():
        network = ForkNetwork.objects.select_for_update().filter(pk=network_id).first()
        if network is not None and not network.members.exists():
            jobs.enqueue("repos.delete_pool", network_id)
            network.delete()


def tidy_pool_soon(actor: Actor, network_id: int) -> None:
    """Let the maintainer look at a network's pool, once for many members."""
    jobs.enqueue(
        "repos.tidy_pool",
        network_id,
        unique_key=f"repos.tidy_pool:{network_id}",
        delay=TIDY_POOL_AFTER,
    )


@contextmanager
def _shared(origin: Repository, git: GitRepository) -> Iterator[tuple[ForkNetwork, GitRepository]]:
    """Give the origin's network and its pool, made when there is none, with all that the origin has."""
    rows = Repository.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.filter(pk=origin.pk).first()
    if locked is None:
        raise NoSuchRepository(origin.project.key, origin.slug)
    if locked.network_id is not None:
        network = ForkNetwork.objects.select_for_update(no_key=True).get(pk=locked.network_id)
        pool = GitRepository.open(storage.pool_path_of(network.pk))
        pools.lend(git, pool)
        yield network, pool
        return
    network = ForkNetwork.objects.create()
    path = storage.pool_path_of(network.pk)
    if path.exists():
        # Left by a network that never became true: no member has given it anything yet.
        GitRepository(path).delete()
    pool = GitRepository.create(path)
    try:
        pools.lend(git, pool)
        pools.borrow(git, pool)
        locked.network = network
        locked.save(update_fields=["network"])
        origin.network = network
        yield network, pool
    except BaseException:
        # The rows will say that there is no network; the origin still has all that it had.
        with suppress(OSError):
            pools.leave(git)
        pool.delete()
        origin.network = None
        raise


def _make_files(fork: Repository, pool: GitRepository, listed: list[Ref], head: str) -> None:
    path = storage.path_of(fork.pk)
    if path.exists():
        # Left by a creation that never became true; the row that is being made owns the number.
        GitRepository(path).delete()
    pools.fork(path, pool, listed, head)


def _default_branch(git: GitRepository, listed: list[Ref], asked: str | None) -> str:
    if not asked:
        return git.head_branch()
    name = asked if asked.startswith(refs.BRANCHES) else refs.BRANCHES + asked
    if name not in {ref.name for ref in listed}:
        raise Invalid(f'Branch "{asked}" does not exist.', context="defaultBranch")
    return name


@contextmanager
def _unique_slug() -> Iterator[None]:
    """Turn the database's word on a taken name into ours."""
    try:
        yield
    except IntegrityError:
        raise NameTaken(
            "This repository name is already taken in the project.", context="name"
        ) from None
