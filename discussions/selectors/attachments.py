"""Attachments of a repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.actor import Actor
from core.errors import NotFound
from discussions import storage
from discussions.errors import NoSuchAttachment, RangeNotThere
from discussions.models import Attachment
from repos.models import Repository


@dataclass(frozen=True)
class AttachmentPart:
    """A piece of a file, from the first byte to the last; `head` are the first bytes of the whole."""

    attachment: Attachment
    head: bytes
    first: int
    last: int
    is_whole: bool
    chunks: Iterator[bytes]


def get(actor: Actor, repository: Repository, number: str) -> Attachment:
    """An attachment of this repository by its number; NoSuchAttachment."""
    is_number = number.isascii() and number.isdigit() and len(number) <= 18
    rows = Attachment.objects.filter(repository=repository)
    found = rows.filter(pk=int(number)).first() if is_number else None
    if found is None:
        raise NoSuchAttachment(f"Attachment {number[:20]} does not exist.")
    return found


def metadata(actor: Actor, repository: Repository, number: str) -> Attachment:
    """An attachment that has metadata."""
    found = get(actor, repository, number)
    if not found.metadata:
        raise NotFound(f"Attachment {found.pk} has no metadata.")
    return found


def read(
    actor: Actor, repository: Repository, attachment: Attachment, range_header: str
) -> AttachmentPart:
    """The bytes that a Range header asks for, all where it asks for nothing that we give in parts."""
    wanted = _range(range_header, attachment.size)
    first, last = wanted or (0, attachment.size - 1)
    name = attachment.stored_as
    head = b"".join(storage.read(repository.pk, name, length=storage.HEAD))
    chunks = storage.read(repository.pk, name, start=first, length=last - first + 1)
    return AttachmentPart(attachment, head, first, last, wanted is None, chunks)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """Read one range of bytes; None for what RFC 9110 lets a server ignore."""
    unit, _, text = header.strip().partition("=")
    start, dash, end = text.strip().partition("-")
    numbers = [one for one in (start, end) if one]
    if unit.lower() != "bytes" or not dash or not numbers:
        return None
    if not all(one.isascii() and one.isdigit() and len(one) < 16 for one in numbers):
        return None
    if not start:
        first, last = max(0, size - int(end)), size - 1
        if int(end) == 0:
            raise RangeNotThere(size)
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
        if end and int(end) < first:
            return None
    if first >= size:
        raise RangeNotThere(size)
    return first, last
