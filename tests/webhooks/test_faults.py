"""What goes wrong at one target, or is tried by one person, harms nobody else and loses nothing."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from accounts.actor import Actor
from core.errors import Conflict, Invalid, Unavailable
from infrastructure import jobs, outgoing_http
from infrastructure.job_notifications import JobListener
from infrastructure.management.commands.run_jobs import _Crew
from infrastructure.models import Job
from tests import builders
from tests.pullrequests import worlds
from tests.receiver import receiver
from webhooks.http_delivery import DeliveryCall
from webhooks.models import Delivery, Target
from webhooks.services import deliveries, webhooks

EVENT = "repo:modified"


def say(webhook, number=1):
    row = Delivery.objects.create(webhook=webhook, event=EVENT, repository_id=number, body="{}")
    deliveries._schedule(row)
    return row


def run_due():
    for number in jobs.due_ids():
        jobs.run(number)


@contextmanager
def answering(raw: bytes, every: float = 0.0):
    """A machine that answers every call with these bytes, slowly if that is said."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                call, _ = listener.accept()
                call.recv(65536)
                for byte in raw if every else [raw]:
                    call.sendall(bytes([byte]) if every else byte)
                    time.sleep(every)
                call.close()
            except OSError:
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.close()


def test_an_answer_that_is_garbage_is_noted_and_tried_again(repo, hook):
    with answering(b"\x00garb\xffage\x00\r\n\r\n") as url:
        row = say(hook(repo, [EVENT], url=url))
        run_due()
    row.refresh_from_db()
    assert row.state == "PENDING"
    assert [one["state"] for one in row.attempts] == ["ERROR"]
    assert "\x00" not in row.said
    assert Job.objects.get(task="webhooks.deliver").attempts == 1


def test_an_accident_ends_no_delivery(repo, hook, target, monkeypatch):
    made = hook(repo, [EVENT])
    row = say(made)
    monkeypatch.setattr(deliveries.http_delivery, "call", lambda *_: 1 / 0)
    run_due()
    row.refresh_from_db()
    assert (row.state, row.said) == ("PENDING", "The call could not be made; see the log.")
    with pytest.raises(Conflict):
        deliveries.redeliver(Actor.system(), made, str(row.pk))
    # Whatever became of the job: nobody waits for ever.
    Job.objects.filter(task="webhooks.deliver").delete()
    monkeypatch.undo()
    deliveries.redeliver(Actor.system(), made, str(row.pk))
    run_due()
    row.refresh_from_db()
    assert row.state == "SUCCESS"


def test_a_name_that_is_too_long_is_refused(repo, hook):
    with pytest.raises(Invalid):
        hook(repo, [EVENT], url="http://" + ".".join(["a" * 60] * 8) + ".invalid/")


def test_a_password_goes_to_the_machine_that_it_was_given_for(repo, hook, target):
    system = Actor.system()
    made = hook(repo, [EVENT], username="ci", password="hidden")
    with receiver() as other:
        with pytest.raises(Invalid, match="different host"):
            webhooks.update(system, made, webhooks.WebhookRequest(url=other.url))
        webhooks.update(system, made, webhooks.WebhookRequest(url=f"{target.url}/deeper"))
        webhooks.update(system, made, webhooks.WebhookRequest(url=other.url, password="new"))
        say(made)
        run_due()
        [received] = other.requests
    assert received.headers["Authorization"] == "Basic Y2k6bmV3"


def test_names_are_resolved_before_anything_is_locked(repo, hook, target, monkeypatch):
    made = hook(repo, [EVENT])
    depths = []
    before = len(connection.savepoint_ids)
    monkeypatch.setattr(
        webhooks.outgoing_http, "check", lambda *_: depths.append(len(connection.savepoint_ids))
    )
    webhooks.update(Actor.system(), made, webhooks.WebhookRequest(url=f"{target.url}/x"))
    assert depths == [before]


def test_what_one_webhook_is_refused_is_no_fault_of_the_machine(repo, hook, target):
    other = builders.repository(builders.project("OTH"), "other")
    bad = hook(other, [EVENT], url=f"{target.url}/boom")
    good = hook(repo, [EVENT])
    target.answer = lambda one: 500 if one.path.endswith("/boom") else 200
    for _ in range(4):
        say(bad)
    run_due()
    assert [one.origin for one in Target.objects.all()] == [f"webhook {bad.pk}"]
    assert Target.objects.get().failures == 3
    row = say(good)
    run_due()
    row.refresh_from_db()
    assert row.state == "SUCCESS"


