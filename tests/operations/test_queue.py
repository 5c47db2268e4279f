"""The queue as administrators see it, and the figures of /metrics."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from celery import shared_task
from django.test import Client
from django.utils import timezone

from core import request_ids
from gitengine.work_slots import WorkSlots
from infrastructure import jobs
from infrastructure.models import Job

pytestmark = pytest.mark.django_db
PAGE = "/admin/jobs"


@shared_task(name="tests.fails")
def fails() -> None:
    raise ValueError("as <asked>")


@pytest.fixture
def client(admin):
    made = Client()
    made.force_login(admin)
    return made


@pytest.fixture
def world():
    now = timezone.now()
    with request_ids.working_for("@1x2x3x4"):
        jobs.enqueue("tests.waits", "a name")
    Job.objects.update(due_at=now - timedelta(minutes=5))
    jobs.enqueue("tests.comes-later", delay=timedelta(hours=1))
    jobs.enqueue("tests.works")
    Job.objects.filter(task="tests.works").update(leased_until=now + timedelta(minutes=1))
    jobs.enqueue("tests.failed")
    Job.objects.filter(task="tests.failed").update(
        state=Job.State.FAILED, attempts=12, last_error="ValueError: <b>", due_at=now
    )


def shown(client, query=""):
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_waits_works_and_failed_is_told(client, world):
    page = shown(client)
    for state in ("Waiting", "Running", "Later", "Failed"):
        assert f'{state} <span class="count">1</span>' in page
    assert "@1x2x3x4" in page
    assert re.search(r"has waited for 30\d seconds", page)
    assert "ValueError: &lt;b&gt;" in page
    assert "tests.failed" in shown(client, "?state=failed")
    assert "tests.waits" not in shown(client, "?state=failed")
    assert "tests.comes-later" in shown(client, "?filter=comes")
    assert "Nothing fits" in shown(client, "?filter=none")


def test_what_failed_is_tried_again(client):
    jobs.enqueue("tests.fails")
    job = Job.objects.get()
    jobs.run(job.pk)
    Job.objects.update(state=Job.State.FAILED)

    assert client.post(PAGE, {"job": "failed"}).status_code == 302
    assert jobs.due_ids() == [job.pk]
    jobs.run(job.pk)
    assert client.post(PAGE, {"job": str(job.pk)}).status_code == 302
    job.refresh_from_db()
    assert (job.attempts, jobs.due_ids()) == (0, [job.pk])

    assert client.post(PAGE, {"job": "9" * 18}).status_code == 404
    assert client.post(PAGE, {"job": "x"}).status_code == 400


def test_a_job_at_work_is_left_to_it(client, world):
    working = Job.objects.get(task="tests.works")
    assert client.post(PAGE, {"job": str(working.pk)}).status_code == 404


def test_a_page_of_many_costs_what_one_does(client, django_assert_max_num_queries):
    def queries():
        with django_assert_max_num_queries(20) as asked:
            shown(client)
        return len(asked)

    jobs.enqueue("tests.waits")
    shown(client)
    one = queries()
    for _ in range(40):
        jobs.enqueue("tests.waits")
    assert queries() == one


def test_metrics(api, admin, alice, world, settings):
    assert api(None).get("/metrics").status_code == 401
    assert api(alice).get("/metrics").status_code == 401
    api(admin).get("projects")
    with WorkSlots(1, wait=1, kind="tests").one():
        told = api(admin).get("/metrics").content.decode()
    assert 'bitbucket_queue_jobs{state="failed"} 1.0' in told
    assert "bitbucket_queue_oldest_seconds 30" in told
    assert 'bitbucket_requests_total{door="rest",method="GET",status="200"}' in told
    assert 'bitbucket_git_places_waiting{kind="tests"} 0.0' in told

    settings.METRICS_TOKEN = "a long token"
    ours = Client(headers={"Authorization": "Bearer a long token"})
    assert ours.get("/metrics").status_code == 200
    assert Client(headers={"Authorization": "Bearer another"}).get("/metrics").status_code == 401
    settings.METRICS_TOKEN = ""
    assert Client(headers={"Authorization": "Bearer "}).get("/metrics").status_code == 401


def test_a_job_works_for_the_request_that_asked_for_it(caplog, client):
    seen = []

    @shared_task(name="tests.whose")
    def whose() -> None:
        seen.append(request_ids.current())

    with request_ids.working_for("@a"):
        jobs.enqueue("tests.whose")
    (job_id,) = jobs.due_ids()
    with request_ids.working_for("@b"):
        jobs.run(job_id)
        assert request_ids.current() == "@b"
    assert seen == ["@a"]
