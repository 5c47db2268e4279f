"""What discussions do when something happened below them."""

from __future__ import annotations

from core.events import subscribe
from infrastructure import jobs
from repos.events import RepositoryDeleted


@subscribe(RepositoryDeleted)
def delete_files_soon(event: RepositoryDeleted) -> None:
    """The attachments of a repository go with it."""
    jobs.enqueue("discussions.delete_files", event.repository.pk)
