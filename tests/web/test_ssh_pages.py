"""Pages of SSH keys, access keys, the clone menu and SSH's administration."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import SshKey
from core import site_settings
from repos.models import AccessKey
from tests import builders, ssh_keys

pytestmark = pytest.mark.django_db

REPOSITORY = "/projects/PRJ/repos/repo"


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    key = ssh_keys.make(tmp_path_factory.mktemp("keys") / "key", "-C", "me@home")
    return key.with_suffix(".pub").read_text()


@pytest.fixture
def page(alice):
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(made, alice, "REPO_ADMIN")
    return made


def test_a_key_is_added_shown_and_removed(page, alice, text):
    url = "/account/ssh-keys"
    wrong = page.post(url, {"action": "add", "text": "nothing", "label": "my label"})
    assert wrong.status_code == 400
    assert "not a public SSH key" in wrong.content.decode()
    assert 'value="my label"' in wrong.content.decode()
    assert page.post(url, {"action": "add", "text": text}).status_code == 302
    shown = page.get(url).content.decode()
    assert "me@home" in shown
    assert SshKey.objects.get().fingerprint in shown
    other = builders.user("other")
    theirs = Client()
    theirs.force_login(other)
    number = SshKey.objects.get().pk
    theirs.post(url, {"action": "remove", "id": number})
    assert SshKey.objects.exists()
    assert page.post(url, {"action": "remove", "id": number}).status_code == 302
    assert not SshKey.objects.exists()
    assert Client().get(url)["Location"].startswith("/login")


def test_an_access_key_is_added_changed_and_revoked(page, repository, text):
    url = f"{REPOSITORY}/settings/access-keys"
    fields = {"action": "add", "text": text, "permission": "REPO_READ"}
    assert page.post(url, fields | {"permission": "REPO_ADMIN"}).status_code == 400
    assert page.post(url, fields | {"text": "nothing"}).status_code == 400
    assert page.post(url, fields).status_code == 302
    assert "already in use" not in page.get(url).content.decode()
    assert page.post(url, fields).status_code == 400
    number = SshKey.objects.get().pk
    change = {"action": "change", "id": number, "permission": "REPO_WRITE"}
    assert page.post(url, change).status_code == 302
    assert AccessKey.objects.get().get_permission_display() == "REPO_WRITE"
    assert "me@home" in page.get(url, {"filter": "home"}).content.decode()
    assert "No matching keys" in page.get(url, {"filter": "none"}).content.decode()
    assert page.post(url, {"action": "revoke", "id": "12345"}).status_code == 400
    assert page.post(url, {"action": "revoke", "id": number}).status_code == 302
    assert not SshKey.objects.exists()
    assert page.get("/projects/PRJ/settings/access-keys").status_code == 401


def test_the_number_of_keys_costs_no_queries(page, repository, tmp_path):
    url = f"{REPOSITORY}/settings/access-keys"

    def add(number):
        key = ssh_keys.make(tmp_path / f"k{number}").with_suffix(".pub").read_text()
        page.post(url, {"action": "add", "text": key, "permission": "REPO_READ"})

    def count():
        with CaptureQueriesContext(connection) as seen:
            assert page.get(url).status_code == 200
        return len(seen)

    add(1)
    page.get(url)
    before = count()
    for number in range(2, 6):
        add(number)
    assert count() == before


def test_the_clone_menu_remembers_the_way(page, repository):
    builders.fill(repository)
    url = f"{REPOSITORY}/browse"
    assert 'value="http://localhost:7990/scm/prj/repo.git"' in page.get(url).content.decode()
    answer = page.post("/-/clone-way", {"way": "ssh", "next": url})
    assert answer["Location"] == url
    assert 'value="ssh://git@localhost:7999/prj/repo.git"' in page.get(url).content.decode()
    assert page.post("/-/clone-way", {"way": "ftp", "next": "//evil"})["Location"] == "/dashboard"
    site_settings.write(site_settings.SSH_ENABLED, False)
    cache.clear()
    shown = page.get(url).content.decode()
    assert "ssh://" not in shown
    assert 'value="http://localhost:7990/scm/prj/repo.git"' in shown


def test_administrators_change_how_ssh_is_spoken(admin, page, django_capture_on_commit_callbacks):
    client = Client()
    client.force_login(admin)
    assert page.get("/admin/ssh").status_code == 401
    fields = {
        "enabled": "on",
        "access_keys_enabled": "on",
        "base_url": "ssh://git.example.com:22",
        "longest_days": "90",
        "rule_rsa": "4096",
        "rule_ecdsa": "no",
        "rule_ed25519": "256",
        "rule_ecdsa_sk": "256",
        "rule_ed25519_sk": "256",
    }
    wrong = client.post("/admin/ssh", fields | {"base_url": "http://x"})
    assert wrong.status_code == 400
    assert "ssh://git.example.com:7999" in wrong.content.decode()
    assert client.post("/admin/ssh", fields | {"rule_rsa": "12"}).status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/admin/ssh", fields).status_code == 302
    shown = client.get("/admin/ssh?saved=1").content.decode()
    assert "ssh://git.example.com:22" in shown
    assert 'value="90"' in shown
    assert '<option value="no" selected>' in shown
