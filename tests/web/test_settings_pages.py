"""Pages of one's own profile, and of the settings of the whole site."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import site_settings
from tests import builders, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seen_at_once(monkeypatch):
    monkeypatch.setattr(site_settings, "CACHED_SECONDS", 0)


def signed_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


PROFILE = {
    "action": "profile",
    "display_name": "Alice Ampere",
    "email_address": "alice@example.org",
    "time_zone": "Europe/Berlin",
    "language": "de",
}


def test_a_profile_is_changed_and_times_are_written_the_readers_way(alice):
    client = signed_in(alice)
    builders.repository(builders.project("PRJ", public=True), "repo", content=True)
    commits = "/projects/PRJ/repos/repo/commits"
    assert "14 November 2023, 22:13 UTC" in client.get(commits).content.decode()

    assert client.post("/account", PROFILE).status_code == 302
    alice.refresh_from_db()
    assert (alice.display_name, alice.email_address) == ("Alice Ampere", "alice@example.org")
    shown = client.get("/account?saved=1").content.decode()
    assert "Saved." in shown
    assert 'value="Europe/Berlin" selected' in shown
    assert "All other text stays in English." in shown
    assert "14. November 2023 23:13 CET" in client.get(commits).content.decode()
    # The words stay English, also those of Django's own forms.
    wrong = client.post("/account", PROFILE | {"display_name": ""}).content.decode()
    assert "This field is required." in wrong


@pytest.mark.parametrize(
    "wrong",
    [
        {"display_name": "<b>"},
        {"email_address": "nobody"},
        {"time_zone": "Mars/Olympus"},
        {"language": "xx"},
    ],
)
def test_a_refused_profile_keeps_what_was_typed(alice, wrong):
    answer = signed_in(alice).post("/account", PROFILE | wrong)
    assert answer.status_code == 400
    if "display_name" in wrong:
        assert 'value="&lt;b&gt;"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.display_name == "Alice"
    assert alice.time_zone == ""


def test_a_picture_is_uploaded_and_deleted_on_the_page(alice):
    client = signed_in(alice)
    made = client.get("/users/alice/avatar.png").content
    sent = SimpleUploadedFile("me.gif", pictures.drawn("GIF", (90, 90)), "image/gif")
    assert client.post("/account", {"action": "avatar", "avatar": sent}).status_code == 302
    assert pictures.size_of(client.get("/users/alice/avatar.png").content) == (90, 90)
    text = SimpleUploadedFile("me.png", b"no picture", "image/png")
    refused = client.post("/account", {"action": "avatar", "avatar": text})
    assert refused.status_code == 400
    assert "must be a PNG, JPEG, GIF or WebP" in refused.content.decode()
    assert client.post("/account", {"action": "delete-avatar"}).status_code == 302
    assert client.get("/users/alice/avatar.png").content == made


def test_the_server_is_named_and_its_first_branch_chosen(admin):
    client = signed_in(admin)
    fields = {
        "action": "server",
        "display_name": "Forge",
        "base_url": "https://git.example.com/bitbucket/",
        "default_branch": "trunk",
    }
    assert client.post("/admin/server-settings", fields).status_code == 302
    assert site_settings.read(site_settings.BASE_URL) == "https://git.example.com/bitbucket"
    shown = client.get("/admin/server-settings?saved=1").content.decode()
    assert "Forge" in shown
    assert 'value="trunk"' in shown
    for wrong in (
        {"base_url": "ftp://x"},
        {"base_url": "https://user:secret@x"},
        {"base_url": "https://x?y"},
        {"display_name": " "},
        {"default_branch": "a b"},
    ):
        answer = client.post("/admin/server-settings", fields | wrong)
        assert answer.status_code == 400, wrong
    assert site_settings.read(site_settings.DISPLAY_NAME) == "Forge"


def test_a_banner_is_written_on_the_page(admin, alice):
    client = signed_in(admin)
    fields = {"action": "banner", "message": "Back at **ten**", "audience": "ALL", "enabled": "on"}
    assert client.post("/admin/server-settings", fields).status_code == 302
    assert "Back at <strong>ten</strong>" in Client().get("/login").content.decode()
    del fields["enabled"]
    assert client.post("/admin/server-settings", fields).status_code == 302
    assert "Back at" not in Client().get("/login").content.decode()
    assert "Back at" in client.get("/admin/server-settings").content.decode()


def test_passwords_are_refused_by_a_switch_and_people_are_told(admin, alice):
    client = signed_in(admin)
    fields = {
        "blocks_passwords": "on",
        "allowed_users": "robot\r\n\r\nother ",
        "allowed_paths": "/rest/api/*",
        "shows_warning": "on",
        "longest_token_days": "90",
    }
    assert client.post("/admin/authentication", fields).status_code == 302
    assert site_settings.read(site_settings.BASIC_ALLOWED_USERS) == ["robot", "other"]
    assert site_settings.read(site_settings.LONGEST_TOKEN_DAYS) == 90
    shown = signed_in(alice).get("/account/password").content.decode()
    assert "does not accept passwords" in shown
    refused = client.post("/admin/authentication", fields | {"allowed_paths": "x"})
    assert refused.status_code == 400
    assert "begins with a slash" in refused.content.decode()
    assert signed_in(alice).get("/admin/authentication").status_code in {401, 403}
