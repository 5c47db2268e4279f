"""What repositories do later: remove files, tidy up, settle what a kill interrupted."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.actor import Actor
from gitengine import last_changes, maintenance, refs
from gitengine.errors import LimitReached, NotAGitRepository
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from infrastructure import jobs
from repos import storage
from repos.models import ForkNetwork, Push, Repository
from repos.services import forks, ref_updates, synchronisation

logger = logging.getLogger(__name__)


@shared_task(name="repos.delete_files")
def delete_files(repository_id: int, network_id: int | None = None) -> None:
    """Remove the files of a repository whose row is gone; with the last of a network, its pool."""
    if Repository.objects.filter(pk=repository_id).exists():
        logger.error("repository %d exists; its files stay", repository_id)
        return
    GitRepository(storage.path_of(repository_id)).delete()
    cache = storage.pack_cache_of(repository_id)
    if cache is not None:
        cache.forget()
    if network_id is not None:
        forks.end_empty_network(Actor.system(), network_id)


@shared_task(name="repos.delete_pool")
def delete_pool(network_id: int) -> None:
    """Remove the object pool of a fork network that has ended."""
    if ForkNetwork.objects.filter(pk=network_id).exists():
        logger.error("fork network %d exists; its pool stays", network_id)
        return
    GitRepository(storage.pool_path_of(network_id)).delete()


@shared_task(name="repos.tidy")
def tidy(repository_id: int) -> None:
    """Repack what pushes brought, or move it into the pool of the fork network."""
    repository = Repository.objects.filter(pk=repository_id).first()
    if repository is None:
        logger.info("repository %d is gone; nothing to tidy", repository_id)
        return
    try:
        pool = storage.pool_of(repository)
        maintenance.tidy(GitRepository.open(storage.path_of(repository_id)), pool)
    except NotAGitRepository:
        logger.warning("the files of %s are missing; nothing to tidy", repository)
        return
    if repository.network_id is not None:
        forks.tidy_pool_soon(Actor.system(), repository.network_id)


@shared_task(name="repos.tidy_pool")
def tidy_pool(network_id: int) -> None:
    """Join what the members of a fork network brought into its pool."""
    tips: set[ObjectId] = set()
    for member in Repository.objects.filter(network=network_id):
        git = GitRepository(storage.path_of(member.pk))
        tips.update(ref.peeled for ref in refs.list_refs(git, (refs.BRANCHES, refs.TAGS)))
    try:
        maintenance.tidy_pool(GitRepository.open(storage.pool_path_of(network_id)), tips)
    except NotAGitRepository:
        logger.info("the pool of fork network %d is gone; nothing to tidy", network_id)


@shared_task(name="repos.synchronise")
def synchronise(repository_id: int) -> None:
    """Let a fork follow its origin, as far as nothing is lost by it."""
    fork = Repository.objects.filter(pk=repository_id).first()
    if fork is not None:
        synchronisation.follow(Actor.system(), fork)


@shared_task(name="repos.finish_pushes")
def finish_pushes() -> None:
    """Settle every push that a kill cut off; also done at start."""
    pending = Push.objects.filter(state=Push.State.PENDING).values("repository")
    failed = []
    for repository in Repository.objects.filter(pk__in=pending):
        try:
            ref_updates.settle(Actor.system(), repository)
        except Exception:
            # One repository whose files are missing keeps no other from being settled.
            logger.exception("%s could not be settled", repository)
            failed.append(repository.pk)
    if failed:
        raise RuntimeError(f"repositories {failed} are not settled; it will be tried again")


@shared_task(name="repos.announce_push")
def announce_push(push_id: int) -> None:
    """Tell again of a push whose announcement failed."""
    push = Push.objects.filter(pk=push_id).first()
    if push is not None:
        ref_updates.announce(Actor.system(), push)


@shared_task(name="repos.index_last_changes")
def index_last_changes(repository_id: int) -> None:
    """Bring up to date which commit last changed each path of the default branch."""
    try:
        git = GitRepository.open(storage.path_of(repository_id))
        head = refs.find(git, git.head_branch())
        if head is not None:
            last_changes.update(git, head.target)
    except NotAGitRepository:
        logger.info("repository %d is gone; nothing to index", repository_id)
    except LimitReached as error:
        # Pages say of each file that its last change is not known; another try would take as much.
        raise jobs.PermanentFailure(str(error)) from error
