"""One table: what happened -> how the audit log tells it. A new event is a line here, or a line in SILENT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts import events as people
from accounts.models import OAuthApplication, User
from builds import events as builds
from discussions import events as talk
from pullrequests import events as pulls
from repos import events as places
from repos.models import Project, Repository
from webhooks import events as hooks

USERS = "Users and groups"
PERMISSIONS = "Permissions"
SECURITY = "Security"
PROJECTS = "Projects"
REPOSITORIES = "Repositories"
ADMINISTRATION = "Global administration"
CATEGORIES = (ADMINISTRATION, PERMISSIONS, PROJECTS, REPOSITORIES, SECURITY, USERS)

# Told elsewhere: the push log knows every ref that moved, a comment tells itself, and a pull request
# its story.
SILENT = {
    places.RefsChanged,
    talk.CommitCommentAdded,
    talk.CommitCommentEdited,
    talk.CommitCommentDeleted,
    builds.BuildStatusReported,
    pulls.PullRequestOpened,
    pulls.PullRequestModified,
    pulls.PullRequestReviewersChanged,
    pulls.PullRequestReviewed,
    pulls.PullRequestSourceMoved,
    pulls.PullRequestMerged,
    pulls.PullRequestDeclined,
    pulls.PullRequestReopened,
    pulls.PullRequestCommentAdded,
    pulls.PullRequestCommentEdited,
    pulls.PullRequestCommentDeleted,
}


@dataclass(frozen=True)
class AuditDetails:
    """What is affected and what differs; never a secret."""

    affected: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    project_id: int | None = None
    repository_id: int | None = None


@dataclass(frozen=True)
class Entry:
    """How one type of event is recorded."""

    category: str
    action: str
    tell: Callable[[Any], AuditDetails]


def _user(user: User) -> dict[str, Any]:
    return {"type": "User", "id": user.pk, "name": user.name}


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "id": None, "name": name}


def _change(key: str, old: object, new: object) -> dict[str, Any]:
    return {"key": key, "from": _shown(old), "to": _shown(new)}


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(_shown(one)) for one in value)
    return str(value)


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[dict[str, Any]]:
    return [_change(key, old.get(key), new[key]) for key in new if old.get(key) != new[key]]


def _of_user(user: User, changes: Iterable[dict[str, Any]] = ()) -> AuditDetails:
    return AuditDetails([_user(user)], list(changes))


def _of_application(
    application: OAuthApplication, changes: Iterable[dict[str, Any]] = ()
) -> AuditDetails:
    shown = {"type": "Application", "id": application.pk, "name": application.name}
    return AuditDetails([shown], list(changes))


def _of_place(place: Project | Repository, changes: Iterable[dict[str, Any]] = ()) -> AuditDetails:
    project = place if isinstance(place, Project) else place.project
    affected = [{"type": "Project", "id": project.pk, "name": project.key}]
    if isinstance(place, Repository):
        affected.append(
            {"type": "Repository", "id": place.pk, "name": f"{project.key}/{place.slug}"}
        )
        return AuditDetails(affected, list(changes), project.pk, place.pk)
    return AuditDetails(affected, list(changes), project.pk)


def _of_project_change(event: places.ProjectModified) -> AuditDetails:
    names = ("key", "name", "description", "is_public")
    return _of_place(event.project, _fields(names, event.old, event.project))


def _of_repository_change(event: places.RepositoryModified) -> AuditDetails:
    names = ("slug", "name", "description", "is_public", "is_forkable", "is_archived")
    changes = _fields(names, event.old, event.repository)
    if event.old.project_id != event.repository.project_id:
        changes.append(_change("project", event.old.project.key, event.repository.project.key))
    return _of_place(event.repository, changes)


def _fields(names: Iterable[str], old: object, new: object) -> list[dict[str, Any]]:
    before = {name: getattr(old, name) for name in names}
    return _differences(before, {name: getattr(new, name) for name in names})


def _of_permission(event: places.PermissionsChanged) -> AuditDetails:
    told = _of_place(event.subject, [_change("permission", event.old, event.new)])
    told.affected.append(_named("Holder", event.holder))
    return told


def _of_members(event: people.MembersChanged) -> AuditDetails:
    affected = [_named("Group", event.group), *map(_user, (*event.joined, *event.left))]
    changes = [_change("member", None, user.name) for user in event.joined]
    changes += [_change("member", user.name, None) for user in event.left]
    return AuditDetails(affected, changes)


CATALOGUE: dict[type, Entry] = {
    people.SignedIn: Entry(SECURITY, "User signed in", lambda e: _of_user(e.actor.user)),
    people.SignInFailed: Entry(
        SECURITY,
        "Sign-in failed",
        lambda e: AuditDetails(
            [_named("User", e.name or "nobody's name")], [_change("way", None, e.via.value)]
        ),
    ),
    people.FailuresForgotten: Entry(
        SECURITY, "Failed sign-ins cleared", lambda e: _of_user(e.user)
    ),
    people.SignedOut: Entry(SECURITY, "User signed out", lambda e: _of_user(e.actor.user)),
    people.SessionsEnded: Entry(
        SECURITY, "Sessions ended", lambda e: _of_user(e.user, [_change("sessions", e.count, 0)])
    ),
    people.PasswordChanged: Entry(SECURITY, "Password changed", lambda e: _of_user(e.user)),
    people.SecretIssued: Entry(
        SECURITY,
        "App password or token created",
        lambda e: _of_user(e.user, [_change("name", None, e.name)]),
    ),
    people.SecretChanged: Entry(
        SECURITY, "Token changed", lambda e: _of_user(e.user, _differences(e.old, e.new))
    ),
    people.SecretRevoked: Entry(
        SECURITY,
        "App password or token revoked",
        lambda e: _of_user(e.user, [_change("name", e.name, None)]),
    ),
    people.SshKeyAdded: Entry(
        SECURITY,
        "SSH key added",
        lambda e: _of_user(
            e.user, [_change("fingerprint", None, e.fingerprint), _change("label", None, e.label)]
        ),
    ),
    people.SshKeyRemoved: Entry(
        SECURITY,
        "SSH key removed",
        lambda e: _of_user(
            e.user, [_change("fingerprint", e.fingerprint, None), _change("label", e.label, None)]
        ),
    ),
    people.OAuthApplicationCreated: Entry(
        SECURITY, "Application registered", lambda e: _of_application(e.application)
    ),
    people.OAuthApplicationChanged: Entry(
        SECURITY,
        "Application changed",
        lambda e: _of_application(e.application, _differences(e.old, e.new)),
    ),
    people.OAuthSecretRenewed: Entry(
        SECURITY, "Application's secret renewed", lambda e: _of_application(e.application)
    ),
    people.OAuthApplicationDeleted: Entry(
        SECURITY, "Application deleted", lambda e: _of_application(e.application)
    ),
    people.OAuthAuthorisationGranted: Entry(
        SECURITY,
        "Application authorised",
        lambda e: _of_application(e.application, [_change("scopes", None, e.scopes)]),
    ),
    people.OAuthAuthorisationRevoked: Entry(
        SECURITY,
        "Authorisation ended",
        lambda e: _of_application(e.application, [_change("reason", None, e.reason)]),
    ),
    people.UserCreated: Entry(USERS, "User created", lambda e: _of_user(e.user)),
    people.UserModified: Entry(
        USERS, "User changed", lambda e: _of_user(e.user, _differences(e.old, e.new))
    ),
    people.UserErased: Entry(USERS, "User erased", lambda e: _of_user(e.user)),
    people.UserRemoved: Entry(USERS, "User removed", lambda e: _of_user(e.user)),
    people.GroupChanged: Entry(
        USERS,
        "Group created or deleted",
        lambda e: AuditDetails(
            [_named("Group", e.group)], [_change("exists", not e.is_there, e.is_there)]
        ),
    ),
    people.MembersChanged: Entry(USERS, "Group members changed", _of_members),
    people.GlobalPermissionChanged: Entry(
        PERMISSIONS,
        "Global permission changed",
        lambda e: AuditDetails([_named("Holder", e.holder)], [_change("permission", e.old, e.new)]),
    ),
    people.SiteSettingChanged: Entry(
        ADMINISTRATION,
        "Setting changed",
        lambda e: AuditDetails([], [_change(e.name, e.old, e.new)]),
    ),
    places.PermissionsChanged: Entry(PERMISSIONS, "Permission changed", _of_permission),
    places.ProjectCreated: Entry(PROJECTS, "Project created", lambda e: _of_place(e.project)),
    places.ProjectModified: Entry(PROJECTS, "Project changed", _of_project_change),
    places.ProjectDeleted: Entry(PROJECTS, "Project deleted", lambda e: _of_place(e.project)),
    places.RepositoryCreated: Entry(
        REPOSITORIES, "Repository created", lambda e: _of_place(e.repository)
    ),
    places.RepositoryForked: Entry(
        REPOSITORIES,
        "Repository forked",
        lambda e: _of_place(e.repository, [_change("origin", None, str(e.origin))]),
    ),
    places.SynchronisationChanged: Entry(
        REPOSITORIES,
        "Fork synchronisation changed",
        lambda e: _of_place(
            e.repository, [_change("synchronised", not e.is_enabled, e.is_enabled)]
        ),
    ),
    places.RepositoryModified: Entry(REPOSITORIES, "Repository changed", _of_repository_change),
    places.RepositoryDeleted: Entry(
        REPOSITORIES, "Repository deleted", lambda e: _of_place(e.repository)
    ),
    places.DefaultBranchModified: Entry(
        REPOSITORIES,
        "Default branch changed",
        lambda e: _of_place(e.repository, [_change("default branch", e.old, e.new)]),
    ),
    places.LabelApplied: Entry(
        REPOSITORIES,
        "Label applied",
        lambda e: _of_place(e.repository, [_change("label", None, e.label)]),
    ),
    places.LabelRemoved: Entry(
        REPOSITORIES,
        "Label removed",
        lambda e: _of_place(e.repository, [_change("label", e.label, None)]),
    ),
    pulls.PullRequestDeleted: Entry(
        REPOSITORIES,
        "Pull request deleted",
        lambda e: _of_place(
            e.pull_request.repository,
            [_change("pull request", f"#{e.pull_request.number} {e.pull_request.title}", None)],
        ),
    ),
    pulls.DefaultReviewersSet: Entry(
        REPOSITORIES,
        "Default reviewers changed",
        lambda e: _of_place(e.place, [_change("condition", e.old, e.new)]),
    ),
    pulls.PullRequestSettingsChanged: Entry(
        REPOSITORIES,
        "Pull request settings changed",
        lambda e: (
            AuditDetails([], _differences(e.old, e.new))
            if e.place is None
            else _of_place(e.place, _differences(e.old, e.new))
        ),
    ),
    hooks.WebhookCreated: Entry(
        REPOSITORIES,
        "Webhook created",
        lambda e: _of_place(e.webhook.place, [_change("name", None, e.webhook.name)]),
    ),
    hooks.WebhookModified: Entry(
        REPOSITORIES,
        "Webhook changed",
        lambda e: _of_place(e.webhook.place, _differences(e.old, e.new)),
    ),
    hooks.WebhookDeleted: Entry(
        REPOSITORIES,
        "Webhook deleted",
        lambda e: _of_place(e.webhook.place, [_change("name", e.webhook.name, None)]),
    ),
    places.RestrictionSet: Entry(
        PERMISSIONS,
        "Branch permission changed",
        lambda e: _of_place(e.place, [_change("restriction", e.old, e.new)]),
    ),
    places.BranchModelChanged: Entry(
        REPOSITORIES,
        "Branch model changed",
        lambda e: _of_place(e.place, [_change("branch model", e.old, e.new)]),
    ),
}
