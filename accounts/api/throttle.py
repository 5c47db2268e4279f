"""REST framework's door to `accounts.rate_limits`."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import rate_limits


class BudgetThrottle(BaseThrottle):
    """Take each request out of its caller's budget, and keep what is left for the answer."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Let it pass, or raise what refuses it."""
        actor: Any = request.auth
        request._request.budget = rate_limits.spend(actor)  # type: ignore[attr-defined]
        return True
