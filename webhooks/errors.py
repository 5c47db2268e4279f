"""Refusals about webhooks."""

from __future__ import annotations

from core.errors import NotFound


class NoSuchWebhook(NotFound):
    """The project or repository has no webhook with this ID."""

    exception_name = "com.atlassian.bitbucket.webhook.NoSuchWebhookException"

    def __init__(self, number: str):
        super().__init__(f"Webhook {number[:20]} does not exist here.")


class NoSuchDelivery(NotFound):
    """No delivery of that number belongs to the webhook."""

    def __init__(self, number: str):
        super().__init__(f"Delivery {number[:20]} does not exist here.")
