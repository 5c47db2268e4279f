"""Routes of branches and tags."""

from django.urls import URLPattern, path

from web.branches.views import branches, ref_selector, tags


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(f"{start}/find-refs", ref_selector.find_refs),
        path(f"{start}/branches", branches.branch_list),
        path(f"{start}/ref-names", branches.ref_names),
        path(f"{start}/tags", tags.tag_list),
    ]
