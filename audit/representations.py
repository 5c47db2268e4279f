"""Events of the audit log as Bitbucket's JSON, and as lines of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from audit.models import AuditEvent
from core import json_encoding, links

COLUMNS = ("Time", "User", "Action", "Category", "Affected", "Changes", "Address", "Way")
# A cell that begins with one of these is computed by spreadsheets.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def represent_event(event: AuditEvent) -> dict[str, Any]:
    """One event as Atlassian's auditing shows it."""
    return {
        "timestamp": event.at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "author": {
            "name": event.actor_name,
            "type": "user" if event.actor_id else "system",
            "id": "-1" if event.actor_id is None else str(event.actor_id),
        },
        "type": {"category": event.category, "action": event.action, "level": "BASE"},
        "affectedObjects": [
            {"type": one["type"], "name": one["name"]}
            | ({} if one["id"] is None else {"id": str(one["id"])})
            for one in event.objects_affected
        ],
        "changedValues": event.changes,
        "source": event.address,
        "system": links.base_url(),
        "method": event.via,
        "extraAttributes": [
            {"name": name, "value": value}
            for name, value in (("userAgent", event.user_agent), ("requestId", event.request_id))
            if value
        ],
    }


def as_json(events: Iterable[AuditEvent]) -> Iterator[bytes]:
    """A list of all of them, piece by piece."""
    before = b"[\n"
    for event in events:
        yield before + json_encoding.dumps(represent_event(event))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def as_csv(events: Iterable[AuditEvent]) -> Iterator[bytes]:
    """A table of all of them, line by line; nothing in it is a formula."""
    yield _line(COLUMNS)
    for event in events:
        affected = "; ".join(f"{one['type']} {one['name']}" for one in event.objects_affected)
        changes = "; ".join(
            f"{one['key']}: {one['from'] or '-'} > {one['to'] or '-'}" for one in event.changes
        )
        yield _line(
            (
                event.at.astimezone(UTC).isoformat(timespec="seconds"),
                event.actor_name,
                event.action,
                event.category,
                affected,
                changes,
                event.address,
                event.via,
            )
        )


def _line(cells: Iterable[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerow(
        [f"'{cell}" if cell.startswith(_DANGEROUS) else cell for cell in cells]
    )
    return file.getvalue().encode()
