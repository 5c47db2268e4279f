"""Slows guessing: counts failed sign-ins in rows that every process sees, and says who has to wait.

A caller is a name together with the network it comes from. One that proved the right password
within the last month is *known*: it is judged by its own failures alone, whatever strangers try.
Strangers are judged by the failures of all strangers against the name, so that nobody guesses a
password from many addresses, and by those of their network, so that none tries many names.
What this guards against, and what not, is in docs/access.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Origin
from accounts.errors import TooManyFailures
from accounts.models import SignInAttempts
from core import links
from core.errors import Unavailable
from core.networks import subscriber
from infrastructure import file_locks


class FailureCounter(Enum):
    """What failures are counted against; the value begins the key of its row."""

    # A name from a network.
    CALLER = "caller"
    # A name, from strangers.
    NAME = "name"
    # A network, with names that it is not known for.
    ADDRESS = "address"
    # One random secret that we issue: a token, a code, a client's secret.
    SECRET = "secret"
    # A network, with random secrets and SSH keys.
    SECRETS_OF_ADDRESS = "secrets"


FREE_FAILURES = {
    FailureCounter.CALLER: 5,
    FailureCounter.NAME: 5,
    FailureCounter.ADDRESS: 30,
    FailureCounter.SECRET: 5,
    FailureCounter.SECRETS_OF_ADDRESS: 300,
}
# One program with an old password must not lock out everybody behind the same address: for a name
# that has not failed itself, the address may have failed more often.
FREE_FAILURES_OF_OTHERS = 300
# While somebody has to wait, a password is only compared with what is cached as right. Each such
# comparison tells a guesser something, so between two failures there are at most so many.
MOST_COMPARISONS = {FailureCounter.CALLER: 250, FailureCounter.NAME: 25, FailureCounter.ADDRESS: 25}
LONGEST_WAIT = 15 * 60
LONGEST_TURN = 10.0
FORGOTTEN_AFTER = timedelta(hours=1)
KNOWN_FOR = timedelta(days=30)
PROOF_COUNTS_AFTER = timedelta(hours=1)


class SignInGuard:
    """The state of failed sign-ins for one name from one network."""

    def __init__(self, name: str, origin: Origin):
        self._now = timezone.now()
        self._caller = _key(FailureCounter.CALLER, name.lower(), subscriber(origin.address))
        strangers = [_key(FailureCounter.NAME, name.lower())]
        if origin.address:
            strangers.append(_key(FailureCounter.ADDRESS, subscriber(origin.address)))
        rows = SignInAttempts.objects.in_bulk([self._caller, *strangers])
        self._own = rows.get(self._caller)
        proved_at = self._own.last_proved_at if self._own else None
        self.is_known = _is_recent(proved_at, KNOWN_FOR, self._now)
        self._keys = [self._caller] if self.is_known else strangers
        self._rows = [
            row
            for key in self._keys
            if (row := rows.get(key)) is not None
            and _is_recent(row.last_failed_at, FORGOTTEN_AFTER, self._now)
        ]
        has_failed = strangers[0] in {row.subject for row in self._rows}
        self.wait = max((_wait(row, self._now, has_failed) for row in self._rows), default=0)

    def reserve_comparison(self) -> bool:
        """Count a comparison before it is made, so that many at once do not pass the limit; False past it."""
        for row in self._rows:
            most = MOST_COMPARISONS[_subject_of(row)]
            rows = SignInAttempts.objects.filter(subject=row.subject, comparisons__lt=most)
            if not rows.update(comparisons=F("comparisons") + 1):
                return False
        return True

    def return_comparison(self) -> None:
        """Undo a counted attempt that revealed nothing new."""
        keys = [row.subject for row in self._rows]
        rows = SignInAttempts.objects.filter(subject__in=keys, comparisons__gt=0)
        rows.update(comparisons=F("comparisons") - 1)

    def count_failure(self) -> None:
        """Count a wrong password."""
        for key in self._keys:
            _count(key)

    def note_proof(self) -> None:
        """Make the caller known by a right password that was cached; its failures go on counting.

        Else a guesser beside a busy program would begin anew with each of its requests.
        """
        own = self._own
        if own is None or not _is_recent(own.last_proved_at, PROOF_COUNTS_AFTER, self._now):
            self._prove()

    def count_success(self) -> None:
        """Make the caller known by a right password that was hashed, and forget its failures.

        Those of strangers with the same name stay: the owner's success is no guesser's.
        """
        self._prove(failures=0, comparisons=0, last_failed_at=None)

    def _prove(self, **changes: Any) -> None:
        SignInAttempts.objects.update_or_create(
            subject=self._caller, defaults=changes | {"last_proved_at": self._now}
        )

    def refusal(self) -> TooManyFailures:
        """Give the refusal that says how long to wait."""
        return _too_many(self.wait)


def count_wrong_secret(secret: str | None, origin: Origin) -> None:
    """Count a wrong token, code or SSH key. Raises TooManyFailures, uncounted, where there were too many.

    Asked after the secret was judged: nobody guesses one, so a right one is never refused. What is
    bounded is what a flood of wrong ones writes.
    """
    keys = _keys_of_secret(secret, origin)
    _check_secrets(keys)
    for key in keys:
        _count(key)


def check_wrong_key(origin: Origin) -> None:
    """Raise TooManyFailures after many unknown SSH keys from one address."""
    _check_secrets(_keys_of_secret(None, origin))


def _keys_of_secret(secret: str | None, origin: Origin) -> list[str]:
    keys = [] if secret is None else [_key(FailureCounter.SECRET, secret)]
    if origin.address:
        keys.append(_key(FailureCounter.SECRETS_OF_ADDRESS, subscriber(origin.address)))
    return keys


def _check_secrets(keys: list[str]) -> None:
    now = timezone.now()
    rows = SignInAttempts.objects.in_bulk(keys).values()
    recent = [row for row in rows if _is_recent(row.last_failed_at, FORGOTTEN_AFTER, now)]
    wait = max((_wait(row, now, True) for row in recent), default=0)
    if wait:
        raise _too_many(wait)


@contextmanager
def turn(guard: SignInGuard, name: str) -> Iterator[None]:
    """Hash one password of a name at a time, in whatever process: who waited sees how the one before ended.

    Else many guesses that come at once would all be hashed before the first is counted. Unavailable
    after a while.
    """
    # Strangers cannot keep those busy whom known callers wait for.
    kind = "known" if guard.is_known else "stranger"
    lock = f"sign-in-{kind}-{_digest(name.lower())[:3]}"
    with file_locks.held(lock, seconds=LONGEST_TURN) as has_turn:
        if not has_turn:
            raise Unavailable("Too many sign-ins at the moment. Try again.")
        yield


def reset(name: str) -> None:
    """Forget all failures with a name, from wherever they came."""
    SignInAttempts.objects.filter(subject=_key(FailureCounter.NAME, name.lower())).delete()
    callers = f"{FailureCounter.CALLER.value}:{_digest(name.lower())}:"
    SignInAttempts.objects.filter(subject__startswith=callers).update(
        failures=0, comparisons=0, last_failed_at=None
    )


def sweep() -> None:
    """Delete what counts no more: failures after an hour, known callers after a month."""
    now = timezone.now()
    old = SignInAttempts.objects.exclude(last_failed_at__gte=now - FORGOTTEN_AFTER)
    old.exclude(last_proved_at__gte=now - KNOWN_FOR).delete()


def _wait(row: SignInAttempts, now: datetime, has_failed: bool) -> int:
    """Return the seconds until the next attempt is permitted; 0 if now."""
    subject = _subject_of(row)
    free = FREE_FAILURES[subject]
    if subject is FailureCounter.ADDRESS and not has_failed:
        free = FREE_FAILURES_OF_OTHERS
    over = row.failures - free
    if over < 0 or row.last_failed_at is None:
        return 0
    seconds = min(2 ** min(over, 20), LONGEST_WAIT)
    left = seconds - (now - row.last_failed_at).total_seconds()
    return int(left) + 1 if left > 0 else 0


def _count(key: str) -> None:
    now = timezone.now()
    rows = SignInAttempts.objects.filter(subject=key)
    rows.filter(last_failed_at__lt=now - FORGOTTEN_AFTER).update(failures=0)
    more = {"failures": F("failures") + 1, "comparisons": 0, "last_failed_at": now}
    if rows.update(**more):
        return
    try:
        with transaction.atomic():
            SignInAttempts.objects.create(subject=key, failures=1, last_failed_at=now)
    except IntegrityError:
        rows.update(**more)


def _too_many(seconds: int) -> TooManyFailures:
    return TooManyFailures(seconds, links.absolute("/login"))


def _is_recent(when: datetime | None, within: timedelta, now: datetime) -> bool:
    return when is not None and now - when <= within


def _key(subject: FailureCounter, *texts: str) -> str:
    # Digests: names come from anybody, in any length and alphabet.
    return ":".join([subject.value, *map(_digest, texts)])


def _subject_of(row: SignInAttempts) -> FailureCounter:
    return FailureCounter(row.subject.split(":", 1)[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
