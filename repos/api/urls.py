"""Routes about projects and repositories, one line each."""

from django.urls import URLPattern, path

from repos.api import (
    access_keys,
    contents,
    forks,
    people,
    permissions,
    projects,
    repositories,
    tokens,
)


def _below_repository(repository: str) -> list[URLPattern]:
    """Give the routes of a repository, below the path that names it."""
    return [
        path(repository, forks.ForkableRepository.as_view()),
        path(f"{repository}/forks", forks.Forks.as_view()),
        path(f"{repository}/related", forks.Related.as_view()),
        path(f"{repository}/recreate", forks.Recreate.as_view()),
        path(f"{repository}/default-branch", repositories.DefaultBranch.as_view()),
        path(f"{repository}/branches", contents.Branches.as_view()),
        path(f"{repository}/branches/default", repositories.ExistingDefaultBranch.as_view()),
        path(f"{repository}/tags", contents.Tags.as_view()),
        path(f"{repository}/tags/<path:name>", contents.TagDetail.as_view()),
        path(f"{repository}/commits", contents.Commits.as_view()),
        path(f"{repository}/commits/<path:commit_id>", contents.CommitDetail.as_view()),
        path(f"{repository}/browse", contents.Browse.as_view()),
        path(f"{repository}/browse/<path:path>", contents.Browse.as_view()),
        path(f"{repository}/files", contents.Files.as_view()),
        path(f"{repository}/files/<path:path>", contents.Files.as_view()),
        path(f"{repository}/raw/<path:path>", contents.RawFile.as_view()),
        path(f"{repository}/permissions", permissions.RepositoryPermissions.as_view()),
        path(f"{repository}/permissions/users", permissions.RepositoryUsers.as_view()),
        path(f"{repository}/permissions/users/none", permissions.RepositoryUsersWithout.as_view()),
        path(f"{repository}/permissions/groups", permissions.RepositoryGroups.as_view()),
        path(
            f"{repository}/permissions/groups/none", permissions.RepositoryGroupsWithout.as_view()
        ),
        path(f"{repository}/permissions/search", permissions.RepositoryPermissionSearch.as_view()),
    ]


PROJECT = "/projects/<str:key>"

api = [
    path("/projects", projects.ProjectList.as_view()),
    path(PROJECT, projects.ProjectDetail.as_view()),
    path(f"{PROJECT}/avatar.png", projects.ProjectAvatarFile.as_view()),
    path(f"{PROJECT}/permissions", permissions.ProjectPermissions.as_view()),
    path(f"{PROJECT}/permissions/users", permissions.ProjectUsers.as_view()),
    path(f"{PROJECT}/permissions/users/none", permissions.ProjectUsersWithout.as_view()),
    path(f"{PROJECT}/permissions/groups", permissions.ProjectGroups.as_view()),
    path(f"{PROJECT}/permissions/groups/none", permissions.ProjectGroupsWithout.as_view()),
    path(f"{PROJECT}/permissions/search", permissions.ProjectPermissionSearch.as_view()),
    path(f"{PROJECT}/permissions/<str:permission>/all", permissions.DefaultPermission.as_view()),
    path(f"{PROJECT}/repos", repositories.ProjectRepositories.as_view()),
    *_below_repository(f"{PROJECT}/repos/<str:slug>"),
    # The same repositories under the name of their owner.
    path("/users/<personal:key>/repos", repositories.ProjectRepositories.as_view()),
    *_below_repository("/users/<personal:key>/repos/<str:slug>"),
    path("/repos", repositories.RepositorySearch.as_view()),
    path("/profile/recent/repos", repositories.RecentRepositories.as_view()),
    path("/admin/default-branch", repositories.SiteDefaultBranch.as_view()),
    path("/users", people.UserList.as_view()),
]

access_tokens = [
    path(PROJECT, tokens.ProjectTokens.as_view()),
    path(f"{PROJECT}/<str:number>", tokens.ProjectTokenDetail.as_view()),
    path(f"{PROJECT}/repos/<str:slug>", tokens.RepositoryTokens.as_view()),
    path(f"{PROJECT}/repos/<str:slug>/<str:number>", tokens.RepositoryTokenDetail.as_view()),
]

ssh_access_keys = [
    path("/ssh/<str:number>", access_keys.KeyDetail.as_view()),
    path("/ssh/<str:number>/projects", access_keys.KeyProjects.as_view()),
    path("/ssh/<str:number>/repos", access_keys.KeyRepositories.as_view()),
    path(f"{PROJECT}/ssh", access_keys.ProjectKeys.as_view()),
    path(f"{PROJECT}/ssh/<str:number>", access_keys.ProjectKeyDetail.as_view()),
    path(
        f"{PROJECT}/ssh/<str:number>/permission/<str:permission>",
        access_keys.ProjectKeyPermission.as_view(),
    ),
    path(f"{PROJECT}/repos/<str:slug>/ssh", access_keys.RepositoryKeys.as_view()),
    path(f"{PROJECT}/repos/<str:slug>/ssh/<str:number>", access_keys.RepositoryKeyDetail.as_view()),
    path(
        f"{PROJECT}/repos/<str:slug>/ssh/<str:number>/permission/<str:permission>",
        access_keys.RepositoryKeyPermission.as_view(),
    ),
]

sync = [
    path(f"{PROJECT}/repos/<str:slug>", forks.SynchronisationStatus.as_view()),
    path(f"{PROJECT}/repos/<str:slug>/synchronize", forks.Synchronise.as_view()),
]
