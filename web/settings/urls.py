"""Routes of the settings of projects and repositories."""

from django.urls import URLPattern, path

from web.settings.views import (
    access_keys,
    access_tokens,
    audit,
    branches,
    details,
    push_log,
    rules,
    webhooks,
)

urlpatterns = [
    path("projects/<str:key>/settings", details.project_details, name="project-settings"),
    path("projects/<str:key>/settings/delete", details.project_deletion, name="project-delete"),
    path(
        "projects/<str:key>/settings/branches", branches.project_branches, name="project-branches"
    ),
    path(
        "projects/<str:key>/settings/branch-permissions",
        rules.project_restrictions,
        name="project-branch-permissions",
    ),
    path(
        "projects/<str:key>/settings/pull-requests", rules.project_merging, name="project-merging"
    ),
    path(
        "projects/<str:key>/settings/default-reviewers",
        rules.project_reviewers,
        name="project-default-reviewers",
    ),
    path(
        "projects/<str:key>/settings/access-keys",
        access_keys.project_keys,
        name="project-access-keys",
    ),
    path(
        "projects/<str:key>/settings/access-tokens",
        access_tokens.project_tokens,
        name="project-access-tokens",
    ),
    path(
        "projects/<str:key>/settings/webhooks", webhooks.project_webhooks, name="project-webhooks"
    ),
    path("projects/<str:key>/settings/webhooks/create", webhooks.create_for_project),
    path("projects/<str:key>/settings/webhooks/<str:number>", webhooks.project_webhook),
    path("plugins/servlet/webhooks/projects/<str:key>", webhooks.of_bitbucket),
    path("plugins/servlet/webhooks/projects/<str:key>/repos/<str:slug>", webhooks.of_bitbucket),
    path("projects/<str:key>/settings/audit", audit.of_project, name="project-audit"),
    path("projects/<str:key>/permissions", details.project_permissions, name="project-permissions"),
]


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(f"{start}/push-log", push_log.moves),
        path(f"{start}/settings", details.repository_details),
        path(f"{start}/settings/delete", details.repository_deletion),
        path(f"{start}/settings/branches", branches.repository_branches),
        path(f"{start}/settings/branch-permissions", rules.repository_restrictions),
        path(f"{start}/settings/pull-requests", rules.repository_merging),
        path(f"{start}/settings/default-reviewers", rules.repository_reviewers),
        path(f"{start}/settings/labels", branches.repository_labels),
        path(f"{start}/settings/archive", branches.repository_archive),
        path(f"{start}/settings/access-keys", access_keys.repository_keys),
        path(f"{start}/settings/access-tokens", access_tokens.repository_tokens),
        path(f"{start}/settings/webhooks", webhooks.repository_webhooks),
        path(f"{start}/settings/webhooks/create", webhooks.create_for_repository),
        path(f"{start}/settings/webhooks/<str:number>", webhooks.repository_webhook),
        path(f"{start}/settings/audit", audit.of_repository),
        path(f"{start}/permissions", details.repository_permissions),
    ]
