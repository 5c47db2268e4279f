"""One limiter for all ways in: failures are counted in rows, and looked at before any hash is computed.

Two subjects are counted: the name, so that no password is guessed from many addresses, and the
address, so that no address tries many names.
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Origin
from accounts.errors import TooManyFailures
from accounts.models import FailedSignIns
from core import links
from core.errors import Unavailable

FREE_FAILURES = {"name": 5, "address": 30}
# One program with an old password must not lock out everybody behind the same address: for a name
# that has not failed itself, the address may have failed more often.
FREE_FAILURES_OF_OTHERS = 300
LONGEST_WAIT = 15 * 60
LONGEST_TURN = 10.0
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


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Judge one password of a name at a time, in whatever process: who waited sees how the one before ended.

    Else many guesses that come at once would all be judged before the first is counted. The lock is
    an flock in the home, so a process that is killed gives it back. Unavailable after a while.
    """
    folder: Path = settings.BITBUCKET_HOME / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"sign-in-{_digest(name.lower())[:2]}"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + LONGEST_TURN
        while not _is_locked(descriptor):
            if time.monotonic() > deadline:
                raise Unavailable("Too many people sign in at this moment. Try again.")
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
    return (
        [*subjects, _subject("address", _network(origin.address))] if origin.address else subjects
    )


def _network(address: str) -> str:
    """What one subscriber holds: an address, of version 6 a whole /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False))
    return address


def _subject(kind: str, text: str) -> str:
    # A digest: names come from anybody, in any length and alphabet.
    return f"{kind}:{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
