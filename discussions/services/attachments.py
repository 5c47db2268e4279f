"""Keep files that comments show."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core.errors import Invalid, TooLarge
from discussions import storage
from discussions.models import Attachment
from discussions.selectors import comments as find
from repos import access
from repos.errors import RepositoryArchived
from repos.models import Repository

LONGEST_NAME = 255
# No upload takes that long: whatever has no row by then never gets one.
FORGOTTEN_AFTER = 24 * 3600.0
LONGEST_METADATA = 64 * 1024


def upload(
    actor: Actor, repository: Repository, *, name: str, size: int, chunks: Iterable[bytes]
) -> Attachment:
    """Keep a file; its name is for people only."""
    _require_open(actor, repository)
    if size > settings.ATTACHMENT_MAX_BYTES:
        raise TooLarge(f"An attachment may have {settings.ATTACHMENT_MAX_BYTES} bytes at most.")
    stored_as = storage.store(repository.pk, chunks)
    try:
        with transaction.atomic():
            return Attachment.objects.create(
                repository=repository,
                uploader=actor.user,
                name=_clean_name(name),
                size=size,
                stored_as=stored_as,
            )
    except BaseException:
        storage.remove(repository.pk, stored_as)
        raise


def delete(actor: Actor, repository: Repository, attachment: Attachment) -> None:
    """Delete a file; comments that show it lose it."""
    _require_administration(actor, repository)
    with transaction.atomic():
        Attachment.objects.filter(pk=attachment.pk).delete()
        transaction.on_commit(partial(storage.remove, repository.pk, attachment.stored_as))


def sweep(actor: Actor) -> int:
    """Remove the files that a kill left without a row; gives how many."""
    removed = 0
    for repository_id, names in storage.listed(older_than=FORGOTTEN_AFTER):
        rows = Attachment.objects.filter(repository=repository_id, stored_as__in=names)
        for name in set(names) - set(rows.values_list("stored_as", flat=True)):
            storage.remove(repository_id, name)
            removed += 1
    return removed


def set_metadata(
    actor: Actor, repository: Repository, attachment: Attachment, metadata: str
) -> Attachment:
    """Keep JSON with a file, given as its text."""
    _require_open(actor, repository)
    if len(metadata) > LONGEST_METADATA:
        raise Invalid("The metadata is too large.", context="metadata")
    attachment.metadata = metadata
    attachment.save(update_fields=["metadata"])
    return attachment


def delete_metadata(actor: Actor, repository: Repository, attachment: Attachment) -> None:
    """Forget what was kept with a file."""
    _require_administration(actor, repository)
    attachment.metadata = ""
    attachment.save(update_fields=["metadata"])


def _require_open(actor: Actor, repository: Repository) -> None:
    find.require_voice(actor, repository)
    _refuse_archived(repository)


def _require_administration(actor: Actor, repository: Repository) -> None:
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    _refuse_archived(repository)


def _refuse_archived(repository: Repository) -> None:
    if repository.is_archived:
        raise RepositoryArchived(str(repository))


def _clean_name(name: str) -> str:
    """Leave out folders and what no name should hold."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign for sign in last if sign.isprintable()).strip()
    return plain.encode("utf-8", "replace").decode()[-LONGEST_NAME:] or "attachment"