def test_a_machine_that_answers_at_all_is_there_again(repo, hook, target):
    made = hook(repo, [EVENT])
    origin = f"http://127.0.0.1:{target.port}"
    for failures, answer, left in ((2, 500, [made.breaker]), (1, 404, [])):
        Target.objects.all().delete()
        Target.objects.create(origin=origin, failures=failures)
        target.answer = lambda _, answer=answer: answer
        say(made)
        run_due()
        assert [one.origin for one in Target.objects.all()] == left


def test_what_we_refuse_ourselves_says_nothing_of_the_machine(repo, hook, target, settings):
    made = hook(repo, [EVENT])
    origin = f"http://127.0.0.1:{target.port}"
    Target.objects.create(origin=origin, failures=2)
    say(made)
    settings.OUTGOING_BLOCKED_NETWORKS = ["127.0.0.0/8"]
    run_due()
    assert Target.objects.get().failures == 2


def test_a_job_that_is_done_meanwhile_leaves_its_turn_to_the_next(repo, hook, target, settings):
    settings.CALLING_THREADS = 4
    made = hook(repo, [EVENT])
    say(made, 1)
    say(made, 2)
    with deliveries.targets.turn(Actor.system(), f"http://127.0.0.1:{target.port}"):
        run_due()
        first = Job.objects.filter(task="webhooks.deliver").order_by("pk").first()
        first.delete()
    assert len(jobs.due_ids()) == 1


def test_refusals_of_our_own_and_of_certificates_count_against_no_machine(
    repo, hook, target, settings
):
    made = hook(repo, [EVENT])
    for _ in range(3):
        say(made)
    settings.OUTGOING_BLOCKED_NETWORKS = ["127.0.0.0/8"]
    run_due()
    assert not Target.objects.exists()


def test_tests_of_connections_hold_few_threads(repo, hook, target):
    what = DeliveryCall(target.url, "diagnostics:ping", "x", "{}")
    for _ in range(deliveries.TESTS_AT_ONCE):
        deliveries._tests.acquire()
    try:
        with pytest.raises(Unavailable):
            deliveries.test(Actor.system(), repo, what)
    finally:
        for _ in range(deliveries.TESTS_AT_ONCE):
            deliveries._tests.release()
    assert deliveries.test(Actor.system(), repo, what).status == 200


def test_a_proxy_that_drips_is_left_when_the_time_is_over(settings):
    with answering(b"HTTP/1.1 200 OK\r\n" + b"X" * 60, every=0.3) as url:
        settings.OUTGOING_PROXY = url
        begun = time.monotonic()
        with pytest.raises(outgoing_http.NoResponse):
            outgoing_http.post(
                "http://10.0.0.1:8081/", b"{}", {}, limits=outgoing_http.HttpLimits(1, 1, 1.5)
            )
    assert time.monotonic() - begun < 4


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_slow_target_with_much_to_hear_holds_up_no_other(repo, hook, settings):
    settings.CALLING_THREADS = 8
    with receiver() as slow, receiver() as quick:
        slow.answer = lambda _: time.sleep(4) or 200
        busy, idle = hook(repo, [EVENT], url=slow.url), hook(repo, [EVENT], url=quick.url)
        for number in range(150):
            say(busy, 10_000 + number)
        with _crew(8):
            time.sleep(2)
            waits = []
            for number in range(4):
                begun = time.monotonic()
                say(idle, number)
                quick.wait_for(EVENT, number + 1, seconds=15)
                waits.append(time.monotonic() - begun)
            # As turns end, those that wait go on at once.
            slow.wait_for(EVENT, 4, seconds=15)
            Job.objects.all().delete()
    assert max(waits) < 2, waits


@contextmanager
def _crew(threads):
    bell, stop = JobListener(), threading.Event()
    crew = _Crew(threads, bell, calling=True)

    def loop():
        while not stop.is_set():
            crew.take_what_is_due()
            stop.wait(0.02)
            bell.wait(0.2)
        connections.close_all()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        crew.end()
        bell.close()


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_turn_goes_on_when_one_ends(repo, hook, target, settings):
    settings.CALLING_THREADS = 4
    made = hook(repo, [EVENT])
    first, second = say(made, 1), say(made, 2)
    origin = f"http://127.0.0.1:{target.port}"
    with deliveries.targets.turn(Actor.system(), origin):
        run_due()
        assert target.requests == []
        assert not jobs.due_ids()
    # One turn is free: one goes on, and its end lets the next.
    assert len(jobs.due_ids()) == 1
    run_due()
    run_due()
    for row in (first, second):
        row.refresh_from_db()
        assert row.state == "SUCCESS"


def test_everything_is_told_after_all(repo, hook, target):
    made = hook(repo, [EVENT])
    rows = [say(made, number) for number in range(3)]
    worlds.run_jobs()
    assert {one.id for one in target.requests} == {str(row.request_id) for row in rows}
