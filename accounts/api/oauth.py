"""Endpoints of OAuth 2.0 for programs: tokens are given and taken back; administrators register applications."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import credentials, selectors
from accounts.actor import Actor
from accounts.api.serializers import OAuthApplicationBody
from accounts.models import OAuthApplication
from accounts.representations import represent_oauth_application
from accounts.services import oauth_applications, oauth_flow
from core.api.views import RestView


class _ForApplications(RestView):
    """What both share: the application says itself who it is, and is answered in OAuth's own words."""

    authentication_classes = ()

    def came(self) -> tuple[Actor, oauth_flow.TokenEndpointRequest]:
        """The request of an OAuth client before the flow has authenticated it."""
        request = self.request._request
        form = oauth_flow.TokenEndpointRequest(
            body=request.body,
            content_type=request.content_type or "",
            query=request.META.get("QUERY_STRING", ""),
            authorization=request.META.get("HTTP_AUTHORIZATION", ""),
        )
        return Actor.anonymous(credentials.origin_of(request)), form

    def tell(self, answer: oauth_flow.TokenEndpointResponse) -> Response:
        """Show what the flow answers."""
        return Response(answer.body, status=answer.status, headers=answer.headers)


class Token(_ForApplications):
    """/oauth2/latest/token"""

    def post(self, request: Request, **_: str) -> Response:
        """Change a code or a refresh token for tokens."""
        return self.tell(oauth_flow.give_tokens(*self.came()))


class Revoke(_ForApplications):
    """/oauth2/latest/revoke"""

    def post(self, request: Request, **_: str) -> Response:
        """End a token."""
        return self.tell(oauth_flow.take_back(*self.came()))


class Clients(RestView):
    """/oauth2/latest/client: incoming links, as Bitbucket calls them."""

    def get(self, request: Request, **_: str) -> Response:
        """List applications."""
        text = str(request.query_params.get("filter", ""))
        page = selectors.oauth_applications(self.actor, self.wanted(), text=text)
        return self.show_page(page, represent_oauth_application)

    def post(self, request: Request, **_: str) -> Response:
        """Register an application; its secret is in this answer only."""
        body = self.read(OAuthApplicationBody)
        made, secret = oauth_applications.create(
            self.actor,
            name=body["name"],
            redirect_uris=body["redirects"],
            scopes=body["scopes"],
            is_confidential=body["confidential"],
        )
        return self.show(represent_oauth_application(made, secret))


class ClientDetail(RestView):
    """/oauth2/latest/client/{id}"""

    def application(self) -> OAuthApplication:
        """The application that the path names."""
        return selectors.oauth_application(self.actor, self.kwargs["number"])

    def get(self, request: Request, **_: str) -> Response:
        """Show an application."""
        return self.show(represent_oauth_application(self.application()))

    def put(self, request: Request, **_: str) -> Response:
        """Change an application's name, redirect URIs or scopes."""
        application = self.application()
        body = self.read(OAuthApplicationBody, partial=True)
        changed = oauth_applications.change(
            self.actor,
            application,
            name=body.get("name"),
            redirect_uris=body.get("redirects"),
            scopes=body.get("scopes"),
        )
        return self.show(represent_oauth_application(changed))

    def delete(self, request: Request, **_: str) -> Response:
        """Delete an application; what people allowed it ends."""
        oauth_applications.delete(self.actor, self.application())
        return self.nothing()
