"""Pages of the audit log: filtered by what people look for, paged, exported, kept as long as is said."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor, Via
from accounts.services import users
from audit.models import AuditEvent
from core import site_settings
from tests import builders

pytestmark = pytest.mark.django_db

URL = "/admin/audit"


@pytest.fixture
def page(admin):
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


def rename(alice, times):
    for number in range(times):
        users.update(Actor(user=alice, via=Via.SESSION), alice, display_name=f"Name {number}")


def test_events_are_found_by_what_people_look_for(page, alice):
    rename(alice, 3)
    builders.project("PRJ")
    shown = page.get(URL).content.decode()
    assert "Project created" in shown
    assert "Name 1" in shown
    assert "Project created" not in page.get(URL, {"user": "alice"}).content.decode()
    assert "User changed" not in page.get(URL, {"category": "Projects"}).content.decode()
    assert "Project created" in page.get(URL, {"filter": "prj created"}).content.decode()
    assert "Nothing fits" in page.get(URL, {"since": "2999-01-01"}).content.decode()
    assert "Nothing fits" in page.get(URL, {"until": "1999-01-01"}).content.decode()
    assert page.get(URL, {"since": "odd", "category": "odd", "start": "5"}).status_code == 200
    kept = page.get(URL, {"filter": "a<b", "user": "x"}).content.decode()
    assert 'value="a&lt;b"' in kept


def test_older_pages_cost_what_the_first_does(page, alice):
    rename(alice, 60)
    first = page.get(URL).content.decode()
    start = first.split("start=")[1].split('"')[0]
    with CaptureQueriesContext(connection) as few:
        page.get(URL)
    with CaptureQueriesContext(connection) as later:
        second = page.get(URL, {"start": start}).content.decode()
    assert len(later) == len(few)
    assert "Newest" in second
    assert "Name 2<" in second
    assert "Name 59<" not in second


def test_exports_follow_the_filters(page, alice):
    rename(alice, 2)
    sent = page.get(URL, {"user": "alice", "export": "csv"})
    assert sent["Content-Disposition"] == 'attachment; filename="audit.csv"'
    lines = b"".join(sent.streaming_content).decode().strip().splitlines()
    assert len(lines) == 3
    sent = page.get(URL, {"user": "alice", "export": "json"})
    assert b"Name 1" in b"".join(sent.streaming_content)


def test_how_long_it_is_kept(page):
    assert page.post(URL, {"days": "1"}).status_code == 400
    assert page.post(URL, {"days": "x"}).status_code == 400
    assert page.post(URL, {"days": "90"}).status_code == 302
    cache.clear()
    assert site_settings.read(site_settings.AUDIT_DAYS) == 90


def test_projects_and_repositories_have_their_own(alice):
    project = builders.project("PRJ")
    builders.repository(project, "repo")
    builders.project("OTHER")
    builders.grant(project, alice, "PROJECT_ADMIN")
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    assert client.get(URL).status_code == 401
    of_project = client.get("/projects/PRJ/settings/audit").content.decode()
    assert "Repository created" in of_project
    assert "OTHER" not in of_project
    of_repository = client.get("/projects/PRJ/repos/repo/settings/audit").content.decode()
    assert "Repository created" in of_repository
    assert "Project created" not in of_repository
    assert AuditEvent.objects.count() > 3
