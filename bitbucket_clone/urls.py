"""The whole site on one page."""

from django.urls import include, path, register_converter

from core.api.converters import GitPath, PersonalKey, RestVersion, Revision

# Before the routes are read, which name them.
register_converter(RestVersion, "version")
register_converter(PersonalKey, "personal")
register_converter(Revision, "revision")
register_converter(GitPath, "git_path")

from accounts.api import urls as accounts  # noqa: E402
from audit.api import urls as audit  # noqa: E402
from bitbucket_clone import views  # noqa: E402
from builds.api import urls as builds  # noqa: E402
from discussions.api import urls as discussions  # noqa: E402
from notifications.api import urls as notifications  # noqa: E402
from operations.api import urls as operations  # noqa: E402
from pullrequests.api import urls as pullrequests  # noqa: E402
from repos.api import urls as repos  # noqa: E402
from transport import urls as transport  # noqa: E402
from web import urls as web  # noqa: E402
from webhooks.api import urls as webhooks  # noqa: E402

api = [
    path("/application-properties", views.ApplicationProperties.as_view()),
    *accounts.api,
    # Before `repos`, whose commits take every path below them.
    *discussions.api,
    *builds.api,
    *pullrequests.api,
    *webhooks.api,
    *notifications.api,
    *operations.api,
    *repos.api,
]

urlpatterns = [
    path("status", views.status),
    path("metrics", views.Metrics.as_view()),
    path("rest/capabilities", views.Capabilities.as_view()),
    path("plugins/servlet/applinks/whoami", views.WhoAmI.as_view()),
    path("rest/api/<version:version>", include(api)),
    path("rest/app-passwords/<version:version>", include(accounts.app_passwords)),
    path(
        "rest/access-tokens/<version:version>",
        include([*accounts.access_tokens, *repos.access_tokens]),
    ),
    path("rest/authconfig/<version:version>", include(accounts.authconfig)),
    path("rest/basicauth/<version:version>", include(accounts.basicauth)),
    path("rest/ssh/<version:version>", include(accounts.ssh_keys)),
    path("rest/keys/<version:version>", include(repos.ssh_access_keys)),
    path("rest/branch-utils/<version:version>", include(repos.branch_utils)),
    path("rest/git/<version:version>", include([*repos.git, *pullrequests.git])),
    path("rest/branch-permissions/<version:version>", include(repos.branch_permissions)),
    path("rest/default-reviewers/<version:version>", include(pullrequests.default_reviewers)),
    path("rest/build-status/<version:version>", include(builds.build_status)),
    path("rest/webhooks/<version:version>", include(webhooks.webhooks)),
    path("rest/jira/<version:version>", include(pullrequests.jira)),
    path("rest/archive/<version:version>", include(repos.archive)),
    path("rest/policies/<version:version>", include(repos.site_policies)),
    path("rest/sync/<version:version>", include(repos.sync)),
    path(
        "rest/comment-likes/<version:version>",
        include([*discussions.comment_likes, *pullrequests.comment_likes]),
    ),
    path("rest/emoticons/<version:version>", include(discussions.emoticons)),
    path("rest/oauth2/<version:version>", include([*accounts.oauth2, *web.oauth2])),
    path("rest/auditing/<version:version>", include(audit.auditing)),
    path("rest/audit/<version:version>", include(audit.audit)),
    path("rest/secrets/<version:version>", include(operations.secrets)),
    path("rest/secrets-manager/<version:version>", include(operations.secrets)),
    *transport.urlpatterns,
    *discussions.files,
    *web.urlpatterns,
]

handler404 = "bitbucket_clone.views.not_found"
handler500 = "bitbucket_clone.views.broken"
