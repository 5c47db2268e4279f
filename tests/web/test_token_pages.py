"""Pages of access tokens: made and shown once, warned of before they end, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessToken
from tests import builders

pytestmark = pytest.mark.django_db

PLACES = ["/projects/PRJ/settings/access-tokens", "/projects/PRJ/repos/repo/settings/access-tokens"]


@pytest.fixture
def page(alice):
    project = builders.project("PRJ")
    builders.repository(project, "repo", content=True)
    builders.grant(project, alice, "PROJECT_ADMIN")
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.mark.parametrize("url", PLACES)
def test_a_token_of_a_place_is_made_shown_once_and_revoked(page, url):
    fields = {"action": "create", "form_id": "one", "name": "ci", "permissions": ["REPO_WRITE"]}
    wrong = page.post(url, fields | {"permissions": []})
    assert wrong.status_code == 400
    assert 'value="ci"' in wrong.content.decode()
    made = page.post(url, fields).content.decode()
    text = made.split('id="secret-text" readonly value="')[1].split('"')[0]
    assert "x-token-auth" in made
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get(
        "/scm/prj/repo.git/info/refs?service=git-receive-pack"
    )
    assert answer.status_code == 200
    assert page.post(url, fields).status_code == 302
    assert text not in page.get(url).content.decode()
    assert AccessToken.objects.count() == 1
    number = AccessToken.objects.get().pk
    assert page.post(url, {"action": "revoke", "id": "999"}).status_code == 404
    assert page.post(url, {"action": "revoke", "id": number}).status_code == 302
    assert not AccessToken.objects.exists()


def test_a_repository_gives_nothing_of_its_project(page):
    fields = {"action": "create", "name": "ci", "permissions": ["PROJECT_WRITE"]}
    assert page.post(PLACES[1], fields).status_code == 400
    assert page.post(PLACES[0], fields).status_code == 200


@pytest.mark.parametrize("url", [*PLACES, "/account/access-tokens"])
def test_a_token_that_ends_soon_is_warned_of(page, url):
    page.post(url, {"action": "create", "name": "ci", "permissions": ["REPO_READ"]})
    assert "within a week" not in page.get(url).content.decode()
    AccessToken.objects.update(expires_at=timezone.now() + timedelta(days=6))
    shown = page.get(url).content.decode()
    assert "“ci” ends within a week" in shown
    assert "ends soon" in shown
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "expired" in page.get(url).content.decode()
