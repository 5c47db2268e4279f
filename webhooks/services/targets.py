"""A circuit breaker for each machine that webhooks call: who fails again and again is left alone for a while.

And no machine has more than its share of the threads that call: one that hangs holds up only those
who call it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from webhooks.models import Target

# In a row; then it is left alone.
FAILURES = 3
LONGEST_PAUSE = timedelta(minutes=15)
# The first pause is so many times the wait before a first repeat.
PAUSE_OF_REPEATS = 3
# While one call finds out whether it is well again, the others wait.
PROBE = timedelta(seconds=30)
# A turn at a busy machine is waited for so long, in seconds, and then elsewhere.
PATIENCE = 0.2

_busy: dict[str, int] = {}
_changed = threading.Condition()


def find(actor: Actor, origin: str) -> Target | None:
    """What is known of a machine that has failed; None of one that is well."""
    return Target.objects.filter(pk=origin).first()


def pause_of(actor: Actor, found: Target | None) -> timedelta | None:
    """How long this machine is still left alone; None if it may be called.

    After a pause one call goes first; the others wait for what comes of it.
    """
    if found is None or found.failures < FAILURES or found.closed_until is None:
        return None
    now = timezone.now()
    if found.closed_until > now:
        return found.closed_until - now
    is_first = Target.objects.filter(pk=found.pk, closed_until=found.closed_until).update(
        closed_until=now + PROBE
    )
    return None if is_first else PROBE


def note_well(actor: Actor, found: Target | None) -> None:
    """Take down that it answers; nothing to do for one that did before."""
    if found is not None:
        Target.objects.filter(pk=found.pk).delete()


def note_failure(actor: Actor, origin: str, failure: str) -> None:
    """Take down why it is not well."""
    shown = failure[:500].replace("\x00", "")
    Target.objects.get_or_create(pk=origin)
    Target.objects.filter(pk=origin).update(failures=F("failures") + 1, last_error=shown)
    # None where another call has found it well meanwhile.
    failures = Target.objects.filter(pk=origin).values_list("failures", flat=True).first()
    if failures is not None and failures >= FAILURES:
        first = timedelta(seconds=settings.WEBHOOK_RETRY_SECONDS * PAUSE_OF_REPEATS)
        pause = min(LONGEST_PAUSE, first * 2 ** min(failures - FAILURES, 10))
        Target.objects.filter(pk=origin).update(closed_until=timezone.now() + pause)


@contextmanager
def turn(actor: Actor, origin: str) -> Iterator[bool]:
    """Have a turn at calling this machine; False where its share of this process is taken."""
    share = max(1, settings.CALLING_THREADS // 4)
    with _changed:
        has_turn = _changed.wait_for(lambda: _busy.get(origin, 0) < share, PATIENCE)
        if has_turn:
            _busy[origin] = _busy.get(origin, 0) + 1
    try:
        yield has_turn
    finally:
        if has_turn:
            with _changed:
                _busy[origin] -= 1
                if not _busy[origin]:
                    del _busy[origin]
                _changed.notify_all()
