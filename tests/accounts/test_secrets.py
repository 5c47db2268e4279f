"""App passwords and access tokens: what they open, what they never open, and how they end."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessToken, AppPassword, GlobalGrant, SignInAttempts, User
from tests import builders, reference

pytestmark = pytest.mark.django_db

APP = "/rest/app-passwords/latest/users/alice"
TOKENS = "/rest/access-tokens/latest/users/alice"
REPO = "/rest/api/latest/projects/PRJ/repos/repo"


@pytest.fixture
def world(db):
    alice = builders.user("alice", site="PROJECT_CREATE")
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    builders.grant(project, alice, "PROJECT_ADMIN")
    return repository


def basic(name, password):
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Client(raise_request_exception=False, headers={"Authorization": f"Basic {pair}"})


def bearer(text):
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def app_password(*permissions):
    answer = basic("alice", builders.PASSWORD).put(
        APP, {"name": "ci", "permissions": permissions}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    return answer.json()["token"]


def token(*permissions, **fields):
    answer = basic("alice", builders.PASSWORD).put(
        TOKENS, {"name": "ci", "permissions": permissions} | fields, content_type="application/json"
    )
    reference.check("PUT", TOKENS, answer)
    assert answer.status_code == 200, answer.content
    return answer.json()["token"]


def push_status(client):
    return client.get("/scm/prj/repo.git/info/refs?service=git-receive-pack").status_code


def fetch_status(client):
    return client.get("/scm/prj/repo.git/info/refs?service=git-upload-pack").status_code


# What each permission opens: see, push, change, delete the repository; make a project; change the project.
APP_PASSWORDS = {
    "ACCOUNT_READ": "",
    "ACCOUNT_WRITE": "",
    "PROJECT_READ": "",
    "PROJECT_WRITE": "",
    "PROJECT_ADMIN": "MP",
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rwc",
    "REPO_DELETE": "rd",
    "PULL_REQUEST_READ": "r",
    "PULL_REQUEST_WRITE": "r",
    "WEBHOOK": "r",
}
ACCESS_TOKENS = {
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rwcd",
    "PROJECT_READ": "r",
    "PROJECT_WRITE": "rw",
    "PROJECT_ADMIN": "rwcdP",
}


def what_opens(client):
    json = {"content_type": "application/json"}
    opened = ""
    opened += "r" if client.get(REPO).status_code == fetch_status(client) == 200 else ""
    opened += "w" if push_status(client) == 200 else ""
    opened += "c" if client.put(REPO, {"description": "x"}, **json).status_code == 200 else ""
    grant = client.put(f"{REPO}/permissions/users?name=alice&permission=REPO_READ", **json)
    assert (grant.status_code == 204) == ("c" in opened)
    opened += "d" if client.delete(REPO).status_code == 202 else ""
    made = client.post("/rest/api/latest/projects", {"key": "N", "name": "N"}, **json)
    opened += "M" if made.status_code == 201 else ""
    changed = client.put("/rest/api/latest/projects/PRJ", {"description": "x"}, **json)
    return opened + ("P" if changed.status_code == 200 else "")


@pytest.mark.parametrize("permission", APP_PASSWORDS)
def test_what_an_app_password_opens(world, permission):
    client = basic("alice", app_password(permission))
    assert client.get("/rest/api/latest/users/alice")["X-AUSERNAME"] == "alice"
    assert what_opens(client) == APP_PASSWORDS[permission]


@pytest.mark.parametrize("permission", ACCESS_TOKENS)
@pytest.mark.parametrize("way", ["bearer", "basic"])
def test_what_an_access_token_opens(world, permission, way):
    text = token(permission)
    client = bearer(text) if way == "bearer" else basic("alice", text)
    assert what_opens(client) == ACCESS_TOKENS[permission]


def test_a_secret_never_opens_more_than_its_owner_may(world):
    text = app_password("REPO_ADMIN", "PROJECT_ADMIN")
    from repos.models import ProjectGrant, RepositoryGrant

    ProjectGrant.objects.all().delete()
    RepositoryGrant.objects.all().delete()
    builders.grant(world, User.objects.get(name="alice"), "REPO_READ")

    client = basic("alice", text)
    assert fetch_status(client) == 200
    assert push_status(client) == 403


@pytest.mark.parametrize("make", [app_password, token])
def test_no_secret_manages_secrets(world, make):
    client = basic("alice", make("PROJECT_ADMIN", "REPO_ADMIN"))
    body = {"name": "more", "permissions": ["REPO_ADMIN"]}
    for url in (APP, TOKENS):
        assert client.get(url).status_code == 401
        assert client.put(url, body, content_type="application/json").status_code == 401
        assert client.delete(f"{url}/1").status_code == 401


@pytest.mark.parametrize("make", [app_password, token])
def test_a_secret_reads_pages_and_begins_no_session(world, make):
    text = make("REPO_ADMIN")
    client = basic("alice", text)
    login = Client().post("/j_atl_security_check", {"j_username": "alice", "j_password": text})
    assert login.status_code == 401
    page = "/projects/PRJ/repos/repo/browse/hello.txt"
    assert client.get(page).status_code == 200
    assert client.head(page).status_code == 200
    assert set(client.cookies) <= {"bitbucket_csrf"}
    assert client.get("/projects/PRJ/repos/repo/raw/hello.txt").status_code == 200
    # Settings show more than the scope of a secret covers, and forms need a session.
    assert client.get("/projects/PRJ/repos/repo/settings").status_code == 401
    assert client.get("/account/app-passwords").status_code == 401
    changed = client.post("/projects/PRJ/repos/repo/settings", {"name": "other"})
    assert changed.status_code in {401, 403}
    assert basic("alice", text[:-1]).get(page).status_code == 401


@pytest.mark.parametrize("make", [app_password, token])
def test_a_secret_ends_at_once(world, make):
    text = make("REPO_READ")
    client = basic("alice", text)
    assert fetch_status(client) == 200
    owner = basic("alice", builders.PASSWORD)
    url = APP if make is app_password else TOKENS
    (listed,) = owner.get(url).json()["values"]

    assert owner.delete(f"{url}/{listed['id']}").status_code == 204

    assert fetch_status(client) == 401
    assert owner.get(f"{url}/{listed['id']}").status_code == 404


def test_a_deactivated_or_unlicensed_owner_has_no_secrets(world):
    text = token("REPO_READ")
    alice = User.objects.get(name="alice")
    alice.is_active = False
    alice.save()
    assert bearer(text).get(REPO).status_code == 401
    alice.is_active = True
    alice.save()
    GlobalGrant.objects.all().delete()
    assert bearer(text).get(REPO).status_code == 401


def test_a_token_ends_on_its_day(world, settings):
    text = token("REPO_READ", expiryDays=2)
    assert bearer(text).get(REPO).status_code == 200
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert bearer(text).get(REPO).status_code == 401


def test_the_administrator_says_how_long_a_token_may_last(world):
    from core import site_settings

    site_settings.write(site_settings.LONGEST_TOKEN_DAYS, 30)
    client = basic("alice", builders.PASSWORD)
    body = {"name": "x", "permissions": ["REPO_READ"], "expiryDays": 31}
    refused = client.put(TOKENS, body, content_type="application/json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["context"] == "expiryDays"
    token("REPO_READ")
    left = AccessToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_only_a_hash_is_kept_and_the_text_is_shown_once(world):
    for make, kind, url in ((app_password, AppPassword, APP), (token, AccessToken, TOKENS)):
        text = make("REPO_READ")
        row = kind.objects.get()
        assert text not in str(row.__dict__)
        assert text.startswith(row.prefix)
        listed = basic("alice", builders.PASSWORD).get(url)
        assert text not in listed.content.decode()
        assert listed.json()["values"][0]["permissions"] == ["REPO_READ"]


def test_the_last_use_is_written_at_most_once_a_minute(world):
    client = basic("alice", app_password("REPO_READ"))
    client.get(REPO)
    first = AppPassword.objects.get().last_used_at
    assert first is not None
    client.get(REPO)
    assert AppPassword.objects.get().last_used_at == first


def test_a_token_is_renamed_and_lowered_and_keeps_its_secret(world):
    text = token("REPO_WRITE")
    owner = basic("alice", builders.PASSWORD)
    number = AccessToken.objects.get().pk
    body = {"name": "renamed", "permissions": ["REPO_READ"]}

    changed = owner.post(f"{TOKENS}/{number}", body, content_type="application/json")

    reference.check("POST", f"{TOKENS}/{number}", changed)
    assert (changed.json()["name"], changed.json()["permissions"]) == ("renamed", ["REPO_READ"])
    assert push_status(bearer(text)) == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "permissions": []},
        {"name": "x", "permissions": ["ADMIN"]},
        {"name": "x", "permissions": ["REPO_CREATE"]},
        {"name": "", "permissions": ["REPO_READ"]},
        {"name": "a\nb", "permissions": ["REPO_READ"]},
        {"permissions": ["REPO_READ"]},
        {"name": "x"},
        {"name": "x", "permissions": "REPO_READ"},
        {"name": "x", "permissions": ["REPO_READ"], "expiryDays": 0},
        {"name": "x", "permissions": ["REPO_READ"], "expiryDays": 10**12},
    ],
)
def test_a_wrong_wish_is_400(world, body):
    client = basic("alice", builders.PASSWORD)
    assert client.put(TOKENS, body, content_type="application/json").status_code == 400


def test_the_secrets_of_others_are_hidden_and_not_to_be_made(world, admin):
    token("REPO_READ")
    builders.user("bob")
    bob = basic("bob", builders.PASSWORD)
    body = {"name": "x", "permissions": ["REPO_READ"]}
    assert bob.get(TOKENS).status_code == 401
    assert bob.put(TOKENS, body, content_type="application/json").status_code == 401
    number = AccessToken.objects.get().pk
    assert bob.get(f"/rest/access-tokens/latest/users/bob/{number}").status_code == 404
    # An administrator sees and revokes them, and makes none for others.
    root = basic("admin", builders.PASSWORD)
    assert root.get(TOKENS).status_code == 200
    assert root.put(TOKENS, body, content_type="application/json").status_code == 401
    assert root.delete(f"{TOKENS}/{number}").status_code == 204


@pytest.mark.parametrize(
    "text", ["", "BBDC-", "BBDC-" + "x" * 40, "BBAP-" + "x" * 5000, "BBDC-\xff", "é"]
)
def test_a_made_up_secret_is_refused_and_counted(world, text):
    assert bearer(text.encode("latin-1", "replace").decode("latin-1")).get(REPO).status_code == 401
    assert basic("alice", text or "x").get(REPO).status_code == 401


def test_an_app_password_is_no_bearer_token_and_fits_no_other_name(world):
    text = app_password("REPO_READ")
    builders.user("bob")
    assert bearer(text).get(REPO).status_code == 401
    assert basic("bob", text).get(REPO).status_code == 401


def test_the_pages_make_show_once_and_revoke(world):
    client = Client()
    client.post("/j_atl_security_check", {"j_username": "alice", "j_password": builders.PASSWORD})
    for url, kind in (
        ("/account/app-passwords", AppPassword),
        ("/account/access-tokens", AccessToken),
    ):
        wrong = client.post(url, {"action": "create", "name": "ci"})
        assert wrong.status_code == 400
        assert 'value="ci"' in wrong.content.decode()
        fields = {"action": "create", "name": "ci", "permissions": ["REPO_READ"], "form_id": url}
        made = client.post(url, fields)
        # Reloading the page that shows it makes no second one.
        assert client.post(url, fields).status_code == 302
        text = made.content.decode().split('id="secret-text"')[1].split('value="')[1].split('"')[0]
        assert fetch_status(basic("alice", text)) == 200
        again = client.get(url).content.decode()
        assert text not in again
        assert "ci" in again
        assert (
            client.post(url, {"action": "revoke", "id": kind.objects.get().pk}).status_code == 302
        )
        assert not kind.objects.exists()
        assert client.post(url, {"action": "revoke", "id": "7"}).status_code == 404
    assert Client().get("/account/app-passwords").status_code == 302


def test_who_guesses_the_password_does_not_stop_the_programs(world):
    text = token("REPO_READ")
    for number in range(8):
        basic("alice", f"wrong {number}").get(REPO)
    assert SignInAttempts.objects.filter(failures__gte=5).exists()
    assert basic("alice", text).get(REPO).status_code == 200
