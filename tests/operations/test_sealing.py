"""The key that seals secrets is changed: what was sealed stays readable, and old keys go."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from audit.models import AuditEvent
from core import site_settings
from infrastructure import encryption
from notifications import mail_server
from notifications.services import mail_settings
from tests import builders
from webhooks.models import Webhook

pytestmark = pytest.mark.django_db

ROTATE = "/rest/secrets-manager/1.0/keys/rotate"
INACTIVE = "/rest/secrets/1.0/keys/inactive"
HOOK = {
    "name": "w",
    "url": "http://10.0.0.1/",
    "events": ["pr:merged"],
    "configuration": {"secret": "s3cret"},
    "credentials": {"username": "ci", "password": "hidden"},
}


@pytest.fixture
def hook(api, admin):
    builders.repository(builders.project("PRJ"))
    assert api(admin).post("projects/PRJ/repos/repo/webhooks", HOOK).status_code == 200
    wanted = mail_settings.MailServerRequest("smtp.example.com", username="u", password="of mail")
    mail_settings.configure(builders.actor(admin), wanted)
    cache.clear()
    return Webhook.objects.get()


def secrets_of(hook):
    hook.refresh_from_db()
    cache.clear()  # as half a minute, or the end of a transaction, would
    held = hook.secret, hook.password, mail_server.read().password
    return held, [encryption.decrypt(one) for one in held]


def test_everything_is_sealed_anew(api, admin, hook):
    plain = ["s3cret", "hidden", "of mail"]
    first, told = secrets_of(hook)
    assert told == plain
    seen = {*first}
    for number in (1, 2):
        assert api(admin).post(ROTATE).json() == {"id": number}
        held, told = secrets_of(hook)
        assert told == plain
        assert all(one.startswith(f"{number}:") for one in held)
        assert not seen & {*held}
        seen |= {*held}
    assert AuditEvent.objects.filter(action__icontains="setting").exists()

    assert [one["id"] for one in api(admin).get(INACTIVE).json()] == [1]
    # Another process has not heard of it yet, and seals with what it knows.
    late = encryption.encrypt("late", site_settings.stored(site_settings.SEALING_KEYS)[:1])
    Webhook.objects.filter(pk=hook.pk).update(secret=late)
    assert api(admin).delete(INACTIVE).status_code == 200
    assert api(admin).get(INACTIVE).json() == []
    assert secrets_of(hook)[1] == ["late", "hidden", "of mail"]
    assert encryption.decrypt(late) == ""
    assert api(admin).post(ROTATE).json() == {"id": 3}


def test_a_key_that_another_process_made_a_moment_ago_is_found(api, admin, hook):
    assert site_settings.read(site_settings.SEALING_KEYS) == []
    api(admin).post(ROTATE)
    # What is remembered is still without it.
    assert site_settings.read(site_settings.SEALING_KEYS) == []
    hook.refresh_from_db()
    assert encryption.decrypt(hook.secret) == "s3cret"


def test_with_another_secret_key_nothing_is_told(api, admin, hook, settings):
    api(admin).post(ROTATE)
    hook.refresh_from_db()
    settings.SECRET_KEY = "another"
    assert encryption.decrypt(hook.secret) == ""
    assert encryption.decrypt("77:gAAAA") == encryption.decrypt("x") == ""


def test_who_may(api, alice, hook):
    for client in (api(alice), api()):
        assert client.post(ROTATE).status_code == 401
        assert client.get(INACTIVE).status_code == 401
        assert client.delete(INACTIVE).status_code == 401
