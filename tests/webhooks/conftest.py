"""A real machine that is called, and a repository of which it is told."""

from __future__ import annotations

import pytest

from tests import receiver
from tests.pullrequests.conftest import bob, carol, project, propose, repo  # noqa: F401
from webhooks.catalogue import KEYS, keys_of
from webhooks.models import Webhook
from webhooks.services import webhooks


@pytest.fixture(autouse=True)
def _open_way(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def target():
    with receiver.receiver() as running:
        yield running


@pytest.fixture
def hook(target):
    """Register a webhook at a place, by default one that is told of everything."""

    def registered(place, events=None, *, url="", **fields) -> Webhook:
        from accounts.actor import Actor

        wanted = webhooks.WebhookRequest(
            name="CI",
            url=url or target.url,
            events=tuple(events or (key for key in KEYS if key in keys_of(place))),
            **fields,
        )
        return webhooks.create(Actor.system(), place, wanted)

    return registered
