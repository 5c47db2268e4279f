"""Routes of pull requests."""

from django.urls import URLPattern, path

from web.pull_requests.views import actions, forms, lists, pages


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    pull = f"{start}/pull-requests/<str:number>"
    return [
        path(f"{start}/pull-requests", lists.pull_request_list),
        path(pull, pages.root),
        path(f"{pull}/overview", pages.overview),
        path(f"{pull}/diff", pages.diff),
        path(f"{pull}/commits", pages.commits),
        path(f"{pull}/builds", pages.builds_page),
        path(f"{pull}/range-diff", pages.range_diff),
        path(f"{pull}/news", pages.news),
        path(f"{pull}/edit", forms.edit),
        path(f"{pull}/merge", forms.merge),
        path(f"{pull}/change", actions.change),
        path(f"{pull}/comments", forms.comment),
        path(f"{pull}/review", forms.review),
        path(f"{pull}/viewed", pages.viewed),
    ]
