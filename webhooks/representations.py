"""Webhooks and their deliveries as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from webhooks.http_delivery import DeliveryCall, DeliveryOutcome
from webhooks.models import Delivery, Webhook
from webhooks.selectors import PROJECT, REPOSITORY, Statistics

# Stands for a secret that is set; sent back, it leaves the secret as it is.
MASK = "********"


def represent_webhook(webhook: Webhook, statistics: Statistics | None = None) -> dict[str, Any]:
    """A webhook; of its secrets only whether there are any."""
    shown: dict[str, Any] = {
        "id": webhook.pk,
        "name": webhook.name,
        "createdDate": _milliseconds(webhook.created_at),
        "updatedDate": _milliseconds(webhook.updated_at),
        "events": webhook.events,
        "configuration": {"secret": MASK} if webhook.secret else {},
        "url": webhook.url,
        "active": webhook.is_active,
        "scopeType": PROJECT if webhook.project_id else REPOSITORY,
        "sslVerificationRequired": webhook.verifies_certificates,
    }
    if webhook.username or webhook.password:
        shown["credentials"] = {"username": webhook.username}
    if statistics is not None:
        shown["statistics"] = represent_statistics(statistics, webhook)
    return shown


def represent_invocation(delivery: Delivery, webhook: Webhook) -> dict[str, Any]:
    """How the last attempt of a delivery went, in short."""
    finish = _milliseconds(delivery.attempted_at or delivery.created_at)
    duration = delivery.duration or 0
    is_of_project = delivery.repository_id is None
    scope = webhook.project_id if is_of_project else delivery.repository_id
    return {
        "id": delivery.pk,
        "event": delivery.event,
        "eventScope": {"type": PROJECT if is_of_project else REPOSITORY, "id": str(scope)},
        "duration": duration,
        "start": finish - duration,
        "finish": finish,
        "request": {"method": "POST", "url": webhook.url},
        "result": _result(delivery.state, delivery.status, delivery.said),
    }


def represent_detailed_invocation(delivery: Delivery, webhook: Webhook) -> dict[str, Any]:
    """The same with what was sent and what came back."""
    shown = represent_invocation(delivery, webhook)
    shown["request"] |= {"headers": delivery.request_headers, "body": delivery.body}
    shown["result"] |= _answer(delivery.status, delivery.response_headers, delivery.said)
    return shown


def represent_statistics(statistics: Statistics, webhook: Webhook) -> dict[str, Any]:
    """How many deliveries ended how, and the last of each kind."""
    counts, last = statistics.counts, statistics.last
    shown: dict[str, Any] = {
        name: represent_invocation(last[state], webhook)
        for name, state in (
            ("lastSuccess", Delivery.State.SUCCESS),
            ("lastFailure", Delivery.State.FAILURE),
            ("lastError", Delivery.State.ERROR),
        )
        if state in last
    }
    shown["counts"] = {
        "errors": counts.get(Delivery.State.ERROR, 0),
        "failures": counts.get(Delivery.State.FAILURE, 0),
        "successes": counts.get(Delivery.State.SUCCESS, 0),
        "window": {
            "start": _milliseconds(statistics.begins),
            "duration": int(statistics.window.total_seconds() * 1000),
        },
    }
    return shown


def represent_test(what: DeliveryCall, outcome: DeliveryOutcome) -> dict[str, Any]:
    """The request and result of a connection test."""
    return {
        "request": {
            "method": "POST",
            "url": what.url,
            "headers": what.shown_headers(),
            "body": what.body,
        },
        "response": _answer(outcome.status, dict(outcome.headers), outcome.said),
        "result": _result(outcome.state, outcome.status, outcome.said)
        | {"duration": outcome.duration},
    }


def _result(state: str, status: int | None, said: str) -> dict[str, Any]:
    return {"outcome": state, "description": str(status) if status is not None else said}


def _answer(status: int | None, headers: dict[str, str], said: str) -> dict[str, Any]:
    if status is None:
        return {}
    return {"statusCode": status, "headers": headers, "body": said}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
