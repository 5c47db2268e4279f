"""Refusals about comments, reactions and attachments."""

from __future__ import annotations

from core.errors import Conflict, DomainError, NotFound


class NoSuchComment(NotFound):
    """No comment of that number, or none that belongs here."""

    exception_name = "com.atlassian.bitbucket.comment.NoSuchCommentException"

    def __init__(self, number: str):
        super().__init__(f"Comment {number[:20]} does not exist.")


class CommentOutOfDate(Conflict):
    """The comment was changed since the caller read it."""

    exception_name = "com.atlassian.bitbucket.comment.CommentOutOfDateException"

    def __init__(self, current: int, expected: int | None):
        super().__init__(
            "You are attempting to modify a comment based on out-of-date information.",
            currentVersion=current,
            expectedVersion=-1 if expected is None else expected,
        )


class CommentNotDeletable(Conflict):
    """A comment that was answered stays."""

    exception_name = "com.atlassian.bitbucket.comment.CommentDeletionException"

    def __init__(self) -> None:
        super().__init__("The comment has replies and cannot be deleted.")


class NoSuchAttachment(NotFound):
    """No attachment of that number in this repository."""

    exception_name = "com.atlassian.bitbucket.attachment.NoSuchAttachmentException"


class RangeNotThere(DomainError):
    """The file has no bytes where the caller wants some."""

    status = 416

    def __init__(self, size: int):
        super().__init__("The file is shorter than the range that you ask for.")
        self.size = size

    @property
    def headers(self) -> dict[str, str]:
        """Tell how long it is."""
        return {"Content-Range": f"bytes */{self.size}"}
