"""Rounds: begun once for all nodes, and not beside one that still works."""

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings as ours
from django.utils import timezone

from infrastructure import jobs, schedule
from infrastructure.models import Job, ScheduledTask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_round(settings):
    settings.SCHEDULE = {"tests.round": timedelta(hours=1)}


def tasks():
    return list(Job.objects.values_list("task", flat=True))


def test_a_round_begins_at_once_and_then_in_its_time():
    schedule.enqueue_due_tasks()
    assert tasks() == ["tests.round"]
    Job.objects.all().delete()

    schedule.enqueue_due_tasks()
    assert tasks() == []

    ScheduledTask.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    schedule.enqueue_due_tasks()
    assert tasks() == ["tests.round"]
    assert ScheduledTask.objects.get().due_at > timezone.now() + timedelta(minutes=59)


def test_of_many_nodes_one_begins_and_none_beside_a_round_that_works():
    schedule.enqueue_due_tasks()
    Job.objects.update(unique_key=None, leased_until=timezone.now() + timedelta(minutes=5))
    ScheduledTask.objects.update(due_at=timezone.now())

    schedule.enqueue_due_tasks()
    schedule.enqueue_due_tasks()

    assert tasks() == ["tests.round"]


def test_one_that_failed_for_good_does_not_end_the_rounds():
    jobs.enqueue("tests.round")
    Job.objects.update(state=Job.State.FAILED)

    schedule.enqueue_due_tasks()

    assert tasks() == ["tests.round"] * 2


def test_every_round_of_ours_is_a_task(settings):
    settings.SCHEDULE = {}
    current_app.loader.import_default_modules()
    for task in ours.CELERY_BEAT_SCHEDULE.values():
        assert task["task"] in current_app.tasks
    from bitbucket_clone import settings as product

    assert set(product.SCHEDULE) <= set(current_app.tasks)
