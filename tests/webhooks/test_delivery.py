"""How deliveries are made: in order, again after a failure, and never at the expense of another target."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from infrastructure import jobs
from infrastructure.models import Job
from repos.services import repositories
from tests import builders
from tests.pullrequests import worlds
from tests.receiver import receiver
from webhooks.models import Delivery, Target, Webhook
from webhooks.services import deliveries, targets, webhooks

EVENT = "repo:refs_changed"


@pytest.fixture
def push(repo, alice):
    def pushed(count=1, where=None):
        for number in range(count):
            worlds.commit(
                where or repo,
                "main",
                {f"{number}.txt": str(time.time())},
                actor=builders.actor(alice),
            )

    return pushed


def run_due():
    for number in jobs.due_ids():
        jobs.run(number)


def test_what_is_rolled_back_tells_nobody(repo, hook, alice):
    hook(repo, ["repo:modified"])
    builders.grant(repo, alice, "REPO_ADMIN")
    with pytest.raises(RuntimeError), transaction.atomic():
        repositories.update(builders.actor(alice), repo, description="new")
        assert Delivery.objects.count() == 1
        raise RuntimeError
    assert not Delivery.objects.exists()
    assert not Job.objects.filter(task="webhooks.deliver").exists()


def test_each_push_is_told_in_its_order(repo, hook, target, push):
    hook(repo, [EVENT])
    push(3)
    assert Delivery.objects.count() == 3
    assert Job.objects.filter(task="webhooks.deliver").count() == 3
    run_due()
    assert [one.body["changes"][0]["toHash"] for one in target.requests] == [
        one["changes"][0]["toHash"]
        for one in (json.loads(row.body) for row in Delivery.objects.order_by("pk"))
    ]


def test_a_failed_delivery_is_repeated_aside_under_its_id(repo, hook, target, push):
    hook(repo, [EVENT])
    push(3)
    bad = str(Delivery.objects.order_by("pk").first().request_id)
    target.answer = lambda one: 500 if one.id == bad else 200
    run_due()
    assert [one.id for one in target.requests].count(bad) == 1
    assert len(target.requests) == 3
    row = Delivery.objects.get(request_id=bad)
    assert (row.state, row.status, row.said) == ("PENDING", 500, "taken")
    assert timedelta(seconds=5) < row.next_at - timezone.now() < timedelta(seconds=13)
    job = Job.objects.get(task="webhooks.deliver")
    assert (job.last_error, job.attempts) == ("HTTP 500", 1)

    target.answer = lambda _: 200
    worlds.run_jobs()
    row.refresh_from_db()
    assert row.state == "SUCCESS"
    assert [one["state"] for one in row.attempts] == ["FAILURE", "SUCCESS"]
    assert [one.id for one in target.requests].count(bad) == 2
    assert not Job.objects.filter(task="webhooks.deliver").exists()


def test_none_overtakes_the_first_attempt_of_one_before(repo, hook, target, push):
    hook(repo, [EVENT])
    push(2)
    first, second = Job.objects.filter(task="webhooks.deliver").order_by("pk")
    assert jobs.run(second.pk) is False
    # Somebody has it, and was killed since: whether it was told, nobody knows.
    Job.objects.filter(pk=first.pk).update(attempts=1, leased_until=timezone.now() + timedelta(60))
    assert jobs.run(second.pk) is False
    Job.objects.filter(pk=first.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert jobs.run(second.pk) is False
    assert jobs.run(first.pk) is True
    ids = [str(row.request_id) for row in Delivery.objects.order_by("pk")]
    assert [one.id for one in target.requests] == ids


def test_repositories_of_a_project_do_not_wait_for_each_other(repo, project, hook, target, push):
    other = builders.repository(project, "other")
    hook(project, [EVENT])
    push()
    push(where=other)
    first, second = Job.objects.filter(task="webhooks.deliver").order_by("pk")
    assert first.ordering_key != second.ordering_key
    assert jobs.run(second.pk) is True
    assert jobs.run(first.pk) is True


def test_after_a_day_it_is_given_up(repo, hook, target, push):
    hook(repo, [EVENT])
    push()
    target.answer = lambda _: 404
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=25))
    run_due()
    row = Delivery.objects.get()
    assert (row.state, row.status, row.next_at) == ("FAILURE", 404, None)
    assert not Job.objects.filter(task="webhooks.deliver").exists()


def test_repeats_come_further_and_further_apart(settings):
    from webhooks import http_delivery

    settings.WEBHOOK_RETRY_SECONDS = 10
    waits = [http_delivery.wait_before(number).total_seconds() for number in range(1, 12)]
    assert 8 <= waits[0] <= 12
    assert 24 <= waits[1] <= 36
    assert waits[-1] <= 4 * 3600 * 1.2
    assert len({http_delivery.wait_before(5) for _ in range(9)}) > 1
    assert (
        20 * 3600
        < sum(http_delivery.wait_before(n).total_seconds() for n in range(1, 15))
        < 40 * 3600
    )


def test_a_target_that_fails_again_and_again_is_left_alone(repo, hook, target, push):
    made = hook(repo, [EVENT])
    target.answer = lambda _: 503
    push(5)
    run_due()
    # Three found out; the others wait untried, in their order.
    assert len(target.requests) == 3
    found = Target.objects.get()
    assert (found.pk, found.failures) == (f"webhook {made.pk}", 3)
    assert found.last_error == "HTTP 503"
    assert timedelta(seconds=25) < found.open_until - timezone.now() <= timedelta(seconds=30)
    untried = Delivery.objects.filter(attempts=[])
    assert untried.count() == 2
    assert Job.objects.filter(task="webhooks.deliver", attempts=0).count() == 2

    # After the pause one goes first. It fails, and the pause grows.
    Target.objects.update(open_until=timezone.now())
    Job.objects.filter(last_error="").update(due_at=timezone.now())
    run_due()
    assert len(target.requests) == 4
    found.refresh_from_db()
    assert timedelta(seconds=55) < found.open_until - timezone.now() <= timedelta(seconds=60)

    target.answer = lambda _: 200
    Target.objects.update(open_until=timezone.now())
    worlds.run_jobs()
    worlds.run_jobs()
    assert not Target.objects.exists()
    assert not Delivery.objects.exclude(state="SUCCESS").exists()
    assert made.deliveries.count() == 5


@pytest.mark.django_db
def test_one_probe_after_a_pause():
    system, origin = Actor.system(), "http://a.example:80"

    def pause():
        return targets.pause_of(system, targets.find(system, [origin, "webhook 1"]))

    assert pause() is None
    for _ in range(3):
        targets.note_failure(system, origin, "Connection refused.")
    assert pause() is not None
    Target.objects.update(open_until=timezone.now())
    before = targets.find(system, [origin])
    assert targets.pause_of(system, before) is None
    assert targets.pause_of(system, before) == targets.PROBE
    assert timedelta(seconds=29) < pause() <= timedelta(seconds=30)
    targets.note_well(system, targets.find(system, [origin]))
    assert pause() is None


def test_no_target_has_more_than_its_share_of_the_threads(settings):
    settings.CALLING_THREADS = 8
    system, held = Actor.system(), threading.Event()
    has = []

    def hold():
        with targets.turn(system, "http://slow:80") as turn:
            has.append(turn)
            held.wait(5)

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for one in threads:
        one.start()
    time.sleep(0.1)
    with targets.turn(system, "http://slow:80") as turn:
        assert turn is False
    with targets.turn(system, "http://other:80") as turn:
        assert turn is True
    held.set()
    for one in threads:
        one.join()
    assert has == [True, True]
    with targets.turn(system, "http://slow:80") as turn:
        assert turn is True


def test_who_is_switched_off_or_closed_by_the_settings_is_not_called(
    repo, hook, target, push, settings
):
    made = hook(repo, [EVENT])
    push()
    settings.OUTGOING_BLOCKED_NETWORKS = ["127.0.0.0/8"]
    run_due()
    assert target.requests == []
    row = Delivery.objects.get()
    assert (row.state, row.status) == ("PENDING", None)
    assert "OUTGOING_ALLOWED_NETWORKS" in row.said

    webhooks.update(Actor.system(), made, webhooks.WebhookRequest(is_active=False))
    worlds.run_jobs()
    row.refresh_from_db()
    assert (row.state, row.said) == ("ERROR", "The webhook is inactive.")
    push()
    assert Delivery.objects.count() == 1


def test_a_deleted_webhook_leaves_nothing_to_do(repo, hook, target, push):
    made = hook(repo, [EVENT])
    push()
    webhooks.delete(Actor.system(), made)
    run_due()
    assert target.requests == []
    assert not Job.objects.filter(task="webhooks.deliver").exists()


def test_what_went_wrong_is_sent_again_for_who_asks(repo, hook, target, push, alice):
    builders.grant(repo, alice, "REPO_ADMIN")
    made = hook(repo, [EVENT])
    actor = builders.actor(alice)
    begun = timezone.now()
    target.answer = lambda _: 400
    push(2)
    run_due()
    Delivery.objects.update(state="FAILURE")
    Job.objects.all().delete()
    target.answer = lambda _: 200
    ids = [one.id for one in target.requests]

    first = Delivery.objects.order_by("pk").first()
    deliveries.redeliver(actor, made, str(first.pk))
    with pytest.raises(Exception, match="still in progress"):
        deliveries.redeliver(actor, made, str(first.pk))
    run_due()
    assert deliveries.redeliver_since(actor, made, begun) == 1
    run_due()
    assert [one.id for one in target.requests] == ids + ids
    assert not Delivery.objects.exclude(state="SUCCESS").exists()


def test_the_answer_is_kept_short_and_without_what_is_the_targets_own(repo, hook, target, push):
    hook(repo, [EVENT])
    headers = {"Content-Type": "text/html", "Set-Cookie": "a=b", "X-Build": "7"}
    target.answer = lambda _: (200, headers, b"\x00\xff" + b"y" * 100_000)
    push()
    run_due()
    row = Delivery.objects.get()
    assert len(row.said) <= 500
    assert row.response_headers["X-Build"] == "7"
    assert "Set-Cookie" not in row.response_headers

    target.answer = lambda _: (200, {"Content-Type": "application/octet-stream"}, b"binary")
    push()
    run_due()
    assert Delivery.objects.first().said == ""


def test_old_deliveries_are_forgotten_and_what_is_still_tried_is_not(repo, hook, target, push):
    hook(repo, [EVENT])
    push(2)
    run_due()
    push()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=15))
    deliveries.forget_the_old(Actor.system())
    assert [row.state for row in Delivery.objects.all()] == ["PENDING"]


def test_secrets_are_opened_by_the_key_of_the_home_alone(repo, hook, settings):
    from infrastructure import encryption

    made = hook(repo, [EVENT], secret="s3cret")
    assert encryption.decrypt(made.secret) == "s3cret"
    settings.SECRET_KEY = "another"
    assert encryption.decrypt(made.secret) == ""
    assert encryption.decrypt("no seal") == ""
    assert Webhook.objects.get().secret != "s3cret"


def test_a_receiver_that_is_away_costs_one_try_each(repo, hook, push):
    with receiver() as gone:
        url = gone.url
    hook(repo, [EVENT], url=url)
    push()
    run_due()
    row = Delivery.objects.get()
    assert (row.status, row.said) == (None, "Connection refused.")
