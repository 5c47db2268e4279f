"""Rank: an administrator never touches a system administrator, by no road; the last one stays."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from accounts.models import GlobalGrant, Group, User
from accounts.permissions import Permission
from accounts.services import global_permissions, keys, secrets, users
from core.errors import DomainError
from tests import builders, oauth
from tests.access.routes import KEY, TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db):
    return builders.user("root", site="SYS_ADMIN")


@pytest.fixture
def boss(db):
    return builders.user("boss", site="ADMIN")


def test_no_road_leads_an_administrator_to_a_system_administrator(api, root, boss):
    of_root = builders.actor(root)
    key = keys.add(of_root, root, text=KEY)
    password, _ = secrets.create_app_password(of_root, root, name="p", permissions=["REPO_READ"])
    token, _ = secrets.create_access_token(of_root, root, name="t", permissions=["REPO_READ"])
    builders.group("plain")
    other_key = KEY[:-4] + "cbnv"
    roads = [
        ("POST", "/rest/ssh/1.0/keys?user=root", {"text": other_key}),
        ("GET", "/rest/ssh/1.0/keys?user=root", None),
        ("DELETE", "/rest/ssh/1.0/keys?user=root", None),
        ("DELETE", f"/rest/ssh/1.0/keys/{key.pk}", None),
        ("GET", "/rest/access-tokens/1.0/users/root", None),
        ("PUT", "/rest/access-tokens/1.0/users/root", TOKEN),
        ("DELETE", f"/rest/access-tokens/1.0/users/root/{token.pk}", None),
        ("GET", "/rest/app-passwords/latest/users/root", None),
        ("DELETE", f"/rest/app-passwords/latest/users/root/{password.pk}", None),
        ("GET", "users/root/settings", None),
        ("POST", "users/root/settings", {"x": 1}),
        ("DELETE", "users/root/avatar.png", None),
        ("PUT", "admin/users", {"name": "root", "displayName": "Fool"}),
        ("PUT", "admin/users/credentials",
         {"name": "root", "password": "a long enough one", "passwordConfirm": "a long enough one"}),
        ("POST", "admin/users/rename", {"name": "root", "newName": "gone"}),
        ("DELETE", "admin/users?name=root", None),
        ("POST", "admin/users/erasure?name=root", None),
        ("DELETE", "admin/users/captcha?name=root", None),
        ("POST", "admin/users/add-groups", {"user": "root", "groups": ["plain"]}),
        ("POST", "admin/groups/add-users", {"group": "plain", "users": ["root"]}),
        ("PUT", "admin/permissions/users?name=root&permission=LICENSED_USER", None),
        ("DELETE", "admin/permissions/users?name=root", None),
        ("PUT", "admin/permissions/users?name=boss&permission=SYS_ADMIN", None),
    ]  # fmt: skip
    wrong = []
    for method, path, body in roads:
        answer = api(boss).request(method, path, body)
        if answer.status_code not in {401, 403, 404}:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []
    assert root.ssh_keys.get().pk == key.pk
    assert root.app_passwords.count() == root.access_tokens.count() == 1


def test_who_may_not_join_a_group_makes_nobody_who_does(api, root, boss):
    users.default_group()
    highest = Group.objects.get(name=users.DEFAULT_GROUP)
    highest.members.remove(boss)
    GlobalGrant.objects.update_or_create(
        group=highest, defaults={"permission": Permission.SYS_ADMIN}
    )
    form = {
        "name": "mole",
        "password": "a long enough one",
        "displayName": "M",
        "emailAddress": "m@x.org",
    }

    assert api(boss).post("admin/users", None, **form).status_code == 403
    assert not User.objects.filter(name="mole").exists()
    outside = form | {"addToDefaultGroup": "false"}
    assert api(boss).post("admin/users", None, **outside).status_code in {200, 204}


def test_no_secret_makes_a_password_that_outlives_it(api, root):
    form = {
        "name": "ghost",
        "password": "a long enough one",
        "displayName": "G",
        "emailAddress": "g@x.org",
    }
    application, secret = builders.oauth_application("ADMIN_WRITE")
    text = oauth.tokens(application, secret, "root")["access_token"]

    answer = api().request(
        "POST", "admin/users", query=form, headers={"Authorization": f"Bearer {text}"}
    )

    assert answer.status_code == 401
    assert not User.objects.filter(name="ghost").exists()


def test_letting_somebody_in_again_is_written_down(api, root, alice):
    from audit.models import AuditEvent

    before = AuditEvent.objects.count()
    assert api(root).delete("admin/users/captcha", name="alice").status_code == 204
    assert AuditEvent.objects.count() == before + 1


def test_an_access_key_that_expired_elsewhere_is_refused(api, root):
    from django.utils import timezone

    from accounts.models import SshKey

    place = builders.repository(builders.project("PRJ"), "repo")
    assert place
    path = "/rest/keys/latest/projects/PRJ/repos/repo/ssh"
    body = {"key": {"text": KEY}, "permission": "REPO_READ"}
    assert api(root).post(path, body).status_code == 201
    SshKey.objects.update(expires_at=timezone.now())

    answer = api(root).post(
        "/rest/keys/latest/projects/PRJ/ssh", body | {"permission": "PROJECT_READ"}
    )

    assert answer.status_code == 409
    assert "expired" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("length", [256, 300, 5000])
def test_texts_that_are_too_long_are_refused(api, root, length):
    text = "x" * length
    builders.project("PRJ")
    builders.group("devs")
    user = {
        "name": "new",
        "password": "a long enough one",
        "displayName": "N",
        "emailAddress": "n@x.org",
    }
    calls = [
        *(("POST", "admin/users", None, user | {field: value}) for field, value in
          (("name", text), ("displayName", text), ("emailAddress", f"a@{text}"))),
        ("PUT", "admin/users", {"name": "root", "email": f"a@{text}"}, {}),
        ("PUT", "admin/users", {"name": "root", "displayName": text}, {}),
        ("PUT", "users", {"displayName": text}, {}),
        ("PUT", "users", {"email": f"a@{text}"}, {}),
        ("POST", "admin/users/rename", {"name": "root", "newName": text}, {}),
        ("POST", "admin/groups", None, {"name": text}),
        ("POST", "projects", {"key": text, "name": "n"}, {}),
        ("POST", "projects", {"key": "NEW", "name": text}, {}),
        ("POST", "projects", {"key": "NEW", "name": "n", "description": text}, {}),
        ("POST", "projects/PRJ/repos", {"name": text}, {}),
        ("POST", "projects/PRJ/repos", {"name": "n", "description": text}, {}),
        ("PUT", "/rest/access-tokens/latest/users/root", TOKEN | {"name": text}, {}),
        ("PUT", "/rest/app-passwords/latest/users/root", TOKEN | {"name": text}, {}),
        ("POST", "/rest/ssh/latest/keys", {"text": KEY, "label": text}, {}),
        ("POST", "/rest/oauth2/latest/client",
         {"name": text, "redirects": ["https://x.example.com"], "scopes": ["REPO_READ"]}, {}),
    ]  # fmt: skip
    wrong = []
    for method, path, body, query in calls:
        answer = api(root).request(method, path, body, query=query)
        if answer.status_code != 400:
            wrong.append(f"{method} {path} {list(body or query)}: {answer.status_code}")
    assert wrong == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite writes one after the other")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["lower", "switch off"])
def test_two_who_lower_each_other_at_the_same_moment_do_not_leave_none(how):
    GlobalGrant.objects.all().delete()
    both = [builders.user(name, site="SYS_ADMIN") for name in ("one", "two")]
    ready = threading.Barrier(2)
    told = []

    def lower(own, other):
        try:
            ready.wait(10)
            if how == "lower":
                global_permissions.revoke(builders.actor(own), [other])
            else:
                users.set_active(builders.actor(own), other, is_active=False)
        except DomainError as error:
            told.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=lower, args=pair) for pair in (both, both[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    left = GlobalGrant.objects.filter(permission=Permission.SYS_ADMIN, user__is_active=True)
    assert left.count() == 1, connection.vendor
    assert len(told) == 1
