"""The audit log: who did what to whom, from where; complete, unchangeable, without a secret in it."""

from __future__ import annotations

import csv
import inspect
import io
import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import events as people
from accounts.actor import Actor, Origin, Via
from accounts.models import AccessToken, AppPassword
from accounts.permissions import Permission
from accounts.services import (
    global_permissions,
    groups,
    keys,
    oauth_applications,
    secrets,
    users,
)
from audit import services
from audit.catalogue import CATALOGUE, SILENT
from audit.models import AuditEvent
from audit.tasks import sweep
from builds import events as builds
from core import site_settings
from discussions import events as talk
from pullrequests import events as pulls
from repos import events as places
from repos.services import access_keys, permissions, projects, repositories, tokens
from tests import builders, oauth
from tests.access.routes import KEY

pytestmark = pytest.mark.django_db

EVENTS = "/rest/auditing/1.0/events"
OLDER = "/rest/audit/latest/events"


def test_every_event_is_told_or_deliberately_silent():
    known = set(CATALOGUE) | SILENT
    missing = [
        kind.__name__
        for module in (people, places, talk, builds, pulls)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and kind not in known
    ]
    assert missing == []


def test_who_what_whom_and_from_where(api, admin, alice):
    builders.project("PRJ")
    AuditEvent.objects.all().forget()
    client = api(admin)
    client.headers |= {"User-Agent": "script/1.0"}
    client.put("projects/PRJ", {"description": "new", "name": "Named"})
    client.put("projects/PRJ/permissions/users", name="alice", permission="PROJECT_READ")

    granted, changed = AuditEvent.objects.all()[:2]
    assert (changed.category, changed.action) == ("Projects", "Project changed")
    assert (changed.actor_name, changed.actor_id) == ("admin", admin.pk)
    assert (changed.address, changed.user_agent, changed.via) == (
        "127.0.0.1",
        "script/1.0",
        "PASSWORD",
    )
    assert changed.request_id.startswith("@")
    assert {"key": "name", "from": "Project PRJ", "to": "Named"} in changed.changes
    assert granted.changes == [{"key": "permission", "from": None, "to": "PROJECT_READ"}]
    assert [one["name"] for one in granted.objects_affected] == ["PRJ", "alice"]

    shown = api(admin).get(EVENTS).json()
    assert shown["pagingInfo"]["lastPage"] is True
    assert shown["entities"][0]["author"]["name"] == "admin"
    assert shown["entities"][0]["type"]["action"] == "Permission changed"
    assert shown == api(admin).get(OLDER).json()


def test_sign_ins_are_told_and_a_name_that_is_nobodys_is_not(alice):
    AuditEvent.objects.all().forget()
    client = Client(headers={"User-Agent": "Firefox"})
    wrong = {"j_username": "alice", "j_password": "wrong"}
    client.post("/j_atl_security_check", wrong)
    client.post("/j_atl_security_check", {"j_username": "my secret password", "j_password": "x"})
    client.post("/j_atl_security_check", wrong | {"j_password": builders.PASSWORD})
    client.post("/j_atl_security_logout")
    told = [(one.action, one.objects_affected[0]["name"]) for one in AuditEvent.objects.all()[::-1]]
    assert told == [
        ("Sign-in failed", "alice"),
        ("Sign-in failed", "nobody's name"),
        ("User signed in", "alice"),
        ("User signed out", "alice"),
    ]


def test_nothing_changes_or_shortens_it(admin):
    row = AuditEvent.objects.first()
    row.actor_name = "somebody else"
    for change in (
        row.save,
        row.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(actor_name="x"),
    ):
        with pytest.raises(TypeError):
            change()


def test_no_secret_is_in_it(admin, alice):
    """Everything that makes or changes a secret, and then a look for each of them."""
    actor = Actor(user=alice, via=Via.SESSION, origin=Origin("10.0.0.1", "test", "@1"))
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo")
    builders.grant(project, alice, "PROJECT_ADMIN")
    made = [
        secrets.create_app_password(actor, alice, name="a", permissions=["REPO_READ"])[1],
        secrets.create_access_token(actor, alice, name="b", permissions=["REPO_READ"])[1],
        tokens.create(actor, project, name="c", permissions=["REPO_READ"])[1],
        tokens.create(actor, repository, name="d", permissions=["REPO_READ"])[1],
    ]
    token = alice.access_tokens.get()
    secrets.update_access_token(actor, token, name="renamed", permissions=["REPO_WRITE"])
    application, secret = builders.oauth_application("REPO_READ")
    made.append(secret)
    given = oauth.tokens(application, secret)
    made += [given["access_token"], given["refresh_token"]]
    made.append(oauth_applications.renew_secret(Actor.system(), application))
    users.set_password(Actor.system(), alice, "a new long password")
    users.change_own_password(actor, "a new long password", "and another long one")
    made += ["a new long password", "and another long one", builders.PASSWORD]
    keys.add(actor, alice, text=KEY)
    client = Client(raise_request_exception=False)
    for header in (
        f"Bearer {made[1]}x",
        "Bearer BBDC-wrongwrongwrong",
        f"Bearer {given['access_token']}y",
    ):
        client.get("/rest/api/latest/projects", headers={"Authorization": header})
        made.append(header.split()[1])
    client.post("/j_atl_security_check", {"j_username": "alice", "j_password": "guessed wrong"})
    made.append("guessed wrong")
    alice.refresh_from_db()
    hashes = [alice.password, *AccessToken.objects.values_list("digest", flat=True)]
    hashes += AppPassword.objects.values_list("digest", flat=True)

    written = json.dumps([list(row) for row in AuditEvent.objects.values_list()], default=str)

    assert "renamed" in written
    for one in [*made, *hashes]:
        assert one not in written, one


