"""Views about the server itself, and answers for unknown URLs."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import SimpleLazyObject
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import credentials
from core import database_outages, links
from core.api import envelope
from core.api.views import RestView
from core.request_bodies import GIT
from operations import selectors as operations
from transport import http as git
from web.frame import views

logger = logging.getLogger(__name__)

REST = "/rest"
BEARER = "Bearer "


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
                # The name of the product that clients look for; the site's own name is on its pages.
                "displayName": "Bitbucket",
                "productVersion": settings.PRODUCT_VERSION,
            }
        )


class Metrics(RestView):
    """/metrics: the figures of this machine's processes and of the queue, for Prometheus."""

    # Who brings the token of the settings is nobody, and no secret of theirs is looked for.
    authentication_classes = ()

    def get(self, request: Request) -> HttpResponse:
        """Show them."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        token = header[len(BEARER) :].strip() if header.startswith(BEARER) else ""
        actor: Any = SimpleLazyObject(lambda: credentials.from_request(request._request))
        return HttpResponse(operations.exposition(actor, token), content_type=CONTENT_TYPE_LATEST)


class Capabilities(RestView):
    """/rest/capabilities: by this, Jenkins knows that it speaks to a Bitbucket."""

    def get(self, request: Request) -> Response:
        """Show which capabilities exist, each with its address."""
        return self.show(
            {
                "links": {"self": [{"href": links.absolute("/rest/capabilities")}]},
                "application": "stash",
                "buildDate": settings.BITBUCKET_VERSION["buildDate"],
                "capabilities": {
                    "webhooks": links.absolute("/rest/webhooks/latest/capabilities"),
                    "build": links.absolute("/rest/api/latest/build/capabilities"),
                },
            }
        )


class WhoAmI(RestView):
    """/plugins/servlet/applinks/whoami: the username of the caller, which scripts ask for."""

    def get(self, request: Request) -> HttpResponse:
        """Return the username of the caller, empty for anonymous callers."""
        user = self.actor.user
        name = user.name if user is not None else ""
        return HttpResponse(name, content_type="text/plain;charset=UTF-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an unknown URL."""
    return envelope.not_found(request) if _is_rest(request) else views.not_found(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer for an accident; that the database is away is none, and passes."""
    refusal = database_outages.refusal_of(sys.exc_info()[1])
    if refusal is not None:
        if _is_rest(request):
            return envelope.of(refusal)
        if request.path_info.startswith(GIT):
            return git.refusal(refusal)
        return views.unavailable(request, refusal)
    return envelope.broken(request) if _is_rest(request) else views.broken(request)


def _is_rest(request: HttpRequest) -> bool:
    return request.path_info.startswith(REST + "/")
