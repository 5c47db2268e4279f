"""What is done again and again: each round begun once, on whichever node comes first.

`settings.ROUNDS` names the tasks and how often they come. Celery's beat asks every minute, and so
does the loop of `manage.py run_jobs`; the row says who was first.
"""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import jobs
from core.models import Job, Round


def begin_due() -> None:
    """Ask for each task whose time has come; one that still waits or works is left to finish."""
    now = timezone.now()
    due = dict(Round.objects.values_list("task", "due_at"))
    for task, every in settings.ROUNDS.items():
        if task not in due:
            Round.objects.get_or_create(task=task, defaults={"due_at": now})
        if due.get(task, now) <= now:
            _begin(task, every)


def _begin(task: str, every: timedelta) -> None:
    now = timezone.now()
    with transaction.atomic():
        is_first = Round.objects.filter(task=task, due_at__lte=now).update(due_at=now + every)
        if is_first and not Job.objects.filter(task=task, state=Job.State.PENDING).exists():
            jobs.enqueue(task, unique_key=task)


@shared_task(name="core.begin_rounds", ignore_result=True)
def begin_rounds() -> None:
    """Asked for by beat."""
    begin_due()
