"""The durable queue: never lost, never twice at once, never for what was rolled back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from celery import shared_task
from django.db import connection, connections, transaction
from django.utils import timezone

from infrastructure import jobs
from infrastructure.models import Job

pytestmark = pytest.mark.django_db

done: list[object] = []


@shared_task(name="tests.note")
def note(value):
    done.append(value)
    if value == "fail":
        raise ValueError("as asked")


@pytest.fixture(autouse=True)
def _nothing_done():
    done.clear()


def test_a_job_is_run_once_and_gone():
    jobs.enqueue("tests.note", 7)
    [job_id] = jobs.due_ids()

    assert jobs.run(job_id) is True
    assert jobs.run(job_id) is False
    assert done == [7]
    assert not Job.objects.exists()


def test_what_is_rolled_back_asks_for_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.enqueue("tests.note", 1)
        raise RuntimeError

    assert jobs.due_ids() == []


def test_a_failure_is_put_back_with_a_wait_and_its_reason():
    jobs.enqueue("tests.note", "fail")
    [job_id] = jobs.due_ids()

    jobs.run(job_id)

    job = Job.objects.get()
    assert job.attempts == 1
    assert job.due_at > timezone.now()
    assert job.last_error == "ValueError: as asked"
    assert jobs.due_ids() == []


def test_after_the_last_attempt_it_rests_for_somebody_to_look_at():
    jobs.enqueue("tests.note", "fail")
    Job.objects.update(attempts=jobs.ATTEMPTS - 1)

    jobs.run(Job.objects.get().pk)

    assert Job.objects.get().state == Job.State.FAILED


def test_one_key_is_one_pending_job_and_a_new_one_once_it_runs():
    jobs.enqueue("tests.note", 1, unique_key="k")
    jobs.enqueue("tests.note", 1, unique_key="k")
    assert Job.objects.count() == 1

    jobs.run(Job.objects.get().pk)
    jobs.enqueue("tests.note", 1, unique_key="k")

    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_joins_a_pending_job_is_seen_by_it():
    """On PostgreSQL the claim waits for the transaction that relies on the job; SQLite has one writer."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has writers beside each other")
    jobs.enqueue("tests.note", 1, unique_key="k")
    [number] = jobs.due_ids()
    has_joined, may_end = threading.Event(), threading.Event()

    def join():
        with transaction.atomic():
            jobs.enqueue("tests.note", 1, unique_key="k")
            has_joined.set()
            may_end.wait(10)
        connections.close_all()

    def run():
        jobs.run(number)
        connections.close_all()

    joining, running = threading.Thread(target=join), threading.Thread(target=run)
    joining.start()
    assert has_joined.wait(10)
    running.start()
    running.join(1)
    assert done == []
    may_end.set()
    joining.join()
    running.join()
    assert done == [1]
    assert not Job.objects.exists()


def test_a_lease_that_ran_out_is_taken_by_another():
    jobs.enqueue("tests.note", 1)
    Job.objects.update(leased_until=timezone.now() + timedelta(minutes=5))
    assert jobs.due_ids() == []

    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert len(jobs.due_ids()) == 1
