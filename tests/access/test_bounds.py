"""What a user or secret may not: reach what is another's, set what is not theirs, come in after the door was shut."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from accounts import credentials
from accounts.actor import Actor, Origin, Via
from accounts.errors import WrongPassword
from accounts.models import AccessToken, SshKey, User
from accounts.services import keys, secrets, users
from core import site_settings
from repos.models import Project, Repository
from repos.services import access_keys, tokens
from tests import builders, oauth
from tests.access import routes

pytestmark = pytest.mark.django_db

PROJECTS = "/rest/api/latest/projects"


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_somebody_switched_off_loses_every_way_in_at_the_next_request(settings):
    alice = builders.user("alice")
    actor = Actor(user=alice, via=Via.SESSION)
    repository = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(repository, alice, "REPO_WRITE")
    _, app_password = secrets.create_app_password(actor, alice, name="a", permissions=["REPO_READ"])
    _, token = secrets.create_access_token(actor, alice, name="t", permissions=["REPO_READ"])
    application, secret = builders.oauth_application("REPO_READ")
    granted = oauth.tokens(application, secret, "alice")["access_token"]
    key = keys.add(actor, alice, text=routes.KEY)
    browser = Client(raise_request_exception=False)
    browser.post("/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD})
    headers = [
        basic("alice", builders.PASSWORD),
        basic("alice", app_password),
        f"Bearer {token}",
        f"Bearer {granted}",
    ]

    def ways():
        """Try each; gives which are open."""
        yield browser.get("/dashboard").status_code == 200
        for header in headers:
            for path in (f"{PROJECTS}/PRJ/repos/repo", "/scm/prj/repo.git/info/refs?service=git-upload-pack"):  # fmt: skip
                answer = Client(raise_request_exception=False).get(path, headers={"Authorization": header})  # fmt: skip
                yield answer.status_code == 200
        try:
            yield credentials.from_ssh_key(key.fingerprint, Origin()).user == alice
        except WrongPassword:
            yield False

    assert set(ways()) == {True}
    users.set_active(Actor.system(), alice, is_active=False)
    assert set(ways()) == {False}


def test_what_belongs_to_another_place_is_not_found_by_its_number(api, admin):
    """Whoever administers one repository names the numbers of another's."""
    system = Actor.system()
    mallory = builders.user("mallory")
    own = builders.repository(builders.project("MINE"), "repo")
    other = builders.repository(builders.project("PRJ"), "repo")
    builders.grant(own.project, mallory, "PROJECT_ADMIN")
    from accounts.permissions import Permission

    key = access_keys.add(system, other, text=routes.KEY, permission=Permission.REPO_WRITE)
    of_project = access_keys.add(
        system, other.project, text=routes.KEY[:-4] + "cbnv", permission=Permission.PROJECT_READ
    )
    token, _ = tokens.create(system, other, name="t", permissions=["REPO_READ"])
    of_project_token, _ = tokens.create(system, other.project, name="t", permissions=["REPO_READ"])
    own_token, _ = secrets.create_access_token(
        Actor(user=admin, via=Via.SESSION), admin, name="t", permissions=["REPO_READ"]
    )
    password, _ = secrets.create_app_password(
        Actor(user=admin, via=Via.SESSION), admin, name="t", permissions=["REPO_READ"]
    )
    ssh_key = keys.add(system, admin, text=routes.KEY[:-4] + "AA07")
    asked = [
        f"/rest/keys/latest/projects/MINE/repos/repo/ssh/{key.key_id}",
        f"/rest/keys/latest/projects/MINE/ssh/{of_project.key_id}",
        f"/rest/access-tokens/latest/projects/MINE/repos/repo/{token.pk}",
        f"/rest/access-tokens/latest/projects/MINE/{of_project_token.pk}",
        f"/rest/access-tokens/latest/projects/MINE/{token.pk}",
        f"/rest/access-tokens/latest/users/mallory/{own_token.pk}",
        f"/rest/app-passwords/latest/users/mallory/{password.pk}",
        f"/rest/ssh/latest/keys/{ssh_key.pk}",
    ]
    for path in asked:
        assert api(mallory).get(path).status_code in {401, 404}, path
        assert api(mallory).delete(path).status_code in {204, 401, 404}, path
    assert api(mallory).post(asked[2], {"name": "x"}).status_code == 404
    assert SshKey.objects.count() == 3
    assert AccessToken.objects.count() == 3


