"""The synchronization status of a fork as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from gitengine import refs
from repos.models import UnsynchronisedRef
from repos.selectors.forks import SynchronisationStatus

State = UnsynchronisedRef.State


def represent_unsynchronised(ref: UnsynchronisedRef) -> dict[str, Any]:
    """A ref that does not follow by itself."""
    is_tag = ref.ref.startswith(refs.TAGS)
    return {
        "id": ref.ref,
        "displayId": ref.ref.split("/", 2)[-1],
        "type": "TAG" if is_tag else "BRANCH",
        "tag": is_tag,
        "state": str(ref.state),
    }


def represent_synchronisation(status: SynchronisationStatus) -> dict[str, Any]:
    """Whether a fork follows its origin, and what of it does not."""
    shown: dict[str, Any] = {"available": status.is_available, "enabled": status.is_enabled}
    if status.last_at is not None:
        shown["lastSync"] = int(status.last_at.timestamp() * 1000)
    if status.is_enabled:
        for name, state in (
            ("aheadRefs", State.AHEAD),
            ("divergedRefs", State.DIVERGED),
            ("orphanedRefs", State.ORPHANED),
        ):
            shown[name] = [
                represent_unsynchronised(ref) for ref in status.refs if ref.state == state
            ]
    return shown
