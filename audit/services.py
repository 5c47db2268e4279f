"""How long the audit log is kept."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.actor import Actor
from accounts.services import site_administration
from audit.models import AuditEvent
from audit.selectors import may_configure
from core import site_settings
from core.errors import Invalid

LEAST_DAYS = 7
MOST_DAYS = 36_500
FORGOTTEN_AT_ONCE = 1000


def keep_for(actor: Actor, days: int) -> None:
    """Let events be kept for so many days."""
    may_configure(actor)
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Invalid(f"Keep events for {LEAST_DAYS} to {MOST_DAYS} days.", context="period")
    site_administration.write(actor, {site_settings.AUDIT_DAYS: days})


def forget_the_old(actor: Actor) -> int:
    """Remove what is older than that, in small steps; gives how many."""
    before = timezone.now() - timedelta(days=int(site_settings.read(site_settings.AUDIT_DAYS)))
    forgotten = 0
    while True:
        old = AuditEvent.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)
        keys = list(old[:FORGOTTEN_AT_ONCE])
        forgotten += AuditEvent.objects.filter(pk__in=keys).forget() if keys else 0
        if len(keys) < FORGOTTEN_AT_ONCE:
            return forgotten
