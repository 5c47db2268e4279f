"""The whole site on one page."""

from django.urls import include, path, register_converter

from accounts.api import urls as accounts
from bitbucket_clone import views
from core.api.versions import RestVersion

register_converter(RestVersion, "version")

api = [
    path("/application-properties", views.ApplicationProperties.as_view()),
    *accounts.api,
]

urlpatterns = [
    path("status", views.status),
    path("rest/capabilities", views.Capabilities.as_view()),
    path("rest/api/<version:version>", include(api)),
]

handler404 = "bitbucket_clone.views.not_found"
handler500 = "bitbucket_clone.views.broken"
