"""Routes about pull requests, one line each."""

from django.urls import URLPattern, path

from pullrequests.api import (
    contents,
    dashboard,
    discussion,
    merging,
    participants,
    pull_requests,
    settings,
)


def _below_repository(repository: str) -> list[URLPattern]:
    """Give the routes of a repository, below the path that names it."""
    every = f"{repository}/pull-requests"
    one = f"{every}/<str:number>"
    comment = f"{one}/comments/<str:comment_id>"
    return [
        path(every, pull_requests.PullRequests.as_view()),
        path(f"{one}.diff", contents.RawDiff.as_view()),
        path(f"{one}.patch", contents.RawPatch.as_view()),
        path(one, pull_requests.PullRequestDetail.as_view()),
        path(f"{one}/decline", pull_requests.Decline.as_view()),
        path(f"{one}/reopen", pull_requests.Reopen.as_view()),
        path(f"{one}/watch", pull_requests.Watch.as_view()),
        path(f"{one}/approve", participants.Approve.as_view()),
        path(f"{one}/participants", participants.Participants.as_view()),
        path(f"{one}/participants/<str:user_slug>", participants.ParticipantDetail.as_view()),
        path(f"{one}/activities", discussion.Activities.as_view()),
        path(f"{one}/comments", discussion.PullRequestComments.as_view()),
        path(comment, discussion.PullRequestCommentDetail.as_view()),
        path(f"{comment}/apply-suggestion", discussion.ApplySuggestion.as_view()),
        path(f"{one}/blocker-comments", discussion.BlockerComments.as_view()),
        path(
            f"{one}/blocker-comments/<str:comment_id>",
            discussion.PullRequestCommentDetail.as_view(),
        ),
        path(f"{one}/review", discussion.Review.as_view()),
        path(f"{one}/changes", contents.PullRequestChanges.as_view()),
        path(f"{one}/commits", contents.PullRequestCommits.as_view()),
        path(f"{one}/diff", contents.PullRequestDiff.as_view()),
        path(f"{one}/diff/<git_path:path>", contents.PullRequestDiff.as_view()),
        path(f"{one}/diff-stats-summary", contents.PullRequestStats.as_view()),
        path(f"{one}/diff-stats-summary/<git_path:path>", contents.PullRequestStats.as_view()),
        path(f"{one}/merge", merging.Merge.as_view()),
        path(f"{one}/commit-message-suggestion", merging.CommitMessageSuggestion.as_view()),
        path(f"{one}/merge-base", contents.PullRequestMergeBase.as_view()),
        path(f"{repository}/settings/pull-requests", settings.RepositorySettings.as_view()),
        path(
            f"{repository}/commits/<str:commit_id>/pull-requests",
            pull_requests.ContainingCommit.as_view(),
        ),
    ]


PROJECT = "/projects/<str:key>"
REPOSITORY = "/projects/<str:key>/repos/<str:slug>"
PERSONAL = "/users/<personal:key>/repos/<str:slug>"

api = [
    *_below_repository(REPOSITORY),
    # The same repositories under the name of their owner.
    *_below_repository(PERSONAL),
    path("/dashboard/pull-requests", dashboard.DashboardPullRequests.as_view()),
    path("/dashboard/pull-request-suggestions", dashboard.DashboardSuggestions.as_view()),
    path("/inbox/pull-requests", dashboard.Inbox.as_view()),
    path("/inbox/pull-requests/count", dashboard.InboxCount.as_view()),
    path("/admin/pull-requests/<str:scm_id>", settings.SiteConfig.as_view()),
    path(
        "/projects/<str:key>/settings/pull-requests/<str:scm_id>",
        settings.ProjectConfig.as_view(),
    ),
]

comment_likes = [
    path(
        f"{REPOSITORY}/pull-requests/<str:number>/comments/<str:comment_id>"
        "/reactions/<str:emoticon>",
        discussion.PullRequestCommentReaction.as_view(),
    ),
    path(
        f"{REPOSITORY}/pull-requests/<str:number>/comments/<str:comment_id>/likes",
        discussion.PullRequestCommentLikes.as_view(),
    ),
]

git = [path(f"{REPOSITORY}/pull-requests/<str:number>/rebase", merging.Rebase.as_view())]

default_reviewers = [
    path(f"{PROJECT}/conditions", settings.ProjectConditions.as_view()),
    path(f"{PROJECT}/condition", settings.ProjectNewCondition.as_view()),
    path(f"{PROJECT}/condition/<str:number>", settings.ProjectCondition.as_view()),
    path(f"{REPOSITORY}/conditions", settings.RepositoryConditions.as_view()),
    path(f"{REPOSITORY}/condition", settings.RepositoryNewCondition.as_view()),
    path(f"{REPOSITORY}/condition/<str:number>", settings.RepositoryCondition.as_view()),
    path(f"{REPOSITORY}/reviewers", settings.Reviewers.as_view()),
]

jira = [path(f"{REPOSITORY}/pull-requests/<str:number>/issues", pull_requests.JiraIssues.as_view())]
