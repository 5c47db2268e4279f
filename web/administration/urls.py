"""Routes of the administration."""

from django.urls import path

from web.administration.views import (
    audit,
    jobs,
    mail,
    oauth_links,
    rate_limits,
    repository_policies,
    server_settings,
    ssh,
    users,
)

urlpatterns = [
    path("admin", users.home, name="admin"),
    path("admin/users", users.user_list, name="admin-users"),
    path("admin/users/view", users.user_detail, name="admin-user"),
    path("admin/users/erase", users.user_erasure, name="admin-user-erasure"),
    path("admin/groups", users.group_list, name="admin-groups"),
    path("admin/groups/view", users.group_detail, name="admin-group"),
    path("admin/permissions", users.permission_list, name="admin-permissions"),
    path("admin/audit", audit.of_site, name="admin-audit"),
    path("admin/mail-server", mail.server, name="admin-mail"),
    path("admin/jobs", jobs.job_list, name="admin-jobs"),
    path("admin/authentication", server_settings.authentication, name="admin-authentication"),
    path("admin/server-settings", server_settings.server, name="admin-server"),
    path("admin/repository-policies", repository_policies.policies, name="admin-policies"),
    path("admin/ssh", ssh.ssh, name="admin-ssh"),
    path("admin/rate-limiting", rate_limits.rate_limiting, name="admin-rate-limiting"),
    path("admin/oauth", oauth_links.link_list, name="admin-oauth"),
    path("admin/oauth/view", oauth_links.link_detail, name="admin-oauth-link"),
]
