"""Refusals about projects, repositories and what they hold."""

from __future__ import annotations

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable


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
    """It was renamed or moved; clients are redirected with the same method."""

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


class TooExpensive(DomainError):
    """It would take more memory or processor time than one request may use."""

    status = 422


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
        super().__init__(f"Repository {name} is available; it does not need to be recreated.")


class SynchronisationUnavailable(Conflict):
    """The repository has no origin to synchronize with, or synchronization is disabled."""


class AlreadySynchronised(Conflict):
    """The ref is already in the state that the action would bring, or cannot be changed by it."""

    exception_name = "com.atlassian.bitbucket.repository.sync.RefAlreadySynchronizedException"


class MergeConflicted(Conflict):
    """Both sides changed the same lines."""

    exception_name = "com.atlassian.bitbucket.scm.MergeConflictException"


class RefNotMoved(Conflict):
    """A rule or a concurrent update prevented the ref update."""


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
    """The path is not a folder."""


class UnfitName(Invalid):
    """A key, slug or ref name that cannot be."""

    exception_name = "com.atlassian.bitbucket.validation.ArgumentValidationException"


class RepositoryBusy(Unavailable):
    """Too much is done to the repository just now."""


class DuplicateBranch(Conflict):
    """A branch of that name exists already."""

    exception_name = "com.atlassian.bitbucket.repository.DuplicateRefException"


class DuplicateTag(Invalid):
    """A tag of that name exists already; Bitbucket answers 400 to this one."""

    exception_name = "com.atlassian.bitbucket.repository.DuplicateRefException"


class RefsOverlap(Conflict):
    """The ref name conflicts with another: Git cannot have both `a` and `a/b`."""

    exception_name = "com.atlassian.bitbucket.repository.DuplicateRefException"


class RefOutOfDate(Conflict):
    """The ref was updated concurrently."""

    exception_name = "com.atlassian.bitbucket.repository.RefOutOfDateException"


class RefMoveRefused(Forbidden):
    """A rule of the repository minds; the message is the rule's sentence."""


class FileAlreadyExists(Conflict):
    """The file to create already exists."""

    exception_name = "com.atlassian.bitbucket.content.FileAlreadyExistsException"


class FileOutOfDate(Conflict):
    """The file changed since the commit that the editor saw."""

    exception_name = "com.atlassian.bitbucket.content.FileOutOfDateException"


class FileUnmodified(Conflict):
    """The edit would change nothing."""

    exception_name = "com.atlassian.bitbucket.content.FileContentUnmodifiedException"


class NoSuchLabel(NotFound):
    """No such label, or none on a repository that the caller may see."""

    exception_name = "com.atlassian.bitbucket.label.NoSuchLabelException"

    def __init__(self, name: str):
        super().__init__(f'The label "{name}" does not exist.')


class NoBranchModel(NotFound):
    """No branch model is configured here or in the project."""
