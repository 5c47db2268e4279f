"""What happened to webhooks themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.actor import Actor
from webhooks.models import Webhook


@dataclass(frozen=True)
class WebhookCreated:
    """A webhook was created."""

    actor: Actor
    webhook: Webhook


@dataclass(frozen=True)
class WebhookModified:
    """It calls somewhere else, or tells of something else; without secrets, which only differ."""

    actor: Actor
    webhook: Webhook
    old: dict[str, object] = field(default_factory=dict)
    new: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class WebhookDeleted:
    """It is gone; given as it was."""

    actor: Actor
    webhook: Webhook
