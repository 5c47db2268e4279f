"""One limiter for all ways in: failures are counted in rows, and looked at before any hash is computed.

Two subjects are counted: the name, so that no password is guessed from many addresses, and the
address, so that no address tries many names.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Origin
from accounts.errors import TooManyFailures
from accounts.models import FailedSignIns
from core import links

FREE_FAILURES = {"name": 5, "address": 30}
# One program with an old password must not lock out everybody behind the same address: for a name
# that has not failed itself, the address may have failed more often.
FREE_FAILURES_OF_OTHERS = 300
LONGEST_WAIT = 15 * 60
FORGOTTEN_AFTER = timedelta(hours=1)


def check(name: str | None, origin: Origin) -> None:
    """Refuse with TooManyFailures while the name or the address has to wait.

    Over SSH there is no name to guess for: the address alone is looked at.
    """
    now = timezone.now()
    rows = [
        row
        for row in FailedSignIns.objects.filter(subject__in=_subjects(name, origin))
        if now - row.last_failed_at <= FORGOTTEN_AFTER
    ]
    has_failed = any(row.subject.startswith("name:") for row in rows)
    for row in rows:
        kind = row.subject.split(":", 1)[0]
        free = FREE_FAILURES[kind]
        if kind == "address" and not has_failed:
            free = FREE_FAILURES_OF_OTHERS
        over = row.failures - free
        wait = min(2 ** min(over, 20), LONGEST_WAIT) if over >= 0 else 0
        left = wait - (now - row.last_failed_at).total_seconds()
        if left > 0:
            raise TooManyFailures(int(left) + 1, links.absolute("/login"))


def failed(name: str | None, origin: Origin) -> None:
    """Count a failure against the name and the address."""
    now = timezone.now()
    for subject in _subjects(name, origin):
        FailedSignIns.objects.filter(
            subject=subject, last_failed_at__lt=now - FORGOTTEN_AFTER
        ).update(failures=0)
        counted = FailedSignIns.objects.filter(subject=subject).update(
            failures=F("failures") + 1, last_failed_at=now
        )
        if not counted:
            _begin(subject)


def succeeded(name: str) -> None:
    """Forget the name's failures; the address keeps its own."""
    FailedSignIns.objects.filter(subject=_subject("name", name.lower())).delete()


def sweep() -> None:
    """Forget failures that count no more."""
    FailedSignIns.objects.filter(last_failed_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def _begin(subject: str) -> None:
    now = timezone.now()
    try:
        with transaction.atomic():
            FailedSignIns.objects.create(subject=subject, failures=1, last_failed_at=now)
    except IntegrityError:
        FailedSignIns.objects.filter(subject=subject).update(
            failures=F("failures") + 1, last_failed_at=now
        )


def _subjects(name: str | None, origin: Origin) -> list[str]:
    subjects = [] if name is None else [_subject("name", name.lower())]
    return [*subjects, _subject("address", origin.address)] if origin.address else subjects


def _subject(kind: str, text: str) -> str:
    # A digest: names come from anybody, in any length and alphabet.
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
