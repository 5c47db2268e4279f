"""Routes about projects and repositories, one line each."""

from django.urls import URLPattern, path

from repos.api import (
    access_keys,
    branch_models,
    branches,
    contents,
    diffs,
    edits,
    forks,
    histories,
    labels,
    people,
    permissions,
    policies,
    projects,
    push_log,
    repositories,
    restrictions,
    tokens,
)


def _below_repository(repository: str) -> list[URLPattern]:
    """Give the routes of a repository, below the path that names it."""
    # What lies below a commit comes before the commit itself, whose name may hold slashes.
    commit = f"{repository}/commits/<revision:commit_id>"
    return [
        path(repository, forks.ForkableRepository.as_view()),
        path(f"{repository}/forks", forks.Forks.as_view()),
        path(f"{repository}/related", forks.Related.as_view()),
        path(f"{repository}/recreate", forks.Recreate.as_view()),
        path(f"{repository}/default-branch", repositories.DefaultBranch.as_view()),
        path(f"{repository}/branches", branches.Branches.as_view()),
        path(f"{repository}/branches/default", repositories.ExistingDefaultBranch.as_view()),
        path(f"{repository}/tags", branches.Tags.as_view()),
        path(f"{repository}/tags/<path:name>", contents.TagDetail.as_view()),
        path(f"{repository}/commits", histories.Commits.as_view()),
        path(f"{commit}/watch", labels.CommitWatch.as_view()),
        path(f"{commit}/changes", diffs.CommitChanges.as_view()),
        path(f"{commit}/diff", diffs.CommitDiff.as_view()),
        path(f"{commit}/diff/<git_path:path>", diffs.CommitDiff.as_view()),
        path(f"{commit}/diff-stats-summary", diffs.CommitStats.as_view()),
        path(f"{commit}/diff-stats-summary/<git_path:path>", diffs.CommitStats.as_view()),
        path(f"{commit}/merge-base", diffs.MergeBase.as_view()),
        path(f"{repository}/commits/<path:commit_id>", histories.CommitDetail.as_view()),
        path(f"{repository}/changes", diffs.Changes.as_view()),
        path(f"{repository}/diff", diffs.Diff.as_view()),
        path(f"{repository}/diff/<git_path:path>", diffs.Diff.as_view()),
        path(f"{repository}/patch", diffs.Patch.as_view()),
        path(f"{repository}/compare/changes", diffs.CompareChanges.as_view()),
        path(f"{repository}/compare/commits", diffs.CompareCommits.as_view()),
        path(f"{repository}/compare/diff", diffs.CompareDiff.as_view()),
        path(f"{repository}/compare/diff/<git_path:path>", diffs.CompareDiff.as_view()),
        path(f"{repository}/compare/diff-stats-summary", diffs.CompareStats.as_view()),
        path(
            f"{repository}/compare/diff-stats-summary/<git_path:path>", diffs.CompareStats.as_view()
        ),
        path(f"{repository}/browse", contents.Browse.as_view()),
        path(f"{repository}/browse/<git_path:path>", edits.Browse.as_view()),
        path(f"{repository}/files", contents.Files.as_view()),
        path(f"{repository}/files/<git_path:path>", contents.Files.as_view()),
        path(f"{repository}/raw/<git_path:path>", contents.RawFile.as_view()),
        path(f"{repository}/last-modified", histories.LastModified.as_view()),
        path(f"{repository}/last-modified/<git_path:path>", histories.LastModified.as_view()),
        path(f"{repository}/readme", contents.Readme.as_view()),
        path(f"{repository}/license", contents.License.as_view()),
        path(f"{repository}/contributing", contents.Contributing.as_view()),
        path(f"{repository}/archive", contents.Archive.as_view()),
        path(f"{repository}/labels", labels.RepositoryLabels.as_view()),
        path(f"{repository}/labels/<str:name>", labels.RepositoryLabelDetail.as_view()),
        path(f"{repository}/ref-change-activities", push_log.RefChangeActivities.as_view()),
        path(f"{repository}/ref-change-activities/branches", push_log.RefChangeBranches.as_view()),
        path(f"{repository}/watch", labels.RepositoryWatch.as_view()),
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
    path("/labels", labels.Labels.as_view()),
    path("/labels/<str:name>", labels.LabelDetail.as_view()),
    path("/labels/<str:name>/labeled", labels.Labelled.as_view()),
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

REPOSITORY = f"{PROJECT}/repos/<str:slug>"

branch_utils = [
    path(f"{REPOSITORY}/branches", branches.BranchUtilBranches.as_view()),
    path(f"{REPOSITORY}/branches/info/<path:commit_id>", branches.BranchesOfCommit.as_view()),
    path(f"{REPOSITORY}/branchmodel", branch_models.BranchModel.as_view()),
    path(
        f"{REPOSITORY}/branchmodel/configuration", branch_models.RepositoryConfiguration.as_view()
    ),
    path(f"{PROJECT}/branchmodel/configuration", branch_models.ProjectConfiguration.as_view()),
]

git = [
    path(f"{REPOSITORY}/tags", branches.GitTags.as_view()),
    path(f"{REPOSITORY}/tags/<path:name>", branches.GitTagDetail.as_view()),
]

# Where older versions had it.
archive = [path(f"{REPOSITORY}/archive", contents.Archive.as_view())]

site_policies = [
    path("/admin/repos/archive", policies.ArchivePolicy.as_view()),
    path("/admin/repos/delete", policies.DeletePolicy.as_view()),
]

sync = [
    path(f"{PROJECT}/repos/<str:slug>", forks.SynchronisationStatus.as_view()),
    path(f"{PROJECT}/repos/<str:slug>/synchronize", forks.Synchronise.as_view()),
]

branch_permissions = [
    path(f"{PROJECT}/restrictions", restrictions.ProjectRestrictions.as_view()),
    path(f"{PROJECT}/restrictions/<str:number>", restrictions.ProjectRestrictionDetail.as_view()),
    path(f"{REPOSITORY}/restrictions", restrictions.RepositoryRestrictions.as_view()),
    path(
        f"{REPOSITORY}/restrictions/<str:number>",
        restrictions.RepositoryRestrictionDetail.as_view(),
    ),
]
