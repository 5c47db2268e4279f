"""Refusals about projects, repositories and what they hold."""

from __future__ import annotations

from core.errors import Conflict, DomainError, Invalid, NotFound, Unavailable


class NoSuchProject(NotFound):
    """No project of that key, or none that the caller may know of."""

    exception_name = "com.atlassian.bitbucket.project.NoSuchProjectException"

    def __init__(self, key: str):
        super().__init__(f"Project {key} does not exist.")


class NoSuchRepository(NotFound):
    """No repository of that name, or none that the caller may know of."""

    exception_name = "com.atlassian.bitbucket.repository.NoSuchRepositoryException"

    def __init__(self, project_key: str, slug: str):
        super().__init__(f"Repository {project_key}/{slug} does not exist.")


class Moved(DomainError):
    """It stands under another name now; doors send the caller on, with the same method."""

    status = 307

    def __init__(self, project_key: str, slug: str | None = None):
        super().__init__(f"It is now found as {'/'.join(filter(None, [project_key, slug]))}.")
        self.project_key = project_key
        self.slug = slug


class NameTaken(Conflict):
    """A project or repository has that name or key already."""

    exception_name = None

    def __init__(self, message: str, context: str):
        super().__init__(message, context=context)


class ProjectNotEmpty(Conflict):
    """A project with repositories is not deleted."""

    def __init__(self, name: str):
        super().__init__(
            f'The project "{name}" cannot be deleted because it has repositories. '
            "Delete or move them first."
        )


class RepositoryArchived(Conflict):
    """An archived repository is read-only."""

    exception_name = "com.atlassian.bitbucket.repository.RepositoryArchivedException"

    def __init__(self, name: str):
        super().__init__(f"Repository {name} is archived and read-only.")


class NotForkable(Conflict):
    """The administrators of the repository allow no forks."""

    def __init__(self, name: str):
        super().__init__(f"Repository {name} does not allow forks.")


class NotInitialisationFailed(Invalid):
    """Only a repository whose making failed is made again."""

    def __init__(self, name: str):
        super().__init__(f"Repository {name} is available; there is nothing to make again.")


class SynchronisationUnavailable(Conflict):
    """The repository has no origin to follow, or none that it may follow, or nobody asked it to."""


class AlreadySynchronised(Conflict):
    """The ref stands where the action would bring it, or is in no state for it."""

    exception_name = "com.atlassian.bitbucket.repository.sync.RefAlreadySynchronizedException"


class MergeConflicted(Conflict):
    """Both sides changed the same lines."""

    exception_name = "com.atlassian.bitbucket.scm.MergeConflictException"


class SynchronisationNotImplemented(DomainError):
    """An action that is understood and not done, as in Bitbucket itself."""

    status = 501


class RefNotMoved(Conflict):
    """A rule, or somebody who was quicker, kept the ref where it was."""


class NoSuchCommit(NotFound):
    """No commit, branch or tag of that name."""

    exception_name = "com.atlassian.bitbucket.commit.NoSuchCommitException"


class NoSuchPath(NotFound):
    """No such file or folder at that commit."""

    exception_name = "com.atlassian.bitbucket.content.NoSuchPathException"


class NoSuchBranch(NotFound):
    """No branch of that name."""

    exception_name = "com.atlassian.bitbucket.repository.NoSuchBranchException"


class NoDefaultBranch(NotFound):
    """The repository is empty, or its default branch is gone."""

    exception_name = "com.atlassian.bitbucket.repository.NoDefaultBranchException"


class NoSuchTag(NotFound):
    """No tag of that name."""

    exception_name = None


class NotADirectory(Invalid):
    """A folder was asked for, and something else stands there."""


class UnfitName(Invalid):
    """A key, slug or ref name that cannot be."""

    exception_name = "com.atlassian.bitbucket.validation.ArgumentValidationException"


class RepositoryBusy(Unavailable):
    """Too much is done to the repository just now."""
