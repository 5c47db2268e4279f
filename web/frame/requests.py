"""The request of a page, with what the middleware adds to it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.actor import Actor


class WebRequest(HttpRequest):
    """Names for the type checker only: `ActorMiddleware` and `HtmxMiddleware` set them."""

    actor: Actor
    htmx: HtmxDetails
