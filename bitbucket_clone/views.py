"""What the server says of itself, and the answers where no resource stands."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response

from core import links, site
from core.api import envelope
from core.api.views import RestView
from web.views import errors

logger = logging.getLogger(__name__)

REST = "/rest"


def status(request: HttpRequest) -> HttpResponse:
    """Say whether we serve: 200 RUNNING, or 503 with the state; the probe of load balancers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM accounts_user LIMIT 1")
            state = "RUNNING" if cursor.fetchone() else "FIRST_RUN"
    except Exception:
        logger.exception("the database does not answer")
        state = "ERROR"
    return JsonResponse({"state": state}, status=200 if state == "RUNNING" else 503)


class ApplicationProperties(RestView):
    """/application-properties: read by clients before they sign in, to know which Bitbucket this is."""

    authentication_classes = ()

    def get(self, request: Request, **_: str) -> Response:
        """Show the version of Bitbucket that we speak, and our own."""
        return self.show(
            {
                **settings.BITBUCKET_VERSION,
                "displayName": site.read(site.DISPLAY_NAME),
                "productVersion": settings.PRODUCT_VERSION,
            }
        )


class Capabilities(RestView):
    """/rest/capabilities: by this, Jenkins knows that it speaks to a Bitbucket."""

    def get(self, request: Request) -> Response:
        """Show which capabilities exist, each with its address."""
        return self.show(
            {
                "links": {"self": [{"href": links.absolute("/rest/capabilities")}]},
                "application": "stash",
                "buildDate": settings.BITBUCKET_VERSION["buildDate"],
                "capabilities": {},
            }
        )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address where nothing stands."""
    return envelope.not_found(request) if _is_rest(request) else errors.not_found(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer for an accident."""
    return envelope.broken(request) if _is_rest(request) else errors.broken(request)


def _is_rest(request: HttpRequest) -> bool:
    return request.path_info.startswith(REST + "/")
