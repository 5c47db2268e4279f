"""Pages of administration: what administrators do there, and what everybody else is told."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import GlobalGrant, Group, User
from core import site_settings
from tests import builders

pytestmark = pytest.mark.django_db

GOOD = "a long enough secret"


@pytest.fixture
def page(admin):
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


def test_a_user_is_made_changed_switched_off_and_on(page, alice):
    fields = {
        "name": "new",
        "display_name": "New",
        "email_address": "n@example.com",
        "password": GOOD,
    }
    site_settings.write(site_settings.PASSWORD_RULES_FOR_ADMINISTRATORS, True)
    wrong = page.post("/admin/users", fields | {"password": "short"})
    assert wrong.status_code == 400
    assert "too short" in wrong.content.decode()
    assert 'value="New"' in wrong.content.decode()
    made = page.post("/admin/users", fields)
    assert made["Location"] == "/admin/users/view?name=new"
    url = made["Location"]
    assert page.get(url).status_code == 200
    changed = {"action": "details", "display_name": "Newer", "email_address": ""}
    assert page.post(url, changed).status_code == 302
    assert page.post(url, {"action": "password", "password": "short"}).status_code == 400
    assert page.post(url, {"action": "password", "password": GOOD + "!"}).status_code == 302
    assert page.post(url, {"action": "off"}).status_code == 302
    assert not User.objects.get(name="new").is_active
    assert "switched off" in page.get("/admin/users").content.decode()
    assert page.post(url, {"action": "on"}).status_code == 302
    assert page.post(url, {"action": "unlock"}).status_code == 302
    assert page.post(url, {"action": "odd"}).status_code == 400
    myself = page.post("/admin/users/view?name=admin", {"action": "off"})
    assert "cannot deactivate yourself" in myself.content.decode()
    assert page.get("/admin/users/view?name=none").status_code == 404


def test_a_user_is_renamed_deleted_and_erased(page, alice):
    builders.user("bob")
    url = "/admin/users/view?name=alice"
    taken = page.post(url, {"action": "rename", "new_name": "Bob"})
    assert taken.status_code == 400
    assert 'value="Bob"' in taken.content.decode()
    assert User.objects.filter(name="alice").exists()
    renamed = page.post(url, {"action": "rename", "new_name": "alicia"})
    assert renamed["Location"] == "/admin/users/view?name=alicia&saved=1"
    url = "/admin/users/view?name=alicia"

    early = page.post("/admin/users/erase?name=alicia")
    assert (early.status_code, "Delete the user first" in early.content.decode()) == (409, True)
    assert "cannot be undone" in page.get(url).content.decode()
    deleted = page.post(url, {"action": "delete"})
    assert deleted["Location"] == "/admin/users/erase?name=alicia"
    assert page.get(url).status_code == 404
    assert "Erase alicia?" in page.get(deleted["Location"]).content.decode()

    erased = page.post(deleted["Location"])
    alice.refresh_from_db()
    assert alice.name.startswith("user-")
    assert alice.email_address == ""
    assert erased["Location"] == f"/admin/users/erase?name={alice.name}&erased=1"
    assert alice.name in page.get(erased["Location"]).content.decode()
    assert page.get(deleted["Location"]).status_code == 404
    assert "Username of the deleted user" in page.get("/admin/users/erase").content.decode()


def test_nobody_deletes_themselves_or_who_stands_above(page, admin):
    own = page.post("/admin/users/view?name=admin", {"action": "delete"})
    assert own.status_code == 400
    assert "cannot deactivate yourself" in own.content.decode()
    lower = Client(raise_request_exception=False)
    lower.force_login(builders.user("lower", site="ADMIN"))
    for fields in ({"action": "delete"}, {"action": "rename", "new_name": "mine"}):
        assert lower.post("/admin/users/view?name=admin", fields).status_code == 400
    admin.refresh_from_db()
    assert (admin.name, admin.is_active, admin.removed_at) == ("admin", True, None)


def test_a_group_is_made_filled_emptied_and_deleted(page, alice):
    made = page.post("/admin/groups", {"name": "devs"})
    url = made["Location"]
    assert page.post("/admin/groups", {"name": "Devs"}).status_code == 400
    assert page.post(url, {"action": "add", "name": "nobody"}).status_code == 400
    assert page.post(url, {"action": "add", "name": "alice"}).status_code == 302
    assert "alice" in page.get(url).content.decode()
    assert page.post(url, {"action": "remove", "name": "alice"}).status_code == 302
    assert not alice.member_of.filter(name="devs").exists()
    assert page.post(url, {"action": "delete"})["Location"] == "/admin/groups"
    assert not Group.objects.filter(name="devs").exists()


def test_global_permissions_are_given_and_taken(page, alice):
    url = "/admin/permissions"
    grant = {"action": "grant", "kind": "user", "name": "alice", "permission": "PROJECT_CREATE"}
    assert page.post(url, grant).status_code == 302
    assert GlobalGrant.objects.get(user=alice).permission == 120
    assert page.post(url, grant | {"permission": "REPO_READ"}).status_code == 400
    assert page.post(url, {"action": "revoke", "kind": "user", "name": "alice"}).status_code == 302
    own = page.post(url, {"action": "revoke", "kind": "user", "name": "admin"})
    assert own.status_code == 400
    assert "remove your own permission" in own.content.decode()


def test_these_pages_are_for_administrators(alice):
    client = Client()
    for address in (
        "/admin/users",
        "/admin/groups",
        "/admin/permissions",
        "/admin/users/view?name=alice",
    ):
        assert client.get(address).status_code == 302
    client.force_login(alice)
    for address in (
        "/admin/users",
        "/admin/groups",
        "/admin/permissions",
        "/admin/users/view?name=alice",
    ):
        assert client.get(address).status_code == 401
    assert "Administration" not in client.get("/dashboard").content.decode()


def test_ones_own_password_is_changed_and_other_sessions_end(alice):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.post(
            "/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD}
        )
    wrong = here.post("/account/password", {"old_password": "wrong", "password": GOOD})
    assert "The old password is not correct." in wrong.content.decode()
    changed = here.post("/account/password", {"old_password": builders.PASSWORD, "password": GOOD})
    assert changed["Location"] == "/account/password?saved=1"
    assert here.get("/dashboard").status_code == 200
    assert elsewhere.get("/dashboard").status_code == 302


def test_limits_on_requests_are_changed_and_shown(page, alice):
    url = "/admin/rate-limiting"
    usual = {"action": "usual", "enabled": "on", "capacity": "100", "fill_rate": "10"}
    assert page.post(url, usual | {"capacity": "0"}).status_code == 400
    assert page.post(url, usual).status_code == 302
    own = {"action": "own", "name": "alice", "capacity": "7", "fill_rate": "3"}
    assert page.post(url, own | {"name": "nobody"}).status_code == 400
    wrong = page.post(url, own | {"fill_rate": ""})
    assert wrong.status_code == 400
    assert 'value="7"' in wrong.content.decode()
    assert page.post(url, own).status_code == 302
    assert "7 burst, 3 per second" in page.get(url).content.decode()
    assert "No matching users" in page.get(url, {"filter": "zzz"}).content.decode()
    assert page.post(url, {"action": "reset", "name": "alice"}).status_code == 302
    assert "7 at once" not in page.get(url).content.decode()
    stranger = Client()
    stranger.force_login(alice)
    assert stranger.get(url).status_code == 401
    assert stranger.post(url, usual).status_code == 401
