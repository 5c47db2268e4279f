"""Every event of the catalogue becomes a row, in the transaction in which it happened."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from audit.catalogue import CATALOGUE
from audit.models import AuditEvent
from core import events


def listen() -> None:
    """Subscribe to all of it."""
    for kind in CATALOGUE:
        events.subscribe(kind)(write_down)


def write_down(event: Any) -> None:
    """Add the row of one event."""
    entry = CATALOGUE[type(event)]
    told = entry.tell(event)
    actor: Actor = event.actor
    name = _name_of(actor)
    words = [entry.action, entry.category, name, actor.origin.address]
    words += [str(one["name"]) for one in told.affected]
    words += [str(value) for one in told.changes for value in one.values() if value is not None]
    AuditEvent(
        category=entry.category,
        action=entry.action,
        actor_id=actor.user.pk if actor.user else None,
        actor_name=name,
        via=actor.via.value,
        address=actor.origin.address[:100],
        user_agent=_clean(actor.origin.user_agent)[:500],
        request_id=actor.origin.request_id[:100],
        project_id=told.project_id,
        repository_id=told.repository_id,
        objects_affected=told.affected,
        changes=told.changes,
        words=_clean(" ".join(words).lower()),
    ).save()


def _name_of(actor: Actor) -> str:
    if actor.user is not None:
        return actor.user.name
    return "system" if actor.is_system else "anonymous"


def _clean(text: str) -> str:
    return text.replace("\x00", "")
