"""What repositories do later: remove files, tidy up, settle what a kill interrupted."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.actor import Actor
from gitengine import last_changes, maintenance, refs
from gitengine.errors import NotAGitRepository
from gitengine.repository import GitRepository
from repos import storage
from repos.models import Push, Repository
from repos.services import ref_updates

logger = logging.getLogger(__name__)


@shared_task(name="repos.delete_files")
def delete_files(repository_id: int) -> None:
    """Remove the files of a repository whose row is gone."""
    if Repository.objects.filter(pk=repository_id).exists():
        logger.error("repository %d exists; its files stay", repository_id)
        return
    GitRepository(storage.path_of(repository_id)).delete()
    cache = storage.pack_cache_of(repository_id)
    if cache is not None:
        cache.forget()


@shared_task(name="repos.tidy")
def tidy(repository_id: int) -> None:
    """Repack what pushes brought."""
    try:
        maintenance.tidy(GitRepository.open(storage.path_of(repository_id)))
    except NotAGitRepository:
        logger.info("repository %d is gone; nothing to tidy", repository_id)


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
