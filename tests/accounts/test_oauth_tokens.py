"""OAuth tokens: what they open, and how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.actor import Actor
from accounts.credentials import from_header, origin_of
from accounts.models import (
    OAuthAccessToken,
    OAuthAuthorisation,
    OAuthRefreshToken,
)
from accounts.services import authorisations, oauth_applications, users
from accounts.tasks import sweep
from tests import builders, oauth
from tests.oauth import (
    BACK,
    OAUTH,
    REPO,
    bearer,
    call,
    code_for,
    exchange,
    fetch_status,
    push_status,
    question,
    refresh,
    tokens,
    with_password,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return oauth.world()


@pytest.fixture
def told():
    with oauth.listening() as heard:
        yield heard


# What each scope opens to somebody who may all of it: see the private repository, push, change it;
# change the project; list global permissions; change one's own name.
OPENS = {
    "PUBLIC_REPOS": "",
    "ACCOUNT_WRITE": "n",
    "REPO_READ": "r",
    "REPO_WRITE": "rw",
    "REPO_ADMIN": "rwc",
    "PROJECT_ADMIN": "rwcp",
    "ADMIN_WRITE": "rwcpg",
    "SYSTEM_ADMIN": "rwcpg",
}


@pytest.mark.parametrize("scope", OPENS)
def test_what_each_scope_opens(world, scope):
    root = builders.user("root", site="SYS_ADMIN")
    opens = OPENS[scope]
    application, secret = builders.oauth_application(scope)
    client = bearer(tokens(application, secret, "root")["access_token"])
    assert client.get(REPO).status_code == (200 if "r" in opens else 404)
    assert fetch_status(client) == (200 if "r" in opens else 404)
    assert fetch_status(client, "open") == 200
    assert push_status(client) == (200 if "w" in opens else 403 if "r" in opens else 404)
    pushed = client.get("/scm/prj/open.git/info/refs?service=git-receive-pack")
    assert pushed.status_code == (200 if "w" in opens else 403)
    json = {"content_type": "application/json"}
    changed = client.put(REPO, {"description": "x"}, **json).status_code
    assert changed == (200 if "c" in opens else 401 if "r" in opens else 404)
    renamed = client.put("/rest/api/latest/projects/PRJ", {"description": "x"}, **json).status_code
    assert renamed == (200 if "p" in opens else 401)
    listed = client.get("/rest/api/latest/admin/permissions/users").status_code
    assert listed == (200 if "g" in opens else 401)
    # Whoever it is, they may always be known.
    assert client.get("/rest/api/latest/users/root").json()["name"] == "root"
    slugs = {one["slug"] for one in client.get("/rest/api/latest/repos").json()["values"]}
    assert slugs == ({"repo", "open"} if "r" in opens else {"open"})
    # Managing secrets is in none.
    for path in ("/rest/app-passwords/latest/users/root", "/rest/access-tokens/latest/users/root"):
        assert client.get(path).status_code == 401
        body = {"name": "x", "permissions": ["REPO_READ"]}
        assert client.put(path, body, **json).status_code == 401
    body = {"oldPassword": builders.PASSWORD, "password": "y" * 20, "passwordConfirm": "y" * 20}
    own = client.put("/rest/api/latest/users/credentials", body, **json)
    assert own.status_code == 401
    body = {"name": "link", "redirects": [BACK], "scopes": ["REPO_READ"]}
    assert client.post(f"{OAUTH}/client", body, **json).status_code == 401
    assert not root.app_passwords.exists()


def test_account_write_changes_the_account(world):
    alice = world.project.grants.get().user
    origin = origin_of(RequestFactory().get("/"))
    for scope, may in (("ACCOUNT_WRITE", True), ("REPO_ADMIN", False)):
        application, secret = builders.oauth_application(scope)
        text = tokens(application, secret)["access_token"]
        actor = from_header(f"Bearer {text}", origin)
        if may:
            assert users.update(actor, alice, display_name="Al").display_name == "Al"
        else:
            with pytest.raises(Exception, match="not permitted"):
                users.update(actor, alice, display_name="No")


def test_what_is_public_only(world):
    """A private project of one's own stays unseen too, and an empty one beside it."""
    builders.project("OWN")
    alice = world.project.grants.get().user
    builders.grant(builders.project("MINE"), alice, "PROJECT_ADMIN")
    builders.project("ALL", public=True)
    application, secret = builders.oauth_application("PUBLIC_REPOS")
    client = bearer(tokens(application, secret)["access_token"])
    keys = {one["key"] for one in client.get("/rest/api/latest/projects").json()["values"]}
    assert keys == {"PRJ", "ALL"}
    assert client.get("/rest/api/latest/projects/MINE").status_code == 404


def test_no_scope_gives_what_the_person_may_not(world):
    bob = builders.user("bob")
    builders.grant(world, bob, "REPO_READ")
    application, secret = builders.oauth_application("SYSTEM_ADMIN")
    client = bearer(tokens(application, secret, "bob")["access_token"])
    assert client.get(REPO).status_code == 200
    assert push_status(client) == 403
    assert client.get("/rest/api/latest/admin/permissions/users").status_code == 401


def test_administration_by_token_stays_below_system_administrators(world):
    builders.user("root", site="SYS_ADMIN")
    builders.user("low")
    application, secret = builders.oauth_application("ADMIN_WRITE")
    client = bearer(tokens(application, secret, "root")["access_token"])
    base = "/rest/api/latest/admin"
    assert client.put(f"{base}/permissions/users?name=low&permission=ADMIN").status_code == 204
    raised = client.put(f"{base}/permissions/users?name=low&permission=SYS_ADMIN")
    assert raised.status_code == 403
    body = {"name": "low", "password": "z" * 20, "passwordConfirm": "z" * 20}
    passed = client.put(f"{base}/users/credentials", body, content_type="application/json")
    assert passed.status_code == 401


