"""Builds as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from builds.models import BuildStatus
from builds.selectors import Summary


def represent_status(row: BuildStatus) -> dict[str, Any]:
    """How a build went, as those read it who know the commit alone."""
    shown: dict[str, Any] = {"state": row.state, "key": row.key}
    for name, value in (
        ("name", row.name),
        ("url", row.url),
        ("description", row.description),
        ("parent", row.parent),
        ("ref", row.ref),
        ("buildNumber", row.build_number),
        ("duration", row.duration),
    ):
        if value not in ("", None):
            shown[name] = value
    if row.has_tests:
        shown["testResults"] = {
            "successful": row.tests_successful,
            "failed": row.tests_failed,
            "skipped": row.tests_skipped,
        }
    return shown | {"dateAdded": _milliseconds(row.updated_at)}


def represent_build(row: BuildStatus) -> dict[str, Any]:
    """How a build of a repository went."""
    shown = represent_status(row)
    del shown["dateAdded"]
    return shown | {
        "createdDate": _milliseconds(row.created_at),
        "updatedDate": _milliseconds(row.updated_at),
    }


def represent_summary(summary: Summary) -> dict[str, int]:
    """How many went how."""
    return {
        "cancelled": summary.cancelled,
        "successful": summary.successful,
        "inProgress": summary.in_progress,
        "failed": summary.failed,
        "unknown": summary.unknown,
    }


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
