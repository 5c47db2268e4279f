"""Throttle class of REST framework that uses `accounts.rate_limits`."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import credentials, rate_limits
from accounts.actor import Actor


class BudgetThrottle(BaseThrottle):
    """Take each request out of its caller's budget, and keep what is left for the answer."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Let it pass, or raise what refuses it."""
        # An application that says itself who it is, is nobody here.
        actor: Any = request.auth or Actor.anonymous(credentials.origin_of(request._request))
        request._request.budget = rate_limits.spend(actor)  # type: ignore[attr-defined]
        return True
