"""The pages of webhooks: the steps that a Bitbucket user knows, without scripts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from infrastructure import encryption
from infrastructure.models import Job
from tests import builders
from tests.pullrequests import worlds
from tests.receiver import receiver
from webhooks.models import Delivery, Target, Webhook

pytestmark = pytest.mark.django_db

FORM = {
    "action": "save",
    "name": "CI",
    "secret": "s3cret",
    "verifies_certificates": "on",
    "events": ["repo:refs_changed", "pr:opened"],
    "is_active": "on",
}


@pytest.fixture
def target(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as running:
        yield running


@pytest.fixture
def repo(alice):
    project = builders.project("PRJ")
    builders.grant(project, alice, "PROJECT_ADMIN")
    return builders.repository(project)


@pytest.fixture(params=["/projects/PRJ/repos/repo", "/projects/PRJ"])
def page(request, repo):
    return f"{request.param}/settings/webhooks"


@pytest.fixture
def client(alice, repo):
    made = Client()
    made.force_login(alice)
    return made


def test_settings_webhooks_add_title_url_triggers_active_save(client, page, target):
    assert "Add webhook" in client.get(page).content.decode()
    form = client.get(f"{page}/create").content.decode()
    for words in ("Title", "URL", "repo:refs_changed", "pr:reviewer:needs_work", "Active", "Save"):
        assert words in form

    tested = client.post(f"{page}/create", FORM | {"url": target.url, "action": "test"})
    assert "The receiver answered 200" in tested.content.decode()
    assert not Webhook.objects.exists()
    done = client.post(f"{page}/create", FORM | {"url": target.url})
    assert done.status_code == 302
    made = Webhook.objects.get()
    assert done["Location"] == f"{page}/{made.pk}?saved=1"
    shown = client.get(page).content.decode()
    assert "CI" in shown and target.url in shown and "none yet" in shown


def test_what_cannot_be_is_said_at_its_field(client, page, target):
    for change, words in (
        ({"url": "http://10.0.0.1:0/"}, "no port 0"),
        ({"url": "http://a b/"}, "absolute http or https address"),
        ({"url": "http://169.254.169.254/"}, "OUTGOING_ALLOWED_NETWORKS"),
        ({"url": target.url, "name": ""}, "This field is required"),
        ({"url": target.url, "events": []}, "Choose at least one event"),
    ):
        answer = client.post(f"{page}/create", FORM | change)
        assert answer.status_code == 400
        assert words in answer.content.decode()
    assert not Webhook.objects.exists()


def test_it_is_changed_and_keeps_secrets_that_are_not_typed_again(client, page, target):
    client.post(
        f"{page}/create",
        FORM | {"url": target.url, "username": "ci", "password": "hidden"},
    )
    made = Webhook.objects.get()
    one = f"{page}/{made.pk}"
    assert "s3cret" not in client.get(one).content.decode()
    change = FORM | {"url": target.url, "name": "Other", "secret": "", "username": "ci"}
    del change["is_active"]
    assert client.post(one, change).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.is_active) == ("Other", False)
    assert encryption.decrypt(made.secret) == "s3cret"
    assert encryption.decrypt(made.password) == "hidden"
    client.post(one, change | {"action": "test"})
    assert "X-Hub-Signature" in target.requests[-1].headers
    client.post(one, change | {"username": ""})
    made.refresh_from_db()
    assert made.password == ""
    assert client.post(one, {"action": "delete"}).status_code == 302
    assert not Webhook.objects.exists()


def test_the_log_shows_what_was_sent_and_sends_it_again(client, page, repo, target, alice):
    client.post(f"{page}/create", FORM | {"url": target.url})
    one = f"{page}/{Webhook.objects.get().pk}"
    target.answer = lambda _: (500, {"X-Reason": "tired"}, b"Too <b>tired</b>")
    worlds.commit(repo, "main", {"a": "b"}, actor=builders.actor(alice))
    waiting = client.get(one).content.decode()
    assert "waiting" in waiting
    worlds.run_jobs()
    shown = client.get(one).content.decode()
    assert "500, trying again" in shown
    row = Delivery.objects.get()
    assert str(row.request_id) in shown
    assert "X-Reason: tired" in shown
    assert "Too &lt;b&gt;tired&lt;/b&gt;" in shown
    assert "X-Hub-Signature: (not shown)" in shown
    assert client.post(one, {"action": "redeliver", "delivery": row.pk}).status_code == 409

    Delivery.objects.update(state="FAILURE")
    Job.objects.all().delete()
    assert client.post(one, {"action": "redeliver", "delivery": row.pk}).status_code == 302
    assert Job.objects.filter(task="webhooks.deliver").count() == 1
    # That somebody asked for it again is no attempt.
    tried = len(row.attempts)
    assert f"{tried} attempts<" in client.get(one).content.decode()
    assert len(Delivery.objects.get().attempts) == tried + 1
    Delivery.objects.update(state="ERROR")
    again = client.post(one, {"action": "redeliver-since", "since": "24"})
    assert "saved=again" in again["Location"]
    assert "saved=none" in client.post(one, {"action": "redeliver-since"})["Location"]
    assert client.post(one, {"action": "redeliver", "delivery": "x"}).status_code == 404
    assert client.post(one, {"action": "dance"}).status_code == 400

    assert str(row.request_id) in client.get(one, {"state": "PENDING"}).content.decode()
    assert "Nothing fits" in client.get(one, {"state": "SUCCESS"}).content.decode()


def test_a_target_that_is_left_alone_is_told_of(client, page, target):
    client.post(f"{page}/create", FORM | {"url": target.url})
    one = f"{page}/{Webhook.objects.get().pk}"
    Target.objects.create(
        origin=f"http://127.0.0.1:{target.port}",
        failures=4,
        open_until=timezone.now() + timezone.timedelta(minutes=5),
        last_error="Connection refused.",
    )
    shown = client.get(one).content.decode()
    assert "failed 4 times in a row" in shown
    assert "in 4 minutes" in shown or "in 5 minutes" in shown


def test_pages_take_as_many_queries_for_many_rows(
    client, page, repo, target, django_assert_max_num_queries
):
    for number in range(20):
        made = client.post(f"{page}/create", FORM | {"url": target.url, "name": f"CI {number}"})
        assert made.status_code == 302
    webhook = Webhook.objects.first()
    Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            event="pr:opened",
            body="{}",
            state="SUCCESS",
            attempted_at=timezone.now(),
        )
        for _ in range(25)
    )
    client.get(page)
    with django_assert_max_num_queries(22):
        client.get(page)
    with django_assert_max_num_queries(22):
        client.get(f"{page}/{webhook.pk}")


def test_old_links_lead_there(client, repo):
    for path, page in (
        ("projects/PRJ/repos/repo", "/projects/PRJ/repos/repo/settings/webhooks"),
        ("projects/PRJ", "/projects/PRJ/settings/webhooks"),
    ):
        assert client.get(f"/plugins/servlet/webhooks/{path}")["Location"].endswith(page)
