"""Routes of the pages, one line each."""

from django.conf import settings
from django.urls import URLPattern, path

from web.views import (
    account,
    administration,
    audit,
    errors,
    keys,
    oauth,
    oauth_links,
    profile,
    projects,
    rate_limits,
    repositories,
    secrets,
    sessions,
    site_settings,
    ssh_administration,
)
from web.views import settings as change


def _below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages of a repository, below the path that names it."""
    return [
        path(start, repositories.root),
        path(f"{start}/browse", repositories.browse, name=f"{prefix}browse"),
        path(f"{start}/browse/<path:path>", repositories.browse),
        path(f"{start}/last-changes", repositories.last_changes),
        path(f"{start}/last-changes/<path:path>", repositories.last_changes),
        path(f"{start}/find-refs", repositories.find_refs),
        path(f"{start}/raw/<path:path>", repositories.raw),
        path(f"{start}/commits", repositories.commits),
        path(f"{start}/commits/<path:commit_id>", repositories.commit),
        path(f"{start}/branches", repositories.branches),
        path(f"{start}/tags", repositories.tags),
        path(f"{start}/settings", change.repository_details),
        path(f"{start}/settings/delete", change.repository_deletion),
        path(f"{start}/settings/access-keys", keys.repository_keys),
        path(f"{start}/settings/access-tokens", secrets.repository_tokens),
        path(f"{start}/settings/audit", audit.of_repository),
        path(f"{start}/permissions", change.repository_permissions),
    ]


# Below /rest/oauth2, beside what programs call there.
oauth2 = [path("/authorize", oauth.authorize)]

urlpatterns = [
    path("", projects.home),
    path("login", account.login, name="login"),
    path("j_atl_security_check", account.check, name="check"),
    path("j_atl_security_logout", account.logout, name="logout"),
    path("-/theme", account.theme, name="theme"),
    path("-/clone-way", account.clone_way, name="clone-way"),
    path("-/search", projects.quick_search, name="quick-search"),
    path("-/recent", projects.recent, name="recent"),
    path("dashboard", projects.dashboard, name="dashboard"),
    path("getting-started", projects.dashboard),
    path("account", profile.own_profile, name="account"),
    path("account/app-passwords", secrets.app_passwords, name="app-passwords"),
    path("account/access-tokens", secrets.access_tokens, name="access-tokens"),
    # Where Bitbucket's own page of tokens lies.
    path("plugins/servlet/access-tokens/manage", secrets.access_tokens),
    path("account/sessions", sessions.own_sessions, name="sessions"),
    path("account/ssh-keys", keys.own_keys, name="ssh-keys"),
    path("plugins/servlet/ssh/account/keys", keys.own_keys),
    path("account/authorised-applications", oauth.authorised, name="authorised-applications"),
    path("account/password", account.password, name="own-password"),
    path("admin", administration.home, name="admin"),
    path("admin/users", administration.user_list, name="admin-users"),
    path("admin/users/view", administration.user_detail, name="admin-user"),
    path("admin/users/erase", administration.user_erasure, name="admin-user-erasure"),
    path("admin/groups", administration.group_list, name="admin-groups"),
    path("admin/groups/view", administration.group_detail, name="admin-group"),
    path("admin/permissions", administration.permission_list, name="admin-permissions"),
    path("admin/audit", audit.of_site, name="admin-audit"),
    path("admin/authentication", site_settings.authentication, name="admin-authentication"),
    path("admin/server-settings", site_settings.server, name="admin-server"),
    path("admin/ssh", ssh_administration.ssh, name="admin-ssh"),
    path("admin/rate-limiting", rate_limits.rate_limiting, name="admin-rate-limiting"),
    path("admin/oauth", oauth_links.link_list, name="admin-oauth"),
    path("admin/oauth/view", oauth_links.link_detail, name="admin-oauth-link"),
    path("repos", projects.repository_list, name="repositories"),
    path("repos/create", projects.create, name="create"),
    path("projects", projects.project_list, name="projects"),
    path("projects/<str:key>", projects.project, name="project"),
    path("projects/<str:key>/avatar.png", projects.project_avatar, name="project-avatar"),
    path("projects/<str:key>/repos", projects.project_repositories, name="project-repositories"),
    path("projects/<str:key>/settings", change.project_details, name="project-settings"),
    path("projects/<str:key>/settings/delete", change.project_deletion, name="project-delete"),
    path("projects/<str:key>/settings/access-keys", keys.project_keys, name="project-access-keys"),
    path(
        "projects/<str:key>/settings/access-tokens",
        secrets.project_tokens,
        name="project-access-tokens",
    ),
    path("projects/<str:key>/settings/audit", audit.of_project, name="project-audit"),
    path("projects/<str:key>/permissions", change.project_permissions, name="project-permissions"),
    path("users/<str:slug>", account.profile, name="profile"),
    path("users/<str:slug>/avatar.png", account.avatar, name="avatar"),
    path("users/<personal:key>/repos", projects.project_repositories, name="own-repositories"),
    *_below_repository("projects/<str:key>/repos/<str:slug>", ""),
    *_below_repository("users/<personal:key>/repos/<str:slug>", "own-"),
]

if settings.DEBUG:
    urlpatterns.append(path("-/components", errors.components))
