"""Sign a body, send it, and say in one word what came of it. No rows here."""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from infrastructure import encryption, outgoing_http
from webhooks.models import Delivery, Webhook

# Of what comes back, so much is kept: enough for a reason, too little to read others' pages with.
LONGEST_SAID = 500
LONGEST_HEADERS = 50
LONGEST_HEADER = 500
TEXT = ("text/", "application/json", "application/problem+json")
# Repeats go on for so long, further and further apart.
KEEPS_TRYING = timedelta(hours=24)
GROWTH = 3
LONGEST_WAIT = timedelta(hours=4)
# For a test, somebody and a thread of the web server wait.
WHILE_SOMEBODY_WAITS = outgoing_http.HttpLimits(connect=3.0, read=8.0, total=10.0)
SECRET_HEADERS = {"authorization", "x-hub-signature"}
# Who calls sees these; what a target says beside them is its own.
HIDDEN_ANSWERS = {"set-cookie", "www-authenticate", "authorization"}


@dataclass(frozen=True)
class DeliveryCall:
    """What is asked of another machine."""

    url: str
    event: str
    request_id: str
    body: str
    secret: str = ""
    username: str = ""
    password: str = ""
    verifies_certificates: bool = True

    @classmethod
    def of(cls, webhook: Webhook, event: str, request_id: str, body: str) -> DeliveryCall:
        """What a webhook asks for, with its secrets opened."""
        return cls(
            url=webhook.url,
            event=event,
            request_id=request_id,
            body=body,
            secret=encryption.decrypt(webhook.secret),
            username=webhook.username,
            password=encryption.decrypt(webhook.password),
            verifies_certificates=webhook.verifies_certificates,
        )

    def headers(self) -> dict[str, str]:
        """What goes before the body; the signature is of its bytes."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Atlassian HttpClient 0 / Bitbucket-{settings.BITBUCKET_VERSION['version']}",
            "X-Event-Key": self.event,
            "X-Request-Id": self.request_id,
        }
        if self.secret:
            signed = hmac.new(self.secret.encode(), self.body.encode(), hashlib.sha256)
            headers["X-Hub-Signature"] = f"sha256={signed.hexdigest()}"
        if self.username or self.password:
            pair = f"{self.username}:{self.password}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return headers

    def shown_headers(self) -> dict[str, str]:
        """The same for people: what proves who we are is left out."""
        return {
            name: "(not shown)" if name.lower() in SECRET_HEADERS else value
            for name, value in self.headers().items()
        }


@dataclass(frozen=True)
class DeliveryOutcome:
    """What came of a call; `said` is the beginning of the answer, or why there is none."""

    state: Delivery.State
    said: str
    # In milliseconds.
    duration: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    # Whether the machine itself is not there, which others that call it need not find out.
    is_unreachable: bool = False

    def __post_init__(self) -> None:
        """Leave out what no database takes for text."""
        object.__setattr__(self, "said", self.said.replace("\x00", "")[:LONGEST_SAID])


def call(what: DeliveryCall, limits: outgoing_http.HttpLimits | None = None) -> DeliveryOutcome:
    """Send it; whatever happens is an outcome, nothing is raised."""
    begun = time.monotonic()
    try:
        answer = outgoing_http.post(
            what.url,
            what.body.encode(),
            what.headers(),
            verify=what.verifies_certificates,
            limits=limits,
        )
    except outgoing_http.OutgoingRefused as refusal:
        return DeliveryOutcome(Delivery.State.ERROR, refusal.message, _milliseconds(begun))
    except outgoing_http.NoResponse as error:
        is_unreachable = not isinstance(error, outgoing_http.CertificateNotTrusted)
        return DeliveryOutcome(
            Delivery.State.ERROR,
            str(error),
            _milliseconds(begun),
            is_unreachable=is_unreachable,
        )
    is_well = 200 <= answer.status < 300
    return DeliveryOutcome(
        Delivery.State.SUCCESS if is_well else Delivery.State.FAILURE,
        _said(answer),
        _milliseconds(begun),
        answer.status,
        _headers(answer),
    )


def wait_before(attempt: int) -> timedelta:
    """How long after that many attempts the next one comes: growing, and not all at once."""
    seconds = settings.WEBHOOK_RETRY_SECONDS * GROWTH ** min(attempt - 1, 20)
    seconds = min(seconds, LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def _said(answer: outgoing_http.HttpResponse) -> str:
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(TEXT):
        return ""
    return answer.body[: LONGEST_SAID * 4].decode("utf-8", "replace")


def _headers(answer: outgoing_http.HttpResponse) -> dict[str, str]:
    shown = {
        name[:LONGEST_HEADER]: value[:LONGEST_HEADER].replace("\x00", "")
        for name, value in answer.headers.items()
        if name.lower() not in HIDDEN_ANSWERS
    }
    return dict(list(shown.items())[:LONGEST_HEADERS])


def _milliseconds(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
