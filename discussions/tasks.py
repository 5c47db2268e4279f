"""What discussions do later: remove files whose rows are gone, or never came."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.actor import Actor
from discussions import storage
from discussions.services import attachments
from repos.models import Repository

logger = logging.getLogger(__name__)


@shared_task(name="discussions.delete_files")
def delete_files(repository_id: int) -> None:
    """Remove the attachments of a repository whose row is gone."""
    if Repository.objects.filter(pk=repository_id).exists():
        logger.error("repository %d exists; its attachments stay", repository_id)
        return
    storage.remove_all(repository_id)


@shared_task(name="discussions.sweep")
def sweep() -> None:
    """Remove files whose upload was cut off."""
    removed = attachments.sweep(Actor.system())
    if removed:
        logger.info("%d attachments without a row were removed", removed)