def test_tokens_are_for_rest_and_git_and_read_pages(world):
    application, secret = builders.oauth_application()
    text = tokens(application, secret)["access_token"]
    for name in ("alice", "x-token-auth", "oauth2", "anything"):
        assert fetch_status(with_password(name, text)) == 200
        assert push_status(with_password(name, text)) == 200
    assert fetch_status(bearer(text)) == 200
    assert bearer(text).get("/projects/PRJ/repos/repo/raw/hello.txt").status_code == 200
    assert bearer(text).get("/projects/PRJ/repos/repo/settings").status_code == 401
    assert bearer(text).get(question(application)).status_code == 401
    signed = Client().post("/j_atl_security_check", {"j_username": "alice", "j_password": text})
    assert signed.status_code == 401
    given = tokens(application, secret)
    # A refresh token, a code and a client's secret open nothing.
    for wrong in (given["refresh_token"], code_for(application), secret, text[:-1], text + "x"):
        assert bearer(wrong).get(REPO).status_code == 401
        assert fetch_status(with_password("alice", wrong)) == 401


def test_its_use_is_noted_at_most_once_a_minute(world):
    application, secret = builders.oauth_application()
    text = tokens(application, secret)["access_token"]
    bearer(text).get(REPO)
    first = OAuthAuthorisation.objects.get().last_used_at
    bearer(text).get(REPO)
    assert first is not None
    assert OAuthAuthorisation.objects.get().last_used_at == first


def lost_licence(alice, application):
    alice.member_of.clear()


def deactivated(alice, application):
    users.set_active(Actor.system(), alice, is_active=False)


def removed(alice, application):
    users.remove(Actor.system(), alice)


def application_deleted(alice, application):
    oauth_applications.delete(Actor.system(), application)


def token_expired(alice, application):
    OAuthAccessToken.objects.update(expires_at=timezone.now())
    OAuthAuthorisation.objects.update(expires_at=timezone.now())


def withdrawn(alice, application):
    authorisations.withdraw(builders.actor(alice), application)


@pytest.mark.parametrize(
    "end",
    [lost_licence, deactivated, removed, application_deleted, token_expired, withdrawn],
    ids=lambda one: one.__name__,
)
def test_it_is_refused_at_the_next_request(world, end):
    application, secret = builders.oauth_application()
    given = tokens(application, secret)
    waiting = code_for(application)
    client = bearer(given["access_token"])
    assert client.get(REPO).status_code == 200
    end(world.project.grants.get().user, application)
    assert client.get(REPO).status_code == 401
    assert fetch_status(with_password("alice", given["access_token"])) == 401
    assert refresh(application, secret, given["refresh_token"]).status_code in {400, 401}
    assert exchange(application, secret, waiting).status_code in {400, 401}


def test_scopes_that_an_application_loses_are_lost_at_once(world):
    application, secret = builders.oauth_application("REPO_WRITE", "ACCOUNT_WRITE")
    given = tokens(application, secret)
    oauth_applications.change(Actor.system(), application, scopes=["REPO_READ"])
    client = bearer(given["access_token"])
    assert push_status(client) == 403
    assert fetch_status(client) == 200
    again = refresh(application, secret, given["refresh_token"]).json()
    assert push_status(bearer(again["access_token"])) == 403


def test_revoking(world, told):
    application, secret = builders.oauth_application()
    other, other_secret = builders.oauth_application(name="other")
    basic = (application.client_id, secret)
    given = tokens(application, secret)
    token = {"token": given["access_token"]}
    # Not by another, not by nobody.
    assert call("revoke", token, basic=(other.client_id, other_secret)).status_code == 200
    assert call("revoke", token, basic=(application.client_id, "wrong")).status_code == 401
    assert call("revoke", token).status_code == 401
    assert bearer(given["access_token"]).get(REPO).status_code == 200
    done = call("revoke", token | {"token_type_hint": "access_token"}, basic=basic)
    assert (done.status_code, done.content) == (200, b"")
    assert bearer(given["access_token"]).get(REPO).status_code == 401
    given = refresh(application, secret, given["refresh_token"]).json()
    assert call("revoke", {"token": given["refresh_token"]}, basic=basic).status_code == 200
    assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert not OAuthAuthorisation.objects.exists()
    assert [one.reason for one in told if type(one).__name__ == "OAuthAuthorisationRevoked"] == [
        authorisations.GIVEN_BACK
    ]
    # What is nobody's is as good as revoked (RFC 7009, 2.2).
    assert call("revoke", {"token": "nothing\x00"}, basic=basic).status_code == 200
    assert call("revoke", {}, basic=basic).json()["error"] == "invalid_request"


def test_the_sweep_forgets_what_is_over(world):
    application, secret = builders.oauth_application()
    code_for(application)
    given = tokens(application, secret)
    given = refresh(application, secret, given["refresh_token"]).json()
    sweep()
    assert OAuthAuthorisation.objects.count() == 2
    assert OAuthRefreshToken.objects.count() == 2
    long_ago = timezone.now() - timedelta(days=91)
    OAuthAuthorisation.objects.filter(redeemed_at=None).update(expires_at=long_ago)
    OAuthAccessToken.objects.update(expires_at=long_ago)
    OAuthRefreshToken.objects.filter(used_at__isnull=False).update(used_at=long_ago)
    sweep()
    assert OAuthAuthorisation.objects.count() == 1
    assert OAuthRefreshToken.objects.count() == 1
    assert not OAuthAccessToken.objects.exists()
    assert refresh(application, secret, given["refresh_token"]).status_code == 200
