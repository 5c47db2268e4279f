"""Add and remove SSH keys of users, and the rows of access keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import public_keys, rank
from accounts.actor import Actor
from accounts.errors import KeyExpired, KeyTaken, TooManySecrets
from accounts.events import SshKeyAdded, SshKeyRemoved
from accounts.models import SshKey, User
from accounts.permissions import Scope
from core import events, site_settings
from core.errors import Invalid, Unauthenticated

MOST_OF_A_USER = 200
MOST_DAYS = 36_500


def add(
    actor: Actor, user: User, *, text: str, label: str = "", expiry_days: int | None = None
) -> SshKey:
    """Add a key to a user; raises KeyTaken if it exists, UnfitKey if it is not a public key."""
    _require_own_or_administration(actor, user)
    if user.ssh_keys.count() >= MOST_OF_A_USER:
        raise TooManySecrets
    made = _row(text, label, expiry_days)
    made.user = user
    with transaction.atomic():
        _save(made)
        events.publish(
            SshKeyAdded(actor=actor, user=user, label=made.label, fingerprint=made.fingerprint)
        )
    return made


def remove(actor: Actor, key: SshKey) -> None:
    """End a user's key: the next connection is refused, and the next command on an open one."""
    assert key.user is not None
    _require_own_or_administration(actor, key.user)
    with transaction.atomic():
        events.publish(
            SshKeyRemoved(actor=actor, user=key.user, label=key.label, fingerprint=key.fingerprint)
        )
        key.delete()


def remove_all(actor: Actor, user: User) -> None:
    """End every key of a user."""
    _require_own_or_administration(actor, user)
    with transaction.atomic():
        for key in user.ssh_keys.select_related("user"):
            remove(actor, key)


def access_key(
    actor: Actor, *, text: str, label: str = "", expiry_days: int | None = None
) -> SshKey:
    """Find or create the row of an access key; the caller has checked the permission."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    made = _row(text, label, expiry_days)
    found = SshKey.objects.filter(fingerprint=made.fingerprint).first()
    if found is None:
        _save(made)
        return made
    if found.user_id is not None:
        raise KeyTaken
    if found.has_expired:
        # To renew it here would let it in again everywhere it once stood.
        raise KeyExpired
    return found


def _row(text: str, label: str, expiry_days: int | None) -> SshKey:
    key = public_keys.read(text)
    now = timezone.now()
    label = " ".join(label.split()) or key.comment or f"{key.algorithm} {key.fingerprint[:11]}"
    if len(label) > public_keys.LONGEST_LABEL or not label.isprintable():
        raise Invalid("Use 1 to 255 characters for the label.", context="label")
    return SshKey(
        label=label,
        text=key.text,
        sent_text=text[: public_keys.LONGEST_TEXT],
        algorithm=key.algorithm,
        bit_length=key.bit_length,
        fingerprint=key.fingerprint,
        created_at=now,
        expires_at=_end(expiry_days, now),
    )


def _save(key: SshKey) -> None:
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError:
        raise KeyTaken from None


def _end(wanted: int | None, now: datetime) -> datetime | None:
    longest = site_settings.read(site_settings.LONGEST_SSH_KEY_DAYS)
    if wanted is None:
        wanted = int(longest) or None
    if wanted is None:
        return None
    if not 1 <= wanted <= MOST_DAYS:
        raise Invalid("The expiryDays must be at least 1.", context="expiryDays")
    if longest and wanted > longest:
        raise Invalid(f"A key may last {longest} days at most here.", context="expiryDays")
    return now + timedelta(days=wanted)


def _require_own_or_administration(actor: Actor, user: User) -> None:
    rank.require_own_or_administration(actor, user, scope=Scope.CREDENTIALS)
