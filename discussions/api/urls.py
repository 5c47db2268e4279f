"""Routes about discussions, one line each."""

from django.urls import URLPattern, path

from discussions.api import attachments, comments, markup


def _below_repository(repository: str) -> list[URLPattern]:
    """Give the routes of a repository, below the path that names it."""
    commit = f"{repository}/commits/<str:commit_id>"
    attachment = f"{repository}/attachments/<str:number>"
    return [
        path(f"{commit}/comments", comments.CommitComments.as_view()),
        path(f"{commit}/comments/<str:comment_id>", comments.CommitCommentDetail.as_view()),
        path(attachment, attachments.AttachmentDetail.as_view()),
        path(f"{attachment}/metadata", attachments.AttachmentMetadata.as_view()),
    ]


REPOSITORY = "/projects/<str:key>/repos/<str:slug>"
PERSONAL = "/users/<personal:key>/repos/<str:slug>"

api = [
    *_below_repository(REPOSITORY),
    # The same repositories under the name of their owner.
    *_below_repository(PERSONAL),
    path("/markup/preview", markup.MarkupPreview.as_view()),
]

comment_likes = [
    path(
        f"{REPOSITORY}/commits/<str:commit_id>/comments/<str:comment_id>/reactions/<str:emoticon>",
        comments.CommitCommentReaction.as_view(),
    ),
    path(
        f"{REPOSITORY}/commits/<str:commit_id>/comments/<str:comment_id>/likes",
        comments.CommitCommentLikes.as_view(),
    ),
]

emoticons = [path("/search", markup.EmoticonSearch.as_view())]

# Where browsers send files to, and find them: beside the pages, not below /rest.
files = [
    path(f"{place[1:]}/attachments{rest}", view)
    for place in (REPOSITORY, PERSONAL)
    for rest, view in (
        ("", attachments.AttachmentUpload.as_view()),
        ("/<str:number>", attachments.AttachmentFile.as_view()),
    )
]
