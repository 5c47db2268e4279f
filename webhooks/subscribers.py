"""From what happened to what webhooks are told of it, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from core import events
from webhooks import selectors
from webhooks.catalogue import ENTRIES, Entry
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
    for entry in entries:
        place = entry.place(event)
        if place is None or not entry.applies(event):
            continue
        interested = selectors.interested(place, entry.key)
        if interested:
            deliveries.announce(event.actor, interested, entry.key, place, entry.fields(event))
