"""What is done again and again: each round begun once, on whichever node comes first.

`settings.SCHEDULE` names the tasks and how often they come. Celery's beat asks every minute, and so
does the loop of `manage.py run_jobs`; the row says who was first.
"""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from infrastructure import jobs
from infrastructure.models import Job, ScheduledTask


def enqueue_due_tasks() -> None:
    """Ask for each task whose time has come; one that still waits or works is left to finish."""
    now = timezone.now()
    due = dict(ScheduledTask.objects.values_list("task", "due_at"))
    for task, every in settings.SCHEDULE.items():
        if task not in due:
            ScheduledTask.objects.get_or_create(task=task, defaults={"due_at": now})
        if due.get(task, now) <= now:
            _begin(task, every)


def _begin(task: str, every: timedelta) -> None:
    now = timezone.now()
    with transaction.atomic():
        is_first = ScheduledTask.objects.filter(task=task, due_at__lte=now).update(
            due_at=now + every
        )
        if is_first and not Job.objects.filter(task=task, state=Job.State.PENDING).exists():
            jobs.enqueue(task, unique_key=task)


@shared_task(name="infrastructure.enqueue_due_tasks", ignore_result=True)
def _enqueue_due_tasks() -> None:
    """Asked for by beat."""
    enqueue_due_tasks()
