"""Creates deliveries for events, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from core import events
from repos.models import Project, Repository
from webhooks import selectors
from webhooks.catalogue import ENTRIES, Entry
from webhooks.models import Webhook
from webhooks.services import deliveries


def listen() -> None:
    """Register for every type of event that is in the catalogue."""
    for event_type, entries in groupby(
        sorted(ENTRIES, key=lambda entry: entry.event_type.__qualname__),
        key=lambda entry: entry.event_type,
    ):
        told: Callable[[Any], None] = partial(_tell, tuple(entries))
        events.subscribe(event_type)(told)


def _tell(entries: tuple[Entry, ...], event: Any) -> None:
    listening: dict[Project | Repository, list[Webhook]] = {}
    for entry in entries:
        place = entry.place(event)
        if place is None:
            continue
        if place not in listening:
            listening[place] = selectors.listening_at(place)
        interested = [row for row in listening[place] if entry.key in row.events]
        if interested and entry.applies(event):
            deliveries.announce(event.actor, interested, entry.key, place, entry.fields(event))
