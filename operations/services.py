"""Let work that failed, or that waits for its next attempt, be tried at once; change how much is logged, and the key that seals secrets."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from accounts import access
from accounts.actor import Actor
from accounts.events import SiteSettingChanged
from accounts.permissions import Permission, Scope
from core import events, log_levels, site_settings
from core.errors import Invalid
from core.models import SiteSetting
from infrastructure import encryption, jobs
from infrastructure.models import Job
from notifications import mail_server
from operations.errors import NoSuchJob
from webhooks.models import Webhook

KEY_SETTING = "encryption key"


def retry(actor: Actor, number: str) -> None:
    """Try a job now, with all its attempts before it; NoSuchJob."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Invalid("Specify the job to retry.", context="job")
    if not jobs.put_forward(Job.objects.filter(pk=int(number))):
        raise NoSuchJob(number)


def retry_failed(actor: Actor) -> int:
    """Try everything that failed; gives how much it was."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return jobs.put_forward(Job.objects.filter(state=Job.State.FAILED))


def rotate_key(actor: Actor) -> int:
    """Re-encrypt all secrets with a new key; returns its ID. Old keys stay until they are deleted."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    with transaction.atomic():
        old = _keys_in_turn()
        keys = encryption.with_new_key(old)
        site_settings.write(site_settings.SEALING_KEYS, keys)
        _seal_anew(keys)
        _tell(actor, old, keys)
    return int(keys[-1]["id"])


def delete_inactive_keys(actor: Actor) -> None:
    """Delete all keys but the current one; secrets encrypted with an old key meanwhile are re-encrypted."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    with transaction.atomic():
        old = _keys_in_turn()
        if len(old) < 2:
            return
        _seal_anew(old)
        site_settings.write(site_settings.SEALING_KEYS, old[-1:])
        _tell(actor, old, old[-1:])


def set_log_level(actor: Actor, name: str) -> None:
    """Log so much from now on, in every process of this home."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    level = log_levels.known(name)
    if level is None:
        raise Invalid(f"The level is one of {', '.join(log_levels.LEVELS)}.", context="level")
    with transaction.atomic():
        old = log_levels.read()
        events.publish(SiteSettingChanged(actor=actor, name="log level", old=old, new=level))
        log_levels.write(level)


def _keys_in_turn() -> encryption.Keys:
    """The keys as they are, for one who changes them at a time."""
    SiteSetting.objects.get_or_create(
        name=site_settings.SEALING_KEYS,
        defaults={"value": site_settings.stored(site_settings.SEALING_KEYS)},
    )
    row = SiteSetting.objects.select_for_update().get(name=site_settings.SEALING_KEYS)
    return list(row.value)


def _seal_anew(keys: encryption.Keys) -> None:
    for row in Webhook.objects.exclude(secret="", password="").iterator():
        for field in ("secret", "password"):
            was = getattr(row, field)
            new = encryption.encrypt(encryption.decrypt(was), keys)
            # Whoever changes it at this moment has the last word.
            if new:
                Webhook.objects.filter(pk=row.pk, **{field: was}).update(**{field: new})
    server = mail_server.read()
    if server is not None and server.password:
        new = encryption.encrypt(encryption.decrypt(server.password), keys)
        if new:
            site_settings.write(
                site_settings.MAIL_SERVER, mail_server.as_stored(replace(server, password=new))
            )


def _tell(actor: Actor, old: encryption.Keys, new: encryption.Keys) -> None:
    was, now = (", ".join(str(one["id"]) for one in keys) or "the first" for keys in (old, new))
    events.publish(SiteSettingChanged(actor=actor, name=KEY_SETTING, old=was, new=now))
