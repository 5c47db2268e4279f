"""What Git may refuse: every error that leaves this package."""

from __future__ import annotations

from collections.abc import Sequence


class GitError(Exception):
    """Anything that Git could not or would not do; the message is fit for a person to read."""


class NotAGitRepository(GitError):
    """There is no repository at this path."""


class NoSuchRevision(GitError):
    """No visible branch, tag or object answers to this name."""

    def __init__(self, revision: str):
        super().__init__(f'Commit "{revision}" does not exist in this repository.')
        self.revision = revision


class NoSuchPath(GitError):
    """The path does not exist at that commit."""

    def __init__(self, path: str, revision: str):
        super().__init__(f'The path "{path}" does not exist at revision "{revision}"')
        self.path = path
        self.revision = revision


class InvalidName(GitError):
    """A ref name or path that Git, or we, would never accept."""


class ProtocolError(GitError):
    """The client spoke something that is not the Git protocol, or broke it off."""


class NotServed(ProtocolError):
    """The client requested something that is not supported; reported in the protocol, as git does."""


class InputTooLarge(ProtocolError):
    """The client sent more than the limits allow."""


class GitFailed(GitError):
    """The git program ended with an error; `stderr` is for the log, never for a client."""

    def __init__(self, command: str, status: int, stderr: str):
        super().__init__(f"git {command} ended with status {status}")
        self.command = command
        self.status = status
        self.stderr = stderr


class TookTooLong(GitError):
    """A limit of time was reached; the child has been killed."""


class LimitReached(GitError):
    """A child used more memory or processor time than it may; it has been ended."""


class TooManyPaths(LimitReached):
    """A tree has more paths than are listed, compared or archived at once."""

    def __init__(self, most: int):
        super().__init__(
            f"There are more than {most:,} paths here, too many to show at once. "
            "Look at a folder or a file of it."
        )


class DiskFull(GitError):
    """There is too little disk space for more objects."""


class Busy(GitError):
    """Too many heavy requests at once; try again in a moment."""


class RepositoryLocked(GitError):
    """The repository lock was not acquired in time."""


class EditRefused(GitError):
    """A change of a file that cannot be, or that Git would refuse from a client."""


class MergeConflict(GitError):
    """Both sides changed the same places; `commit` is the one that could not be applied, if there is one."""

    def __init__(self, paths: Sequence[str], commit: str = ""):
        shown = ", ".join(paths[:5]) + (" and others" if len(paths) > 5 else "")
        super().__init__(f"There are conflicts in {shown}.")
        self.paths = tuple(paths)
        self.commit = commit


class NotFastForward(GitError):
    """The target has commits that the source lacks, and the strategy makes no merge."""


class NothingChanged(GitError):
    """The change would leave everything as it is."""
