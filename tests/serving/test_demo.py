"""`manage.py demo`: an empty server comes alive, once."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User, UserAvatar
from builds.models import BuildStatus
from infrastructure.models import Job
from pullrequests.models import PullRequest
from repos.models import Repository
from webhooks.models import Delivery, Webhook

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_it_fills_an_empty_server_and_no_other(client):
    told = io.StringIO()
    call_command("demo", password="correct horse battery", stdout=told)
    assert "amara, bruno, chen, dalia, elin" in told.getvalue()
    assert "The first administrator is admin" in told.getvalue()
    assert User.objects.get(name="admin").is_active
    assert UserAvatar.objects.filter(user__name="amara").exists()
    assert Repository.objects.count() == 3
    assert set(PullRequest.objects.values_list("state", flat=True)) == set(PullRequest.State.values)
    assert PullRequest.objects.filter(is_draft=True).exists()
    assert PullRequest.objects.filter(outcome="CONFLICTED").exists()
    assert BuildStatus.objects.values("state").distinct().count() == 3
    assert Delivery.objects.filter(state="SUCCESS").count() > 10
    assert any(len(row.attempts) == 2 for row in Delivery.objects.all())
    assert not Job.objects.filter(state=Job.State.FAILED).exists()

    client.force_login(User.objects.get(name="amara"))
    start = "/projects/GND/repos/orbit"
    for page in ("browse", "commits", "branches", "tags", "pull-requests", "pull-requests/2/overview",
                 "pull-requests/2/diff", f"settings/webhooks/{Webhook.objects.get().pk}"):  # fmt: skip
        assert client.get(f"{start}/{page}").status_code == 200, page

    with pytest.raises(CommandError, match="empty server"):
        call_command("demo", password="correct horse battery", stdout=told)


def test_more_repositories_each_with_a_pull_request_that_merges():
    call_command("demo", password="correct horse battery", repositories=3, stdout=io.StringIO())
    rows = Repository.objects.filter(project__key="FLT")
    assert sorted(row.slug for row in rows) == ["battery-0001", "camera-0002", "downlink-0003"]
    pulls = PullRequest.objects.filter(repository__in=rows)
    assert [(one.state, one.outcome) for one in pulls] == [("OPEN", "CLEAN")] * 3
    assert not Job.objects.filter(state=Job.State.FAILED).exists()


@pytest.mark.parametrize("count", [-1, 10_001])
def test_a_number_of_repositories_that_is_none(count):
    with pytest.raises(CommandError, match="10000"):
        call_command("demo", repositories=count, stdout=io.StringIO())
