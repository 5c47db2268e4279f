"""Routes of commits."""

from django.urls import URLPattern, path

from web.commits.views import comments, commits


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(f"{start}/commits", commits.commit_list),
        path(f"{start}/commits/<path:commit_id>", commits.commit_detail),
        path(f"{start}/containing/<path:commit_id>", commits.containing),
        path(f"{start}/watch-commit/<path:commit_id>", commits.watch),
        path(f"{start}/commit-comments/<path:commit_id>", comments.comment),
    ]