def test_everything_that_is_done_to_people_and_places_leaves_a_row(admin, alice):
    actor = Actor(user=admin, via=Via.SESSION)
    AuditEvent.objects.all().forget()
    bob = users.create(actor, name="bob", display_name="Bob", password="a long enough one")
    users.update(actor, bob, display_name="Bobby")
    users.rename(actor, bob, "robert")
    group = groups.create(actor, "devs")
    groups.add(actor, [group], [bob])
    groups.remove(actor, group, bob)
    groups.delete(actor, group)
    global_permissions.grant(actor, [bob], Permission.PROJECT_CREATE)
    project = projects.create(actor, key="PRJ", name="P")
    repository = repositories.create(actor, project, name="repo")
    permissions.grant(actor, repository, [bob], Permission.REPO_READ)
    access_keys.add(actor, repository, text=KEY, permission=Permission.REPO_READ)
    repositories.update(actor, repository, name="renamed")
    repositories.delete(actor, repository)
    projects.delete(actor, project)
    users.remove(actor, bob)
    actions = [one.action for one in AuditEvent.objects.all()[::-1]]
    for expected in (
        "User created",
        "User changed",
        "Group created or deleted",
        "Group members changed",
        "Global permission changed",
        "Project created",
        "Repository created",
        "Permission changed",
        "Repository changed",
        "Repository deleted",
        "Project deleted",
        "User removed",
    ):
        assert expected in actions, expected


def test_filters_and_pages(api, admin, alice):
    for number in range(30):
        users.update(Actor(user=alice, via=Via.SESSION), alice, display_name=f"Alice {number}")
    first = api(admin).get(EVENTS, limit=10, search="display alice", actions="User changed").json()
    assert first["pagingInfo"]["lastPage"] is False
    cursor = first["pagingInfo"]["nextPageCursor"]
    second = api(admin).get(EVENTS, limit=10, actions="User changed", pageCursor=cursor).json()
    assert first["entities"][-1] != second["entities"][0]
    assert second["entities"][0]["changedValues"][0]["to"] == "Alice 19"
    assert api(admin).get(EVENTS, userIds=str(alice.pk), limit=1).json()["entities"]
    assert api(admin).get(EVENTS, userIds="987654").json()["entities"] == []
    assert api(admin).get(EVENTS, categories="Projects").json()["entities"] == []
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    assert api(admin).get(EVENTS, **{"from": tomorrow}).json()["entities"] == []
    assert api(admin).get(EVENTS, to=tomorrow).json()["entities"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "x"},
        {"pageCursor": "-1"},
        {"pageCursor": "x"},
        {"userIds": "1,x"},
        {"userIds": "9" * 40},
        {"from": "yesterday"},
        {"to": "9" * 30},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api, admin, query):
    assert api(admin).get(EVENTS, **query).status_code in {200, 400}
    assert api(admin).get(EVENTS, **query).status_code != 500


def test_each_log_is_for_its_administrators(api, admin, alice):
    bob = builders.user("bob")
    project = builders.project("PRJ")
    other = builders.project("OTHER")
    repository = builders.repository(project, "repo")
    builders.repository(other, "secret")
    builders.grant(project, alice, "PROJECT_ADMIN")
    builders.grant(repository, bob, "REPO_ADMIN")
    of_project = "/rest/audit/latest/projects/PRJ/events"
    of_repository = "/rest/audit/latest/projects/PRJ/repos/repo/events"
    for who, statuses in (
        (admin, (200, 200, 200)),
        (alice, (401, 200, 200)),
        (bob, (401, 401, 200)),
        (None, (401, 401, 401)),
    ):
        paths = (EVENTS, of_project, of_repository)
        assert tuple(api(who).get(path).status_code for path in paths) == statuses
    shown = json.dumps(api(alice).get(of_project).json())
    assert "PRJ/repo" in shown
    assert "OTHER" not in shown
    of_one = json.dumps(api(bob).get(of_repository).json())
    assert "Project created" not in of_one


def test_exports_hold_everything_and_no_formula(api, admin, alice):
    users.update(Actor(user=alice, via=Via.SESSION), alice, display_name="=HYPERLINK(1)")
    users.rename(Actor.system(), alice, "=cmd")
    answer = api(admin).get(f"{EVENTS}/export")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0][0] == "Time"
    assert len(rows) == AuditEvent.objects.count() + 1
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    whole = api(admin).get(f"{EVENTS}/export", exportFormat="json")
    assert len(json.loads(b"".join(whole.streaming_content))) == AuditEvent.objects.count()
    assert api(alice).get(f"{EVENTS}/export").status_code == 401


def test_what_is_old_enough_is_forgotten(api, admin, alice):
    url = "/rest/auditing/1.0/configuration/retention"
    assert api(admin).get(url).json() == {"period": 3 * 365, "units": "DAYS"}
    assert api(alice).put(url, {"period": 1, "units": "YEARS"}).status_code == 401
    assert api(admin).put(url, {"period": 1, "units": "DAYS"}).status_code == 400
    assert api(admin).put(url, {"period": 1, "units": "WEEKS"}).status_code == 400
    assert api(admin).put(url, {"period": 1, "units": "YEARS"}).status_code == 204
    cache.clear()
    assert site_settings.read(site_settings.AUDIT_DAYS) == 365
    kept = AuditEvent.objects.count()
    for days in (366, 1000, 364):
        row = AuditEvent(at=timezone.now() - timedelta(days=days), action="old", words="")
        row.save()
    sweep()
    assert AuditEvent.objects.count() == kept + 1
    assert services.forget_the_old(Actor.system()) == 0
    review = "/rest/audit/latest/notification-settings/retention-config-review"
    assert api(admin).delete(review).status_code == 200