HOSTILE = {
    "is_staff": True,
    "is_superuser": True,
    "isSuperuser": True,
    "permission": "SYS_ADMIN",
    "permissions": ["SYS_ADMIN"],
    "owner": {"name": "admin"},
    "id": 1,
    "pk": 1,
    "type": "SERVICE",
    "slug": "admin",
    "active": False,
    "password": "taken over now",
    "scope": "PUBLIC",
    "hierarchyId": "x",
    "groups": ["stash-users"],
}


def test_fields_that_are_not_ones_own_are_left_alone(api, admin, alice):
    builders.grant_site(alice, "PROJECT_CREATE")
    client = api(alice)
    assert client.put("users", HOSTILE | {"displayName": "A"}).status_code == 200
    made = client.post("projects", HOSTILE | {"key": "NEW", "name": "New"})
    assert made.status_code == 201
    assert client.put("projects/NEW", HOSTILE | {"name": "Newer"}).status_code == 200
    assert client.post("projects/NEW/repos", HOSTILE | {"name": "repo"}).status_code == 201
    assert client.put("projects/NEW/repos/repo", HOSTILE | {"description": "d"}).status_code == 200

    after = User.objects.get(pk=alice.pk)
    assert (after.name, after.slug, after.type, after.is_active) == (
        "alice", "alice", "NORMAL", True,
    )  # fmt: skip
    assert after.check_password(builders.PASSWORD)
    assert not after.global_grants.filter(permission__gte=900).exists()
    project = Project.objects.get(key="NEW")
    assert (project.owner, project.type, project.is_public) == (None, "NORMAL", False)
    repository = Repository.objects.get(project=project)
    assert (repository.slug, repository.is_public) == ("repo", False)
    assert api(alice).get("admin/permissions/users").status_code == 401


def test_guesses_at_the_old_password_are_counted_like_any_others(api, alice):
    body = {"password": "another long one", "passwordConfirm": "another long one"}
    client = Client(raise_request_exception=False)
    client.force_login(alice)

    def change(old):
        return client.put(
            "/rest/api/latest/users/credentials",
            body | {"oldPassword": old},
            content_type="application/json",
            headers={"X-Atlassian-Token": "no-check"},
        )

    assert [change(f"guess {number}").status_code for number in range(5)] == [400] * 5
    locked = change(builders.PASSWORD)
    assert locked.status_code == 401
    assert "CAPTCHA_CHALLENGE" in locked["X-Authentication-Denied-Reason"]
    form = {"old_password": builders.PASSWORD, "password": "another long one"}
    assert client.post("/account/password", form).status_code == 400
    alice.refresh_from_db()
    assert alice.check_password(builders.PASSWORD)


def test_one_limiter_counts_all_ways_in(api, alice, settings):
    """Five failures by five doors are five failures."""
    client = Client(raise_request_exception=False)
    for path in (PROJECTS, "/scm/prj/repo.git/info/refs?service=git-upload-pack", "/rest/api/1.0/repos"):  # fmt: skip
        wrong = basic("alice", f"guess at {path}")
        assert client.get(path, headers={"Authorization": wrong}).status_code == 401
    for number in range(2):
        client.post(
            "/j_atl_security_check", {"j_username": "ALICE", "j_password": f"guess {number}"}
        )
    locked = client.get(PROJECTS, headers={"Authorization": basic("alice", builders.PASSWORD)})
    assert locked.status_code == 401
    assert "CAPTCHA_CHALLENGE" in locked["X-Authentication-Denied-Reason"]
    page = client.post(
        "/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD}
    )
    assert page.status_code == 401
    assert "Too many failed sign-ins" in page.content.decode()
    assert site_settings.read(site_settings.BASE_URL) in locked["X-Authentication-Denied-Reason"]


def test_names_that_look_the_same_in_addresses_are_told_apart(api, admin):
    query = "displayName=X&emailAddress=x@x.org&password=a+long+enough+one"
    assert api(admin).post(f"admin/users?name=j+doe&{query}").status_code == 204
    refused = api(admin).post(f"admin/users?name=j%23doe&{query}")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["message"] == (
        '"j#doe" would stand in addresses as "j_doe", as the user "j doe" does already.'
        " Choose another name."
    )
    foreign = api(admin).post(f"admin/users?name=%D0%BC%D0%B0%D1%80%D0%B8%D1%8F&{query}")
    assert foreign.status_code == 400
    assert "at least one of a-z or 0-9" in foreign.json()["errors"][0]["message"]
    again = api(admin).post(f"admin/users?name=J+Doe&{query}")
    assert again.json()["errors"][0]["message"] == 'A user named "J Doe" exists already.'
    api(admin).delete("admin/users?name=j+doe")
    gone = api(admin).post(f"admin/users?name=j+doe&{query}")
    assert gone.json()["errors"][0]["message"] == 'A deleted user named "j doe" exists already.'
