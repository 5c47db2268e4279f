"""What oauthlib asks of us during the flow: which applications, codes and tokens there are, and what becomes of them."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from django.db import transaction
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import RequestValidator
from oauthlib.oauth2.rfc6749 import errors

from accounts import access, secret_permissions, token_format
from accounts.actor import Actor, Via
from accounts.events import OAuthAuthorisationGranted
from accounts.models import (
    OAuthAccessToken,
    OAuthApplication,
    OAuthAuthorisation,
    OAuthRefreshToken,
    User,
)
from accounts.services import authorisations
from core import events

CODE_MARK = "BBOC-"
CODE_LIFETIME = timedelta(minutes=10)
ACCESS_LIFETIME = timedelta(seconds=7200)
# RFC 7636, 4.1 and 4.2.
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")

# Ids and secrets of ours; anything else is looked up nowhere.
_OURS = re.compile(r"[!-~]{1,200}")


class _CameTwice(Exception):
    """An authorization code or refresh token was already used."""


class Validator(RequestValidator):
    """Validates one request; `guesses` are wrong secrets, for the throttle."""

    authorisation: OAuthAuthorisation
    refresh_token: OAuthRefreshToken

    def __init__(self, actor: Actor):
        self.actor = actor
        self.guesses: list[str] = []

    def subject_of(self, request: Any) -> str:
        """Return the throttle key of a failure: one secret of one client."""
        client_id, secret = _client_credentials(request)
        return f"{client_id[:64]}:{secret[: token_format.PREFIX_LENGTH]}"

    # --- The application ------------------------------------------------------------------------

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Who can keep a secret has to show it; who cannot has shown that it began the flow (PKCE)."""
        application = _find_application(_client_credentials(request)[0])
        return application is None or application.is_confidential

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Judge the client's id and secret."""
        client_id, secret = _client_credentials(request)
        application = _find_application(client_id)
        digest = application.secret_digest if application else ""
        if application is None or not hmac.compare_digest(digest, token_format.digest_of(secret)):
            self.guesses.append(self.subject_of(request))
            return False
        request.client = application
        return True

    def authenticate_client_id(
        self, client_id: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Take a client without a secret by its name."""
        application = _find_application(_client_credentials(request)[0])
        if application is None or application.is_confidential:
            return False
        request.client = application
        return True

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether such an application is registered."""
        request.client = _find_application(client_id)
        return request.client is not None

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Every application may use both."""
        return grant_type in {"authorization_code", "refresh_token"}

    # --- Asking a person ------------------------------------------------------------------------

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Compared letter by letter with what is registered."""
        return redirect_uri in request.client.redirect_uris

    def get_default_redirect_uri(
        self, client_id: str, request: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Where only one is registered, it need not be said."""
        registered = request.client.redirect_uris
        return registered[0] if len(registered) == 1 else None

    def validate_response_type(
        self,
        client_id: str,
        response_type: str,
        client: Any,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """A code is all that we give in an address."""
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        return True

    def get_default_scopes(
        self, client_id: str, request: Any, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Who names none asks for what is registered; the person sees which these are."""
        return list(request.client.scopes)

    def validate_scopes(
        self,
        client_id: str,
        scopes: list[str],
        client: Any,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Whether all are known, and lie inside what the application may ask for."""
        known = all(scope in secret_permissions.OAUTH for scope in scopes)
        return known and set(scopes) <= secret_permissions.oauth_scopes_in(request.client.scopes)

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Without a secret, nothing else proves who redeems the code."""
        return not request.client.is_confidential

    def judge_challenge(self, request: Any) -> dict[str, Any]:
        """Refuse a challenge that RFC 7636 does not know, and a plain one where it is the only proof."""
        if request.code_challenge is not None:
            if not _CHALLENGE.fullmatch(request.code_challenge):
                raise errors.InvalidRequestError("Unfit code_challenge.", request=request)
            if not request.client.is_confidential and request.code_challenge_method != "S256":
                raise errors.InvalidRequestError(
                    "This client must use the code_challenge_method S256.", request=request
                )
        return {}

    def save_authorization_code(
        self, client_id: str, code: Any, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Write down what the person allowed."""
        with transaction.atomic():
            still_there = OAuthApplication.objects.select_for_update().filter(pk=request.client.pk)
            if still_there.first() is None:
                raise errors.InvalidClientIdError(request=request)
            OAuthAuthorisation.objects.create(
                application=request.client,
                user=request.user,
                scopes=_in_order(request.scopes),
                redirect_uri=request.redirect_uri,
                code_challenge=request.code_challenge or "",
                code_challenge_method=request.code_challenge_method or "",
                expires_at=timezone.now() + CODE_LIFETIME,
                **_hashed(code["code"]),
            )
            events.publish(
                OAuthAuthorisationGranted(
                    actor=self.actor,
                    user=request.user,
                    application=request.client,
                    scopes=tuple(_in_order(request.scopes)),
                )
            )

    # --- Giving tokens --------------------------------------------------------------------------

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the code is this client's and still good; used before, it ends what it gave."""
        rows = OAuthAuthorisation.objects.select_related("user")
        found = _find(rows, code)
        if found is None:
            self.guesses.append(code[: token_format.PREFIX_LENGTH])
            return False
        if found.application_id != client.pk:
            return False
        if found.redeemed_at is not None:
            authorisations.end(self.actor, found, reason=authorisations.CAME_TWICE)
            return False
        if request.code_verifier is not None and not found.code_challenge:
            # The challenge was taken out on the way (RFC 9700, 4.8.2).
            return False
        self.authorisation = found
        request.user = found.user
        request.scopes = found.scopes
        return not found.has_expired and _may_be_acted_for(found.user)

    def get_code_challenge(self, code: str, request: Any) -> Any:
        """The challenge that the code was asked with."""
        return self.authorisation.code_challenge or None

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        """How it was made."""
        # A wrong verifier is a guess at it, and the last thing that is asked about a code.
        self.guesses.append(code[: token_format.PREFIX_LENGTH])
        return str(self.authorisation.code_challenge_method)

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: Any,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Whether the code was sent there."""
        return bool(redirect_uri == self.authorisation.redirect_uri)

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the token is this client's and still good; used before, it ends the whole chain."""
        rows = OAuthRefreshToken.objects.select_related("authorisation__user")
        found = _find(rows, refresh_token)
        if found is None:
            self.guesses.append(refresh_token[: token_format.PREFIX_LENGTH])
            return False
        allowed = found.authorisation
        if allowed.application_id != client.pk:
            return False
        if found.used_at is not None:
            authorisations.end(self.actor, allowed, reason=authorisations.CAME_TWICE)
            return False
        self.authorisation = allowed
        self.refresh_token = found
        request.user = allowed.user
        return not allowed.has_expired and _may_be_acted_for(allowed.user)

    def get_original_scopes(
        self, refresh_token: str, request: Any, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What the person allowed, as far as the application may still ask for it."""
        allowed = self.authorisation.scopes
        may_ask = secret_permissions.oauth_scopes_in(request.client.scopes)
        if set(allowed) <= may_ask:
            return list(allowed)
        return _in_order(secret_permissions.oauth_scopes_in(allowed) & may_ask)

    def is_within_original_scope(
        self,
        request_scopes: list[str],
        refresh_token: str,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        """Whether a scope is implied by a higher one."""
        allowed = secret_permissions.oauth_scopes_in(self.authorisation.scopes)
        return set(request_scopes) <= allowed & secret_permissions.oauth_scopes_in(
            request.client.scopes
        )

    def rotate_refresh_token(self, request: Any) -> bool:
        """Every one is good for one use."""
        return True

    def save_token(self, token: Mapping[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Write down what is given, and that what it was given for is used; of two at once, neither keeps it."""
        self.guesses.clear()
        try:
            with transaction.atomic():
                self._write_tokens(token, request)
        except _CameTwice:
            authorisations.end(self.actor, self.authorisation, reason=authorisations.CAME_TWICE)
            raise errors.InvalidGrantError(request=request) from None

    def _write_tokens(self, token: Mapping[str, Any], request: Any) -> None:
        now = timezone.now()
        rows = OAuthAuthorisation.objects.select_for_update()
        allowed = rows.filter(pk=self.authorisation.pk).first()
        if allowed is None:
            raise errors.InvalidGrantError(request=request)
        if request.grant_type == "refresh_token":
            unused = allowed.refresh_tokens.filter(pk=self.refresh_token.pk, used_at=None)
            if not unused.update(used_at=now):
                raise _CameTwice
        elif allowed.redeemed_at is not None:
            raise _CameTwice
        else:
            allowed.redeemed_at = now
        allowed.expires_at = now + authorisations.REFRESH_LIFETIME
        allowed.save(update_fields=["redeemed_at", "expires_at"])
        OAuthAccessToken.objects.create(
            authorisation=allowed,
            scopes=_in_order(request.scopes),
            expires_at=now + ACCESS_LIFETIME,
            **_hashed(token["access_token"]),
        )
        OAuthRefreshToken.objects.create(authorisation=allowed, **_hashed(token["refresh_token"]))

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Done already, in the transaction that wrote the tokens."""

    # --- Taking back ----------------------------------------------------------------------------

    def revoke_token(
        self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """End an access token alone, or with a refresh token all that was allowed (RFC 7009, 2.1)."""
        mine = {"authorisation__application": request.client}
        access_token = _find(OAuthAccessToken.objects.filter(**mine), token)
        if access_token is not None:
            OAuthAccessToken.objects.filter(pk=access_token.pk).delete()
            return
        rows = OAuthRefreshToken.objects.filter(**mine).select_related("authorisation")
        refresh_token = _find(rows, token)
        if refresh_token is not None:
            authorisations.end(
                self.actor, refresh_token.authorisation, reason=authorisations.GIVEN_BACK
            )
        else:
            self.guesses.append(token[: token_format.PREFIX_LENGTH])


def _client_credentials(request: Request) -> tuple[str, str]:
    """Read who the client says it is: from the header (RFC 6749, 2.3.1), else from the form."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return "", ""
        name, _, secret = decoded.partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return request.client_id or "", request.client_secret or ""


def _find_application(client_id: str) -> OAuthApplication | None:
    if not _OURS.fullmatch(client_id):
        return None
    return OAuthApplication.objects.filter(client_id=client_id).first()


def _find(rows: Any, text: str) -> Any:
    """Find a hashed secret among rows."""
    if not _OURS.fullmatch(text):
        return None
    found = rows.filter(prefix=text[: token_format.PREFIX_LENGTH]).first()
    digest = token_format.digest_of(text)
    return found if found is not None and hmac.compare_digest(found.digest, digest) else None


def _hashed(text: str) -> dict[str, str]:
    return {
        "prefix": text[: token_format.PREFIX_LENGTH],
        "digest": token_format.digest_of(text),
    }


def _in_order(scopes: Collection[str]) -> list[str]:
    return [scope for scope in secret_permissions.OAUTH if scope in scopes]


def _may_be_acted_for(user: User) -> bool:
    return access.site_permission(Actor(user=user, via=Via.OAUTH)) is not None
