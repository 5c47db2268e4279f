"""What every browser and REST request learns about its caller, and what every answer says of them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import credentials, rate_limits
from accounts.actor import Actor
from accounts.errors import OverBudget
from core.caller_notes import note_user

Handler = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Give requests their `actor`, found out when first asked for, and name them in the answer.

    A door that reads credentials itself (REST, Git) puts its own actor in the place of this one.
    """

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add `X-AUSERID`, `X-AUSERNAME` and `X-ASESSIONID` for authenticated users."""
        request.actor = SimpleLazyObject(lambda: credentials.from_session(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.user is not None:
            note_user(request, actor.user.pk)
            response["X-AUSERID"] = str(actor.user.pk)
            response["X-AUSERNAME"] = quote(actor.user.name)
            if session_key := request.session.session_key:
                # Only a name for the session: its key stays a secret.
                response["X-ASESSIONID"] = sha256(session_key.encode()).hexdigest()[:8]
        if not response.has_header("X-RateLimit-Limit"):
            for name, value in _budget_of(request).items():
                response[name] = value
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache, no-store, no-transform"
        return response


def _budget_of(request: HttpRequest) -> dict[str, str]:
    """Return the rate limit headers of the caller; anonymous if authentication failed."""
    if hasattr(request, "budget"):
        return request.budget.headers if request.budget else {}
    if not request.path_info.startswith("/rest/"):
        return {}
    try:
        left = rate_limits.spend(Actor.anonymous(credentials.origin_of(request)))
    except OverBudget as error:
        return error.budget
    return left.headers if left else {}
