"""Register webhooks, change them, take them away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from core import events
from core.errors import Invalid, InvalidFields
from infrastructure import encryption, outgoing_http
from repos.errors import RepositoryArchived
from repos.models import Project, Repository
from webhooks import selectors
from webhooks.catalogue import ALIASES, keys_of
from webhooks.events import WebhookCreated, WebhookDeleted, WebhookModified
from webhooks.models import LONGEST_NAME, Webhook

MOST_WEBHOOKS = 500
LONGEST_SECRET = 255


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook as it is to be; None leaves as it is what has been said before, or what is usual."""

    name: str | None = None
    url: str | None = None
    events: tuple[str, ...] | None = None
    is_active: bool | None = None
    secret: str | None = None
    username: str | None = None
    password: str | None = None
    verifies_certificates: bool | None = None


def create(actor: Actor, place: Project | Repository, wanted: WebhookRequest) -> Webhook:
    """Add a webhook to a project or repository; RepositoryArchived."""
    selectors.require_administrator(actor, place)
    _require_in_use(place)
    missing = {
        name: f"The {name} is required."
        for name in ("name", "url", "events")
        if not getattr(wanted, name)
    }
    if missing:
        raise InvalidFields(missing)
    row = Webhook(created_by=actor.user)
    if isinstance(place, Project):
        row.project = place
    else:
        row.repository = place
    _check_url(wanted)
    _apply(row, wanted)
    with transaction.atomic():
        if selectors.rows_at(place).count() >= MOST_WEBHOOKS:
            raise Invalid(f"A project or repository can have at most {MOST_WEBHOOKS} webhooks.")
        row.save()
        events.publish(WebhookCreated(actor, row))
    return row


def update(actor: Actor, webhook: Webhook, wanted: WebhookRequest) -> Webhook:
    """Change what is given; RepositoryArchived."""
    selectors.require_administrator(actor, webhook.place)
    _require_in_use(webhook.place)
    # Names are resolved, which takes its time, before anything is locked.
    _check_url(wanted)
    with transaction.atomic():
        row = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
        old = _told(row)
        secrets = (row.secret, row.password)
        _keep_password_from_others(row, wanted)
        _apply(row, wanted)
        row.updated_at = timezone.now()
        row.save()
        new = _told(row)
        if old != new or secrets != (row.secret, row.password):
            events.publish(WebhookModified(actor, row, old, new))
    return row


def delete(actor: Actor, webhook: Webhook) -> None:
    """Delete a webhook with its pending deliveries; raises RepositoryArchived."""
    selectors.require_administrator(actor, webhook.place)
    _require_in_use(webhook.place)
    with transaction.atomic():
        number = webhook.pk
        webhook.delete()
        webhook.pk = number
        events.publish(WebhookDeleted(actor, webhook))


def _require_in_use(place: Project | Repository) -> None:
    if isinstance(place, Repository) and place.is_archived:
        raise RepositoryArchived(str(place))


def _check_url(wanted: WebhookRequest) -> None:
    if wanted.url is not None:
        outgoing_http.check(wanted.url)


def _keep_password_from_others(row: Webhook, wanted: WebhookRequest) -> None:
    """Raise if a stored password would be sent to a different host."""
    if not row.password or wanted.url is None or wanted.password is not None:
        return
    if outgoing_http.origin(wanted.url) != outgoing_http.origin(row.url):
        raise Invalid(
            "The URL points to a different host. Enter the password again.",
            context="credentials",
        )


def _apply(row: Webhook, wanted: WebhookRequest) -> None:
    if wanted.name is not None:
        row.name = _name(wanted.name)
    if wanted.url is not None:
        row.url = wanted.url
    if wanted.events is not None:
        row.events = _keys(row.place, wanted.events)
    if wanted.is_active is not None:
        row.is_active = wanted.is_active
    if wanted.secret is not None:
        row.secret = encryption.encrypt(_short(wanted.secret, "secret"))
    if wanted.username is not None:
        row.username = _short(wanted.username, "username")
        if ":" in row.username:
            raise Invalid("A username must not contain a colon.", context="credentials")
    if wanted.password is not None:
        row.password = encryption.encrypt(_short(wanted.password, "password"))
    if wanted.verifies_certificates is not None:
        row.verifies_certificates = wanted.verifies_certificates


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise Invalid(f"The name must have 1 to {LONGEST_NAME} characters.", context="name")
    return name


def _short(text: str, what: str) -> str:
    if len(text) > LONGEST_SECRET or not text.isprintable():
        raise Invalid(
            f"The {what} must have at most {LONGEST_SECRET} characters on one line.", context=what
        )
    return text


def _keys(place: Project | Repository, wanted: Iterable[str]) -> list[str]:
    """The keys in the catalogue's order; Invalid for one that it has not."""
    known = keys_of(place)
    chosen = {ALIASES.get(key, key) for key in wanted}
    if not chosen:
        raise Invalid("Choose at least one event.", context="events")
    for key in sorted(chosen):
        if key not in known:
            raise Invalid(f'"{key[:60]}" is no event that webhooks are told of.', context="events")
    return [key for key in known if key in chosen]


def _told(row: Webhook) -> dict[str, object]:
    return {
        "name": row.name,
        "url": row.url,
        "events": list(row.events),
        "active": row.is_active,
        "username": row.username,
        "certificates verified": row.verifies_certificates,
    }
