"""A mailbox, and a server that sends to it."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from core import site_settings
from notifications.services import mail_settings
from tests import mailbox
from tests.pullrequests import worlds
from tests.pullrequests.conftest import bob, carol, project, propose, repo  # noqa: F401


@pytest.fixture(autouse=True)
def _settings_hold_at_once(monkeypatch):
    """What tests write is in force before their transaction ends, which it never does."""
    monkeypatch.setattr(site_settings, "CACHED_SECONDS", 0)


@pytest.fixture
def box(db):
    with mailbox.mailbox() as running:
        wanted = mail_settings.MailServerRequest(
            "127.0.0.1", running.port, sender="bitbucket@example.com"
        )
        mail_settings.configure(Actor.system(), wanted)
        yield running


@pytest.fixture
def received(box):
    """Do what waits, and give what came in for somebody since."""

    def found(name):
        worlds.run_jobs()
        mails = box.to(f"{name}@example.com")
        box.mails.clear()
        box.recipients.clear()
        return mails

    return found
