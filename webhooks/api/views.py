"""Endpoints of webhooks, at projects and repositories alike."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core import json_encoding
from core.api.views import RestView
from core.errors import Invalid
from repos.api.resources import ProjectResource, RepositoryResource
from webhooks import selectors as find
from webhooks.api.serializers import CredentialsBody, WebhookBody, read_webhook
from webhooks.catalogue import KEYS, PING
from webhooks.http_delivery import DeliveryCall
from webhooks.models import Webhook
from webhooks.representations import (
    represent_detailed_invocation,
    represent_statistics,
    represent_test,
    represent_webhook,
)
from webhooks.services import deliveries, webhooks


class _Listing(ProjectResource):
    """A list of webhooks."""

    def listed(self, scopes: list[str] | None = None) -> Response:
        """Show those that the query asks for, of the place or of these scopes."""
        page = find.list_of(
            self.actor,
            self.subject(),
            self.wanted(),
            events=self.request.query_params.getlist("event"),
            scopes=scopes or [],
        )
        is_asked = self.flag("statistics") and not scopes
        told = find.statistics(self.actor, page.values) if is_asked else {}
        return self.show_page(page, lambda row: represent_webhook(row, told.get(row.pk)))


class _Webhooks(_Listing):
    """/webhooks"""

    def get(self, request: Request, **_: str) -> Response:
        """List the webhooks of the place."""
        return self.listed()

    def post(self, request: Request, **_: str) -> Response:
        """Add one."""
        place = self.subject()
        row = webhooks.create(self.actor, place, read_webhook(self.read(WebhookBody)))
        return self.show(represent_webhook(row))


class _OfWebhook(ProjectResource):
    """A resource below a webhook."""

    def webhook(self) -> Webhook:
        """The one that the path names."""
        return find.get(self.actor, self.subject(), self.kwargs["number"])


class _One(_OfWebhook):
    """/webhooks/{webhookId}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show it."""
        row = self.webhook()
        told = find.statistics(self.actor, [row])[row.pk] if self.flag("statistics") else None
        return self.show(represent_webhook(row, told))

    def put(self, request: Request, **_: str) -> Response:
        """Change it."""
        row = self.webhook()
        wanted = read_webhook(self.read(WebhookBody))
        return self.show(represent_webhook(webhooks.update(self.actor, row, wanted)))

    def delete(self, request: Request, **_: str) -> Response:
        """Take it away."""
        webhooks.delete(self.actor, self.webhook())
        return self.nothing()


class _Latest(_OfWebhook):
    """/webhooks/{webhookId}/latest"""

    def get(self, request: Request, **_: str) -> Response:
        """Show how the last attempt went; 204 where there was none."""
        row = self.webhook()
        query = request.query_params
        latest = find.latest(
            self.actor, row, events=query.getlist("event"), outcomes=query.getlist("outcome")
        )
        if latest is None:
            return self.nothing()
        return self.show(represent_detailed_invocation(latest, row))


class _Statistics(_OfWebhook):
    """/webhooks/{webhookId}/statistics and /statistics/summary"""

    def get(self, request: Request, **_: str) -> Response:
        """Show how many deliveries ended how."""
        row = self.webhook()
        event = request.query_params.get("event", "")
        told = find.statistics(self.actor, [row], event=event)
        return self.show(represent_statistics(told[row.pk], row))


class _Test(ProjectResource):
    """/webhooks/test, and /webhooks/{webhookId}/test of a command line client"""

    def post(self, request: Request, **_: str) -> Response:
        """Call an address once, and show what came of it."""
        place = self.subject()
        body = self.read(CredentialsBody) if request.data else {}
        what = self._call(body)
        return self.show(represent_test(what, deliveries.test(self.actor, place, what)))

    def _call(self, credentials: dict[str, Any]) -> DeliveryCall:
        query = self.request.query_params
        ping = json_encoding.dumps({"test": True}).decode()
        number = str(uuid.uuid4())
        known: DeliveryCall | None = None
        if number_of_webhook := self.kwargs.get("number") or query.get("webhookId"):
            webhook = find.get(self.actor, self.subject(), number_of_webhook)
            known = DeliveryCall.of(webhook, PING, number, ping)
        url = query.get("url") or (known.url if known else "")
        if not url:
            raise Invalid("The url is required.", context="url")
        # Secrets of a webhook go to its own address and nowhere else.
        is_its_own = known is not None and known.url == url
        return DeliveryCall(
            url=url,
            event=PING,
            request_id=number,
            body=ping,
            secret=known.secret if known and is_its_own else "",
            username=credentials.get("username")
            or (known.username if known and is_its_own else ""),
            password=credentials.get("password")
            or (known.password if known and is_its_own else ""),
            verifies_certificates=self.flag(
                "sslVerificationRequired", default=known.verifies_certificates if known else True
            ),
        )


class ProjectWebhooks(_Webhooks):
    """/projects/{key}/webhooks"""


class RepositoryWebhooks(_Webhooks, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks"""


class RepositoryWebhookSearch(_Listing, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks/search"""

    def get(self, request: Request, **_: str) -> Response:
        """List those of the repository and of its project."""
        scopes = [scope for scope in request.query_params.getlist("scopeType") if scope]
        return self.listed(scopes or [find.REPOSITORY, find.PROJECT])


class ProjectWebhook(_One):
    """/projects/{key}/webhooks/{webhookId}"""


class RepositoryWebhook(_One, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks/{webhookId}"""


class ProjectWebhookLatest(_Latest):
    """/projects/{key}/webhooks/{webhookId}/latest"""


class RepositoryWebhookLatest(_Latest, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks/{webhookId}/latest"""


class ProjectWebhookStatistics(_Statistics):
    """/projects/{key}/webhooks/{webhookId}/statistics"""


class RepositoryWebhookStatistics(_Statistics, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks/{webhookId}/statistics"""


class ProjectWebhookTest(_Test):
    """/projects/{key}/webhooks/test"""


class RepositoryWebhookTest(_Test, RepositoryResource):
    """/projects/{key}/repos/{slug}/webhooks/test"""


class Capabilities(RestView):
    """/webhooks/capabilities"""

    def get(self, request: Request, **_: str) -> Response:
        """List the events that webhooks can subscribe to."""
        return self.show({"application-webhooks": [*KEYS, PING]})
