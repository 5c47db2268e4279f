"""Settings pages of what may happen to branches, used without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from pullrequests.models import DefaultReviewers, PullRequestSettings
from repos import storage
from repos.models import RefRestriction
from tests import builders
from tests.builders import git

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["/projects/PRJ/repos/repo", "/projects/PRJ"])
def settings(request, alice):
    project = builders.project("PRJ")
    builders.repository(project)
    builders.grant(project, alice, "PROJECT_ADMIN")
    client = Client()
    client.force_login(alice)
    return client, f"{request.param}/settings"


def test_branch_permissions(settings):
    client, start = settings
    page = f"{start}/branch-permissions"
    rule = {
        "action": "add",
        "kind": "no-deletes",
        "matcher_type": "PATTERN",
        "matcher_id": "release/*",
        "users": "alice",
    }
    assert client.post(page, rule).status_code == 302
    shown = client.get(page).content.decode()
    assert "release/*" in shown and "Prevent deletion" in shown and "Alice" in shown
    assert client.post(page, rule | {"users": "nobody"}).status_code == 404
    assert client.post(page, rule | {"kind": "x"}).status_code == 400
    assert client.post(page, {"action": "x"}).status_code == 400
    number = RefRestriction.objects.get().pk
    assert client.post(page, {"action": "remove", "number": number}).status_code == 302
    assert not RefRestriction.objects.exists()


def test_default_reviewers(settings):
    client, start = settings
    page = f"{start}/default-reviewers"
    rule = {
        "action": "add",
        "source_type": "ANY_REF",
        "target_type": "BRANCH",
        "target_id": "main",
        "reviewers": "alice",
        "required_approvals": "1",
    }
    assert client.post(page, rule).status_code == 302
    assert "Alice" in client.get(page).content.decode()
    assert client.post(page, rule | {"required_approvals": "2"}).status_code == 400
    number = DefaultReviewers.objects.get().pk
    assert client.post(page, {"action": "remove", "number": number}).status_code == 302


def test_checks_and_strategies(settings):
    client, start = settings
    page = f"{start}/pull-requests"
    checks = {
        "action": "checks",
        "required_approvals": "2",
        "required_builds": "0",
        "needs_all_tasks": "on",
    }
    assert client.post(page, checks).status_code == 302
    row = PullRequestSettings.objects.get()
    assert row.required_approvals == 2 and row.needs_all_tasks and row.needs_all_approvals is False
    ways = {
        "action": "strategies",
        "strategies": ["squash", "no-ff"],
        "default": "squash",
        "summaries": "5",
    }
    assert client.post(page, ways).status_code == 302
    row.refresh_from_db()
    assert (row.strategies, row.default_strategy) == (["no-ff", "squash"], "squash")
    assert client.post(page, ways | {"default": "ff"}).status_code == 400
    assert "inherit" in client.get(page).content.decode()
    assert client.post(page, {"action": "inherit-checks"}).status_code == 302
    assert client.post(page, {"action": "inherit-strategies"}).status_code == 302
    row.refresh_from_db()
    assert row.strategies is None and row.required_approvals is None


def test_who_opens_a_pull_request_is_not_offered_as_its_reviewer(alice):
    project = builders.project("PRJ")
    repository = builders.repository(project, content=True)
    builders.grant(project, alice, "PROJECT_ADMIN")
    builders.grant(project, builders.user("bob"), "PROJECT_READ")
    head = git("rev-parse", "main~1", cwd=storage.path_of(repository.pk))
    git("update-ref", "refs/heads/older", head, cwd=storage.path_of(repository.pk))
    client = Client()
    client.force_login(alice)
    rule = {
        "action": "add",
        "source_type": "ANY_REF",
        "target_type": "ANY_REF",
        "required_approvals": "0",
    }
    page = "/projects/PRJ/repos/repo/settings/default-reviewers"
    for name in ("alice", "bob"):
        assert client.post(page, rule | {"reviewers": name}).status_code == 302

    create = "/projects/PRJ/repos/repo/pull-requests?create&sourceBranch=main&targetBranch=older"
    shown = client.get(create).content.decode()

    assert re.search(r'name="reviewers"[^>]*value="bob"', shown)
