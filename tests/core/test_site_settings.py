"""Settings of the site: read often, changed seldom, and seen at once."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from core import links, site_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def lookups(monkeypatch):
    """The settings that are looked up in the cache."""
    found: list[str] = []
    real = cache.get_or_set

    def note(key, *arguments):
        if key.startswith("site:"):
            found.append(key.rsplit(":", 1)[1])
        return real(key, *arguments)

    monkeypatch.setattr(site_settings.cache, "get_or_set", note)
    return found


def test_a_request_looks_up_a_setting_once(lookups):
    with site_settings.read_once():
        assert len({links.absolute("/x") for _ in range(100)}) == 1
    assert lookups == ["base_url"]
    links.absolute("/x")
    assert lookups == ["base_url"] * 2


def test_a_page_looks_up_a_setting_once(lookups):
    assert Client().get("/projects").status_code == 200
    assert lookups and len(lookups) == len(set(lookups))


def test_who_changes_a_setting_sees_it_at_once(django_capture_on_commit_callbacks):
    with site_settings.read_once():
        site_settings.read(site_settings.DISPLAY_NAME)
        with django_capture_on_commit_callbacks(execute=True):
            site_settings.write(site_settings.DISPLAY_NAME, "New")
        assert site_settings.read(site_settings.DISPLAY_NAME) == "New"


def test_what_can_be_changed_is_not_shared():
    with site_settings.read_once():
        site_settings.read(site_settings.BASIC_ALLOWED_USERS).append("mallory")
        assert "mallory" not in site_settings.read(site_settings.BASIC_ALLOWED_USERS)
