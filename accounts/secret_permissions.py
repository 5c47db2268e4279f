"""What the permissions of a secret leave of what its owner may: a ceiling on each ladder, and scopes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from accounts.actor import Grants
from accounts.permissions import Permission, Scope

# App passwords, in the words of Bitbucket Cloud. What a permission opens: steps of the ladders, scopes.
APP_PASSWORD: dict[str, tuple[frozenset[Permission], frozenset[Scope]]] = {
    "ACCOUNT_READ": (frozenset(), frozenset({Scope.ACCOUNT})),
    "ACCOUNT_WRITE": (frozenset(), frozenset({Scope.ACCOUNT, Scope.ACCOUNT_WRITE})),
    "PROJECT_READ": (frozenset({Permission.PROJECT_READ}), frozenset({Scope.PROJECT})),
    "PROJECT_WRITE": (frozenset({Permission.REPO_CREATE}), frozenset({Scope.PROJECT})),
    "PROJECT_ADMIN": (
        frozenset({Permission.PROJECT_ADMIN, Permission.PROJECT_CREATE}),
        frozenset({Scope.PROJECT}),
    ),
    "REPO_READ": (frozenset({Permission.REPO_READ}), frozenset({Scope.REPOSITORY})),
    "REPO_WRITE": (frozenset({Permission.REPO_WRITE}), frozenset({Scope.REPOSITORY})),
    "REPO_ADMIN": (frozenset({Permission.REPO_ADMIN}), frozenset({Scope.REPOSITORY})),
    # Who deletes must find it first; changing it needs the scope that this one lacks.
    "REPO_DELETE": (frozenset({Permission.REPO_ADMIN}), frozenset({Scope.REPOSITORY_DELETE})),
    "PULL_REQUEST_READ": (frozenset({Permission.REPO_READ}), frozenset({Scope.PULL_REQUEST})),
    # Who may write may merge by it; pushing needs the scope that this one lacks.
    "PULL_REQUEST_WRITE": (
        frozenset({Permission.REPO_WRITE}),
        frozenset({Scope.PULL_REQUEST, Scope.PULL_REQUEST_WRITE}),
    ),
    "WEBHOOK": (frozenset({Permission.REPO_ADMIN}), frozenset({Scope.WEBHOOK})),
}

_REPOSITORY_SCOPES = frozenset(
    {
        Scope.ACCOUNT,
        Scope.REPOSITORY,
        Scope.REPOSITORY_DELETE,
        Scope.PULL_REQUEST,
        Scope.PULL_REQUEST_WRITE,
        Scope.WEBHOOK,
    }
)

# HTTP access tokens: the names and the meaning are Bitbucket Data Center's.
ACCESS_TOKEN: dict[str, tuple[frozenset[Permission], frozenset[Scope]]] = {
    "REPO_READ": (frozenset({Permission.REPO_READ}), _REPOSITORY_SCOPES),
    "REPO_WRITE": (frozenset({Permission.REPO_WRITE}), _REPOSITORY_SCOPES),
    "REPO_ADMIN": (frozenset({Permission.REPO_ADMIN}), _REPOSITORY_SCOPES),
    "PROJECT_READ": (
        frozenset({Permission.PROJECT_READ, Permission.REPO_READ}),
        _REPOSITORY_SCOPES | {Scope.PROJECT},
    ),
    "PROJECT_WRITE": (
        frozenset({Permission.PROJECT_WRITE, Permission.REPO_WRITE}),
        _REPOSITORY_SCOPES | {Scope.PROJECT},
    ),
    "PROJECT_ADMIN": (
        frozenset({Permission.PROJECT_ADMIN, Permission.REPO_ADMIN}),
        _REPOSITORY_SCOPES | {Scope.PROJECT},
    ),
}

# Scopes of OAuth 2.0, by Bitbucket's names; which of them lie in which is below.
OAUTH: dict[str, tuple[frozenset[Permission], frozenset[Scope]]] = {
    "PUBLIC_REPOS": (frozenset({Permission.REPO_VIEW}), frozenset({Scope.ACCOUNT})),
    "ACCOUNT_WRITE": (frozenset(), frozenset({Scope.ACCOUNT, Scope.ACCOUNT_WRITE})),
    "REPO_READ": (
        frozenset({Permission.PROJECT_READ, Permission.REPO_READ}),
        _REPOSITORY_SCOPES,
    ),
    "REPO_WRITE": (
        frozenset({Permission.PROJECT_READ, Permission.REPO_WRITE}),
        _REPOSITORY_SCOPES,
    ),
    "REPO_ADMIN": (
        frozenset({Permission.PROJECT_READ, Permission.REPO_ADMIN}),
        _REPOSITORY_SCOPES,
    ),
    "PROJECT_ADMIN": (
        frozenset({Permission.PROJECT_ADMIN, Permission.REPO_ADMIN}),
        _REPOSITORY_SCOPES | {Scope.PROJECT},
    ),
    "ADMIN_WRITE": (
        frozenset({Permission.ADMIN, Permission.PROJECT_ADMIN, Permission.REPO_ADMIN}),
        _REPOSITORY_SCOPES | {Scope.PROJECT, Scope.ADMINISTRATION},
    ),
    "SYSTEM_ADMIN": (
        frozenset({Permission.SYS_ADMIN, Permission.PROJECT_ADMIN, Permission.REPO_ADMIN}),
        _REPOSITORY_SCOPES | {Scope.PROJECT, Scope.ADMINISTRATION},
    ),
}
# Each holds all before it; ACCOUNT_WRITE stands beside them.
_OAUTH_LADDER = (
    "PUBLIC_REPOS",
    "REPO_READ",
    "REPO_WRITE",
    "REPO_ADMIN",
    "PROJECT_ADMIN",
    "ADMIN_WRITE",
    "SYSTEM_ADMIN",
)


def of(
    permissions: Iterable[str], table: dict[str, tuple[frozenset[Permission], frozenset[Scope]]]
) -> tuple[Grants, frozenset[Scope]]:
    """Give the ceiling and the scopes of a secret; a name that no table knows opens nothing.

    Managing credentials is in no table: only a session or the password itself may.
    """
    # Every secret lets its owner be known, and a repository's project be seen beside it.
    steps = {Permission.LICENSED_USER, Permission.PROJECT_VIEW}
    scopes: set[Scope] = set()
    for name in permissions:
        opened = table.get(name)
        if opened is not None:
            steps |= opened[0]
            scopes |= opened[1]
    return Grants(ceilings=frozenset(steps)), frozenset(scopes)


# What a secret opens at most where it is used only to read.
_READS = (
    Permission.LICENSED_USER,
    Permission.PROJECT_VIEW,
    Permission.PROJECT_READ,
    Permission.REPO_VIEW,
    Permission.REPO_READ,
)


def for_reading(grants: Grants) -> Grants:
    """Lower the ceiling of a secret to reading; a person without a secret keeps what they hold."""
    if grants.ceilings is None:
        return grants
    return replace(grants, ceilings=frozenset(step for step in _READS if grants.ceiling(step)))


def oauth_scopes_in(scopes: Iterable[str]) -> frozenset[str]:
    """Return all OAuth scopes implied by these; the public scope is implied by all."""
    wanted = frozenset(scopes) & frozenset(OAUTH)
    steps = [number for number, name in enumerate(_OAUTH_LADDER) if name in wanted]
    return (wanted & {"ACCOUNT_WRITE"}) | frozenset(_OAUTH_LADDER[: max(steps, default=0) + 1])


def of_oauth(allowed: Iterable[str], registered: Iterable[str]) -> tuple[Grants, frozenset[Scope]]:
    """Give the ceiling and the scopes of an OAuth token: what a person allowed, within what the application may be allowed now."""
    opened = oauth_scopes_in(allowed) & oauth_scopes_in(registered)
    grants, scopes = of(opened, OAUTH)
    return replace(grants, public_only="REPO_READ" not in opened), scopes
