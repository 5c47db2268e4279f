"""Circuit breakers: deliveries to a target that keeps failing are paused for a while.

A machine is known by its origin and shared by all who call it, so only what is its own fault counts
against it: that nobody listens, or answers in time. What it says to one webhook counts against that.

And no machine has more than its share of the threads that call: one that hangs holds up only those
who call it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from infrastructure import jobs
from webhooks.models import Target

# In a row; then it is left alone.
FAILURES = 3
LONGEST_PAUSE = timedelta(minutes=15)
# The first pause is so many times the wait before a first repeat.
PAUSE_OF_REPEATS = 3
# While one call finds out whether it is well again, the others wait.
PROBE = timedelta(seconds=30)

_busy: Counter[str] = Counter()
_changing = threading.Lock()


def find(actor: Actor, keys: Iterable[str]) -> list[Target]:
    """What is known of these machines and webhooks, as far as they have failed."""
    return list(Target.objects.filter(pk__in=list(keys)))


def pause_of(actor: Actor, found: Iterable[Target]) -> timedelta | None:
    """Return how long deliveries are still paused; None if a call can be made.

    After a pause one call is a probe; the others wait for its result.
    """
    now = timezone.now()
    open_ = [one for one in found if one.failures >= FAILURES and one.open_until is not None]
    pauses = [one.open_until - now for one in open_ if one.open_until and one.open_until > now]
    if pauses:
        return max(pauses)
    for one in open_:
        is_first = Target.objects.filter(pk=one.pk, open_until=one.open_until).update(
            open_until=now + PROBE
        )
        if not is_first:
            return PROBE
    return None


def note_well(actor: Actor, found: Iterable[Target]) -> None:
    """Close the circuit breakers after a success."""
    if keys := [one.pk for one in found]:
        Target.objects.filter(pk__in=keys).delete()


def note_failure(actor: Actor, key: str, failure: str) -> None:
    """Count a failure, and open the circuit breaker after too many."""
    Target.objects.get_or_create(pk=key)
    Target.objects.filter(pk=key).update(failures=F("failures") + 1, last_error=failure[:500])
    # None where another call has found it well meanwhile.
    failures = Target.objects.filter(pk=key).values_list("failures", flat=True).first()
    if failures is not None and failures >= FAILURES:
        first = timedelta(seconds=settings.WEBHOOK_RETRY_SECONDS * PAUSE_OF_REPEATS)
        pause = min(LONGEST_PAUSE, first * 2 ** min(failures - FAILURES, 10))
        Target.objects.filter(pk=key).update(open_until=timezone.now() + pause)


@contextmanager
def turn(actor: Actor, origin: str) -> Iterator[bool]:
    """Have a turn at calling this machine; False where its share of this process is taken.

    When a turn ends, the next job that waits for one goes on.
    """
    share = max(1, settings.CALLING_THREADS // 4)
    with _changing:
        has_turn = _busy[origin] < share
        if has_turn:
            _busy[origin] += 1
    try:
        yield has_turn
    finally:
        if has_turn:
            with _changing:
                _busy[origin] -= 1
                if not _busy[origin]:
                    del _busy[origin]
            jobs.let_go_on(origin)
