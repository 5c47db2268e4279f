"""The OAuth 2.0 flow: a person is asked, a code is given, codes and refresh tokens are changed for tokens.

oauthlib knows the protocol; `Validator` answers its questions.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from oauthlib.common import Request
from oauthlib.oauth2 import WebApplicationServer
from oauthlib.oauth2.rfc6749 import errors

from accounts import access, sign_in_throttle, token_format
from accounts.actor import Actor
from accounts.errors import TooManyFailures, UnfitApplication
from accounts.models import OAuthApplication
from accounts.permissions import Permission, Scope
from accounts.services.oauth_validator import (
    ACCESS_LIFETIME,
    CODE_MARK,
    Validator,
)

FORM = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 50
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# The library reads more than these from a request; nobody but us may say those.
ASKED_IN_AN_ADDRESS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
ASKED_IN_A_FORM = (
    "grant_type",
    "code",
    "redirect_uri",
    "client_id",
    "client_secret",
    "code_verifier",
    "refresh_token",
    "scope",
    "token",
    "token_type_hint",
)


@dataclass(frozen=True)
class AuthorizationRequest:
    """What an application asks of a person, judged."""

    application: OAuthApplication
    scopes: list[str]
    redirect_uri: str
    denied_address: str


@dataclass(frozen=True)
class RedirectWithError:
    """An authorization error that is sent to the redirect URI."""

    address: str


@dataclass(frozen=True)
class TokenEndpointRequest:
    """What a program sent: a form, perhaps with its id and secret in a header."""

    body: bytes
    content_type: str
    query: str = ""
    authorization: str = ""


@dataclass(frozen=True)
class TokenEndpointResponse:
    """The response of the token endpoint."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def examine(actor: Actor, query: str) -> AuthorizationRequest | RedirectWithError:
    """Validate an authorization request; raises UnfitApplication without a valid redirect."""
    _require_person(actor)
    server = _server(Validator(actor))
    try:
        scopes, info = server.validate_authorization_request(_address(query))
    except errors.FatalClientError as error:
        raise _unfit(error) from None
    except errors.OAuth2Error as error:
        return RedirectWithError(error.in_uri(error.redirect_uri or ""))
    request = info["request"]
    denied = errors.AccessDeniedError("The user denied access.", request=request)
    return AuthorizationRequest(
        request.client, scopes, request.redirect_uri, denied.in_uri(request.redirect_uri)
    )


def allow(actor: Actor, query: str) -> str:
    """Let the application act for the actor; gives the address that brings it the code."""
    _require_person(actor)
    server = _server(Validator(actor))
    try:
        headers, _, _ = server.create_authorization_response(
            _address(query), credentials={"user": actor.user}
        )
    except errors.FatalClientError as error:
        raise _unfit(error) from None
    return str(headers["Location"])


def give_tokens(actor: Actor, form: TokenEndpointRequest) -> TokenEndpointResponse:
    """Change a code or a refresh token for tokens."""
    return _answer(actor, "create_token_response", form)


def take_back(actor: Actor, form: TokenEndpointRequest) -> TokenEndpointResponse:
    """End a token that its application needs no longer."""
    return _answer(actor, "create_revocation_response", form)


def _answer(actor: Actor, work: str, came: TokenEndpointRequest) -> TokenEndpointResponse:
    if came.query:
        # RFC 6749, 3.2 and 2.3.1: addresses are written into logs.
        return _refused(400, "invalid_request", "Send the parameters in the body, as a form.")
    if came.content_type != FORM:
        return _refused(400, "invalid_request", f"Send a form: {FORM}.")
    try:
        form = _known(came.body.decode("utf-8"), ASKED_IN_A_FORM)
    except ValueError:
        return _refused(400, "invalid_request", "The form is not valid.")
    headers = {"Authorization": came.authorization} if came.authorization else {}
    sent = Request("", "POST", form, headers)
    if sent.duplicate_params:
        return _refused(400, "invalid_request", "A parameter was sent twice.")
    validator = Validator(actor)
    try:
        told, text, status = getattr(_server(validator), work)("", "POST", form, headers)
    except errors.OAuth2Error as error:
        told, text, status = error.headers, error.json, error.status_code
    try:
        for secret in validator.guesses:
            sign_in_throttle.count_wrong_secret(secret, actor.origin)
    except TooManyFailures as error:
        return _refused(429, "temporarily_unavailable", error.message)
    if status == 401 and came.authorization:
        # RFC 6749, 5.2: asked in the way in which the client came.
        told = {**told, "WWW-Authenticate": 'Basic realm="Bitbucket"'}
    return TokenEndpointResponse(status, json.loads(text) if text else None, {**told, **NOT_KEPT})


def _server(validator: Validator) -> WebApplicationServer:
    server = WebApplicationServer(
        validator,
        token_generator=lambda _: _new(token_format.OAUTH_ACCESS_MARK),
        refresh_token_generator=lambda _: _new(token_format.OAUTH_REFRESH_MARK),
        token_expires_in=int(ACCESS_LIFETIME.total_seconds()),
    )
    grants: list[Any] = [server.auth_grant, server.refresh_grant]
    grants[0].custom_validators.pre_auth.append(validator.judge_challenge)
    grants[0].register_code_modifier(_recognisable)
    for grant in grants:
        grant.register_token_modifier(_as_bitbucket)
    return server


def _recognisable(grant: dict[str, Any], handler: Any, request: Request) -> dict[str, Any]:
    return {**grant, "code": _new(CODE_MARK)}


def _as_bitbucket(token: dict[str, Any], handler: Any, request: Request) -> dict[str, Any]:
    return {**token, "token_type": "bearer", "created_at": int(time.time())}


def _new(mark: str) -> str:
    return mark + secrets.token_urlsafe(32)


def _require_person(actor: Actor) -> None:
    """Require a user with a session: a secret cannot authorize another application."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)


def _address(query: str) -> str:
    return "?" + _known(query, ASKED_IN_AN_ADDRESS)


def _known(text: str, names: Iterable[str]) -> str:
    """Give the parameters that have a meaning here, repeated ones too: the library refuses those."""
    pairs = parse_qsl(
        text, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS
    )
    return urlencode([(name, value) for name, value in pairs if name in names])


def _unfit(error: errors.FatalClientError) -> UnfitApplication:
    if isinstance(error, errors.InvalidClientIdError | errors.MissingClientIdError):
        return UnfitApplication(
            "No application is registered with this client ID. Contact its developer or an administrator of this site."
        )
    if isinstance(
        error,
        errors.InvalidRedirectURIError
        | errors.MissingRedirectURIError
        | errors.MismatchingRedirectURIError,
    ):
        return UnfitApplication(
            "The redirect URI is not registered for this application, so nothing was sent to it. Contact its developer or an administrator of this site."
        )
    return UnfitApplication("The application sent an invalid request. Contact its developer.")


def _refused(status: int, error: str, description: str) -> TokenEndpointResponse:
    return TokenEndpointResponse(
        status, {"error": error, "error_description": description}, dict(NOT_KEPT)
    )
