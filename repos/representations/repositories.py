"""Projects, repositories, their links and permissions as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.permissions import Permission
from accounts.representations import represent_group, represent_ssh_key, represent_user_with_address
from core import links
from repos.models import AccessKey, Project, ProjectGrant, Repository, RepositoryGrant


def project_path(project: Project) -> str:
    """The path of a project's page; a personal one is its owner's profile."""
    if project.is_personal:
        return f"/users/{links.segment(project.key.removeprefix('~'))}"
    return f"/projects/{links.segment(project.key)}"


def repository_path(repository: Repository) -> str:
    """The path below which a repository's pages lie."""
    return f"{project_path(repository.project)}/repos/{links.segment(repository.slug)}"


def clone_url(repository: Repository) -> str:
    """The address by which git reaches a repository over HTTP."""
    key = links.segment(repository.project.key.lower())
    return links.absolute(f"/scm/{key}/{links.segment(repository.slug)}.git")


def ssh_url(repository: Repository) -> str:
    """The address by which git reaches a repository over SSH."""
    base = links.ssh_base_url()
    if "@" not in base:
        base = base.replace("ssh://", "ssh://git@", 1)
    key = links.segment(repository.project.key.lower())
    return f"{base}/{key}/{links.segment(repository.slug)}.git"


def clone_links(repository: Repository) -> list[dict[str, str]]:
    """Every address by which git reaches a repository, by the name of its way."""
    ways = [{"href": clone_url(repository), "name": "http"}]
    if links.offers_ssh():
        ways.append({"href": ssh_url(repository), "name": "ssh"})
    return ways


def represent_project(project: Project) -> dict[str, Any]:
    """A project; a personal one with its owner."""
    shown: dict[str, Any] = {
        "key": project.key,
        "id": project.pk,
        "name": project.name,
    }
    if project.description:
        shown["description"] = project.description
    if not project.is_personal:
        shown["public"] = project.is_public
    shown["type"] = project.type
    if project.owner is not None:
        # Without the address: whoever sees a public repository sees its project.
        owner = represent_user_with_address(project.owner)
        shown["owner"] = {name: value for name, value in owner.items() if name != "emailAddress"}
    shown["links"] = _self(project_path(project))
    return shown


def represent_repository(repository: Repository) -> dict[str, Any]:
    """A repository with its project, and what it was forked from as far as the viewer may see that."""
    shown = _without_origin(repository)
    if repository.shown_origin is not None:
        shown["origin"] = _without_origin(repository.shown_origin)
    return shown


def _without_origin(repository: Repository) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "slug": repository.slug,
        "id": repository.pk,
        "name": repository.name,
    }
    if repository.description:
        shown["description"] = repository.description
    return shown | {
        "hierarchyId": repository.hierarchy_id,
        "scmId": "git",
        "state": "AVAILABLE",
        "statusMessage": "Available",
        "forkable": repository.is_forkable,
        "project": represent_project(repository.project),
        "public": repository.is_public,
        "archived": repository.is_archived,
        "links": {"clone": clone_links(repository)}
        | _self(f"{repository_path(repository)}/browse"),
    }


def represent_access_key(access_key: AccessKey) -> dict[str, Any]:
    """An SSH access key with its project or repository."""
    shown: dict[str, Any] = {
        "key": represent_ssh_key(access_key.key),
        "permission": Permission(access_key.permission).name,
    }
    if access_key.project is not None:
        shown["project"] = represent_project(access_key.project)
    if access_key.repository is not None:
        shown["repository"] = represent_repository(access_key.repository)
    return shown


def represent_grant(grant: ProjectGrant | RepositoryGrant) -> dict[str, Any]:
    """A user or a group with what they hold."""
    holder: dict[str, Any] = (
        {"user": represent_user_with_address(grant.user)}
        if grant.user
        else {"group": _group(grant)}
    )
    return holder | {"permission": Permission(grant.permission).name}


def _group(grant: ProjectGrant | RepositoryGrant) -> dict[str, Any]:
    assert grant.group is not None
    return represent_group(grant.group)


def _self(path: str) -> dict[str, Any]:
    return {"self": [{"href": links.absolute(path)}]}
