"""OAuth 2.0: the flow and its refusals, what tokens open, how they end, and who registers applications."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import events as events_of_accounts
from accounts.actor import Actor
from accounts.credentials import from_header, origin_of
from accounts.models import (
    FailedSignIns,
    OAuthAccessToken,
    OAuthApplication,
    OAuthAuthorisation,
    OAuthRefreshToken,
)
from accounts.services import authorisations, oauth_applications, users
from accounts.tasks import sweep_oauth
from core import events
from core.models import Job
from tests import builders

pytestmark = pytest.mark.django_db

OAUTH = "/rest/oauth2/latest"
BACK = "https://robot.example.com/callback"
REPO = "/rest/api/latest/projects/PRJ/repos/repo"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def world(db):
    alice = builders.user("alice")
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    builders.repository(project, "open", public=True, content=True)
    builders.grant(project, alice, "PROJECT_ADMIN")
    return repository


@pytest.fixture
def told():
    """Every event that was published."""
    heard = []
    kinds = [kind for kind in vars(events_of_accounts).values() if isinstance(kind, type)]
    for kind in kinds:
        events.subscribe(kind)(heard.append)
    yield heard
    for kind in kinds:
        events._subscribers[kind].remove(heard.append)


def browser(name="alice"):
    client = Client(raise_request_exception=False)
    client.post("/j_atl_security_check", {"j_username": name, "j_password": builders.PASSWORD})
    return client


def question(application, **fields):
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": application.redirect_uris[0],
        "scope": " ".join(application.scopes),
        "state": "s t/ü",
    } | fields
    pairs = {name: value for name, value in asked.items() if value is not None}
    return f"{OAUTH}/authorize?{urlencode(pairs)}"


def answer_in(response):
    assert response.status_code == 302, response.content
    return {
        name: value[0] for name, value in parse_qs(urlsplit(response["Location"]).query).items()
    }


def code_for(application, name="alice", **fields):
    sent = browser(name).post(question(application, **fields), {"decision": "allow"})
    assert sent["Location"].startswith(fields.get("redirect_uri", application.redirect_uris[0]))
    return answer_in(sent)["code"]


def call(path, fields, *, basic=None, **headers):
    if basic:
        pair = base64.b64encode(":".join(basic).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    client = Client(raise_request_exception=False, headers=headers)
    return client.post(f"{OAUTH}/{path}", urlencode(fields), content_type=FORM)


def exchange(application, secret, code, **fields):
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": application.redirect_uris[0],
        "client_id": application.client_id,
    }
    if secret:
        sent["client_secret"] = secret
    return call("token", sent | fields)


def refresh(application, secret, token, **fields):
    sent = {"grant_type": "refresh_token", "refresh_token": token}
    return call("token", sent | fields, basic=(application.client_id, secret))


def tokens(application, secret, name="alice", **fields):
    given = exchange(application, secret, code_for(application, name, **fields))
    assert given.status_code == 200, given.content
    return given.json()


def bearer(text):
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def with_password(name, text):
    pair = base64.b64encode(f"{name}:{text}".encode()).decode()
    return Client(raise_request_exception=False, headers={"Authorization": f"Basic {pair}"})


def pkce(method="S256"):
    verifier = secrets.token_urlsafe(48)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    challenge = digest.decode().rstrip("=") if method == "S256" else verifier
    return verifier, {"code_challenge": challenge, "code_challenge_method": method}


def push_status(client):
    return client.get("/scm/prj/repo.git/info/refs?service=git-receive-pack").status_code


def fetch_status(client, repository="repo"):
    return client.get(f"/scm/prj/{repository}.git/info/refs?service=git-upload-pack").status_code


# --- The flow -----------------------------------------------------------------------------------


def test_from_the_question_to_the_tokens(world, told):
    application, secret = builders.oauth_application("REPO_READ", "REPO_WRITE")
    asking = browser()
    page = asking.get(question(application)).content.decode()
    assert "Let “robot” act for you?" in page
    assert "Write to repositories" in page
    assert "robot.example.com" in page

    sent = asking.post(question(application), {"decision": "allow"})
    back = answer_in(sent)
    assert sent["Location"].startswith(f"{BACK}?")
    assert back["state"] == "s t/ü"
    given = exchange(application, secret, back["code"])

    assert given.status_code == 200
    assert given["Cache-Control"] == "no-store"
    body = given.json()
    assert set(body) == {
        "access_token", "token_type", "expires_in", "refresh_token", "scope", "created_at",
    }  # fmt: skip
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 7200
    assert set(body["scope"].split()) == {"REPO_READ", "REPO_WRITE"}
    assert abs(body["created_at"] - timezone.now().timestamp()) < 60
    assert bearer(body["access_token"]).get(REPO).status_code == 200
    assert bearer(body["access_token"]).get(REPO)["X-AUSERNAME"] == "alice"
    granted = [one for one in told if type(one).__name__ == "OAuthAuthorisationGranted"]
    assert [(one.user.name, one.scopes) for one in granted] == [
        ("alice", ("REPO_READ", "REPO_WRITE"))
    ]


def test_the_versions_are_one_and_another_is_none(world):
    application, _ = builders.oauth_application()
    asked = question(application)
    for version in ("latest", "1.0"):
        assert browser().get(asked.replace("latest", version)).status_code == 200
    assert browser().get(asked.replace("latest", "x")).status_code == 404


def test_nothing_is_kept_but_hashes(world):
    application, secret = builders.oauth_application()
    code = code_for(application)
    given = exchange(application, secret, code).json()
    kept = "\n".join(
        str(row)
        for model in (
            OAuthApplication, OAuthAuthorisation, OAuthAccessToken, OAuthRefreshToken, FailedSignIns,
        )
        for row in model.objects.values()
    )  # fmt: skip
    for text in (code, secret, given["access_token"], given["refresh_token"]):
        assert text not in kept
        assert text[15:] not in kept
    assert given["access_token"].startswith("BBOA-")
    assert given["refresh_token"].startswith("BBOR-")
    assert secret.startswith("BBOS-")


@pytest.mark.parametrize("method", ["S256", "plain"])
def test_pkce(world, method):
    application, secret = builders.oauth_application()
    verifier, challenge = pkce(method)

    for wrong in ({}, {"code_verifier": "x" * 50}, {"code_verifier": ""}):
        code = code_for(application, **challenge)
        refused = exchange(application, secret, code, **wrong)
        assert refused.status_code == 400, wrong
        assert refused.json()["error"] in {"invalid_grant", "invalid_request"}
    code = code_for(application, **challenge)
    assert exchange(application, secret, code, code_verifier=verifier).status_code == 200


def test_a_challenge_that_was_taken_out_on_the_way_is_noticed(world):
    application, secret = builders.oauth_application()
    verifier, _ = pkce()
    refused = exchange(application, secret, code_for(application), code_verifier=verifier)
    assert refused.json()["error"] == "invalid_grant"


def test_who_cannot_keep_a_secret_needs_s256_and_no_secret(world):
    application, secret = builders.oauth_application(public=True)
    assert secret is None
    for fields in ({}, pkce("plain")[1], {"code_challenge": pkce()[1]["code_challenge"]}):
        refused = answer_in(browser().get(question(application, **fields)))
        assert refused["error"] == "invalid_request"
    verifier, challenge = pkce()
    code = code_for(application, **challenge)
    given = exchange(application, None, code, code_verifier=verifier).json()
    sent = {
        "grant_type": "refresh_token",
        "refresh_token": given["refresh_token"],
        "client_id": application.client_id,
    }
    assert call("token", sent).status_code == 200


@pytest.mark.parametrize("challenge", ["", "short", "x" * 129, "ä" * 50, "x y" * 20])
def test_a_challenge_that_is_none(world, challenge):
    application, _ = builders.oauth_application()
    asked = question(application, code_challenge=challenge, code_challenge_method="S256")
    assert answer_in(browser().get(asked))["error"] == "invalid_request"


def test_denying_brings_no_code(world):
    application, _ = builders.oauth_application()
    back = answer_in(browser().post(question(application), {"decision": "deny"}))
    assert back["error"] == "access_denied"
    assert back["state"] == "s t/ü"
    assert "code" not in back
    assert not OAuthAuthorisation.objects.exists()
    assert browser().post(question(application), {"decision": "odd"}).status_code == 400


def test_who_is_unknown_signs_in_and_comes_back(world):
    application, _ = builders.oauth_application()
    client = Client()
    for sent in (client.get(question(application)), client.post(question(application))):
        assert sent.status_code == 302
        assert sent["Location"].startswith("/login?next=")
    wanted = parse_qs(urlsplit(sent["Location"]).query)["next"][0]
    fields = {"j_username": "alice", "j_password": builders.PASSWORD, "next": wanted}
    back = client.post("/j_atl_security_check", fields)
    assert "act for you?" in client.get(back["Location"]).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"client_id": "nobody"}, "No application is registered"),
        ({"client_id": None}, "No application is registered"),
        ({"client_id": "é\x01"}, "No application is registered"),
        ({"redirect_uri": "https://evil.example.com/"}, "not registered for it"),
        ({"redirect_uri": BACK + "/"}, "not registered for it"),
        ({"redirect_uri": BACK + "?x=1"}, "not registered for it"),
        ({"redirect_uri": BACK.replace("https", "http")}, "not registered for it"),
        ({"redirect_uri": ""}, "not registered for it"),
        ({"redirect_uri": "//evil.example.com"}, "not registered for it"),
        ({"redirect_uri": "javascript:alert(1)"}, "not registered for it"),
    ],
)
def test_an_address_that_is_not_registered_is_never_led_to(world, fields, sentence):
    application, _ = builders.oauth_application()
    for send in (browser().get, lambda url: browser().post(url, {"decision": "allow"})):
        refused = send(question(application, **fields))
        assert refused.status_code == 400
        assert sentence in refused.content.decode()
        assert "Location" not in refused
    assert not OAuthAuthorisation.objects.exists()


def test_the_same_parameter_twice_is_refused(world):
    application, _ = builders.oauth_application()
    for more in ("&client_id=x", "&redirect_uri=https://evil.example.com/"):
        refused = browser().get(question(application) + more)
        assert refused.status_code == 400
    twice = urlencode(
        [("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "b")]
    )
    refused = Client().post(f"{OAUTH}/token", twice, content_type=FORM)
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "REPO_ADMIN"}, "invalid_scope"),
        ({"scope": "REPO_READ ACCOUNT_WRITE"}, "invalid_scope"),
        ({"scope": "repo"}, "invalid_scope"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_application(world, fields, error):
    application, _ = builders.oauth_application()
    told = browser().get(question(application, **fields))
    assert told["Location"].startswith(f"{BACK}?")
    assert answer_in(told)["error"] == error
    assert answer_in(told)["state"] == "s t/ü"


def test_scopes_that_lie_inside_what_is_registered_may_be_asked_for(world):
    application, secret = builders.oauth_application("REPO_ADMIN")
    for scope in ("PUBLIC_REPOS", "REPO_READ", "REPO_WRITE REPO_READ", "REPO_ADMIN"):
        given = tokens(application, secret, scope=scope)
        assert set(given["scope"].split()) == set(scope.split())
    # Who names none asks for what is registered.
    assert tokens(application, secret, scope=None)["scope"] == "REPO_ADMIN"


def test_what_else_is_said_in_the_address_means_nothing(world):
    """`response_mode`, `user`, `scopes`, `client` are names of the library's own."""
    application, _ = builders.oauth_application("REPO_READ")
    asked = question(application, response_mode="fragment", user="admin", scopes="SYSTEM_ADMIN")
    sent = browser().post(asked, {"decision": "allow"})
    assert "#" not in sent["Location"]
    assert answer_in(sent)["code"]
    made = OAuthAuthorisation.objects.get()
    assert made.user.name == "alice"
    assert made.scopes == ["REPO_READ"]


def test_the_page_may_lead_to_the_application_and_is_in_no_frame(world):
    for address, source in (
        (BACK, "https:"),
        ("http://localhost:34106/", "http://localhost:34106 https:"),
        ("http://127.0.0.1/cb", "http://127.0.0.1 https:"),
        ("http://[::1]:80/cb", "http: https:"),
        ("com.example.app:/callback", "com.example.app:"),
    ):
        application, _ = builders.oauth_application(redirects=(address,))
        page = browser().get(question(application))
        policy = page["Content-Security-Policy"]
        assert f"form-action 'self' {source};" in policy + ";"
        assert "frame-ancestors 'none'" in policy
        assert "no-store" in page["Cache-Control"]
        sent = browser().post(question(application), {"decision": "allow"})
        assert sent["Location"].startswith(address)


def test_a_form_of_another_site_allows_nothing(world):
    application, _ = builders.oauth_application()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.project.grants.get().user)
    refused = client.post(question(application), {"decision": "allow"})
    assert refused.status_code == 403
    assert not OAuthAuthorisation.objects.exists()


def test_names_are_escaped(world):
    application, _ = builders.oauth_application(name="<b>bold</b>{{ 7 }}")
    assert "<b>bold" not in browser().get(question(application)).content.decode()


# --- Codes and tokens that are not good ---------------------------------------------------------


def test_a_code_that_comes_twice_ends_what_it_gave(world, told):
    application, secret = builders.oauth_application()
    code = code_for(application)
    given = exchange(application, secret, code).json()
    assert bearer(given["access_token"]).get(REPO).status_code == 200
    refused = exchange(application, secret, code)
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_grant"
    assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert refresh(application, secret, given["refresh_token"]).status_code == 400
    assert [one.reason for one in told if type(one).__name__ == "OAuthAuthorisationRevoked"] == [
        authorisations.CAME_TWICE
    ]


def test_a_code_lasts_ten_minutes_at_most(world):
    application, secret = builders.oauth_application()
    code = code_for(application)
    allowed = OAuthAuthorisation.objects.get()
    assert allowed.expires_at - timezone.now() <= timedelta(minutes=10)
    OAuthAuthorisation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert exchange(application, secret, code).json()["error"] == "invalid_grant"


def test_a_code_is_for_its_application_and_its_address(world):
    application, secret = builders.oauth_application(redirects=(BACK, BACK + "/2"))
    other, other_secret = builders.oauth_application(name="other")
    code = code_for(application)
    assert exchange(other, other_secret, code).json()["error"] == "invalid_grant"
    wrong = exchange(application, secret, code, redirect_uri=BACK + "/2")
    assert wrong.json()["error"] == "invalid_request"
    missing = {"grant_type": "authorization_code", "code": code}
    assert call("token", missing, basic=(application.client_id, secret)).status_code == 400
    # None of these used it up.
    assert exchange(application, secret, code).status_code == 200


def test_a_refresh_token_is_good_once(world):
    application, secret = builders.oauth_application("REPO_WRITE")
    first = tokens(application, secret)
    second = refresh(application, secret, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == "REPO_WRITE"
    assert bearer(second["access_token"]).get(REPO).status_code == 200
    third = refresh(application, secret, second["refresh_token"]).json()

    again = refresh(application, secret, first["refresh_token"])

    assert again.json()["error"] == "invalid_grant"
    for given in (first, second, third):
        assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert refresh(application, secret, third["refresh_token"]).status_code == 400
    assert not OAuthAccessToken.objects.exists()


def test_one_chain_that_ends_leaves_the_others(world):
    application, secret = builders.oauth_application()
    laptop, phone = tokens(application, secret), tokens(application, secret)
    refresh(application, secret, laptop["refresh_token"])
    refresh(application, secret, laptop["refresh_token"])
    assert bearer(laptop["access_token"]).get(REPO).status_code == 401
    assert bearer(phone["access_token"]).get(REPO).status_code == 200


def test_a_refresh_may_ask_for_less_and_never_for_more(world):
    application, secret = builders.oauth_application("REPO_ADMIN")
    given = tokens(application, secret, scope="REPO_WRITE")
    more = refresh(application, secret, given["refresh_token"], scope="REPO_ADMIN")
    assert more.json()["error"] == "invalid_scope"
    less = refresh(application, secret, given["refresh_token"], scope="REPO_READ").json()
    assert less["scope"] == "REPO_READ"
    assert push_status(bearer(less["access_token"])) == 403
    # The refresh token keeps what the person allowed.
    whole = refresh(application, secret, less["refresh_token"]).json()
    assert whole["scope"] == "REPO_WRITE"
    assert push_status(bearer(whole["access_token"])) == 200


def test_a_refresh_token_is_for_its_application_and_ends_after_ninety_days(world):
    application, secret = builders.oauth_application()
    other, other_secret = builders.oauth_application(name="other")
    given = tokens(application, secret)
    stolen = refresh(other, other_secret, given["refresh_token"])
    assert stolen.json()["error"] == "invalid_grant"
    # Which neither uses it up nor ends anything.
    given = refresh(application, secret, given["refresh_token"]).json()
    OAuthAuthorisation.objects.update(expires_at=timezone.now())
    late = refresh(application, secret, given["refresh_token"])
    assert late.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "fields",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "nobody"},
        {"client_id": ""},
        {"client_id": "\x00"},
        {"client_secret": "\x00"},
    ],
)
def test_a_client_that_is_not_who_it_says(world, fields):
    application, secret = builders.oauth_application()
    code = code_for(application)
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": application.client_id,
        "client_secret": secret,
    } | fields
    refused = call("token", {name: value for name, value in sent.items() if value is not None})
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_client"
    assert set(refused.json()) <= {"error", "error_description"}
    assert exchange(application, secret, code).status_code == 200


def test_a_client_in_a_header_is_asked_in_its_way(world):
    application, secret = builders.oauth_application()
    given = tokens(application, secret)
    assert refresh(application, secret, given["refresh_token"]).status_code == 200
    refused = refresh(application, "wrong", "x")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Basic")
    garbage = call(
        "token", {"grant_type": "refresh_token", "refresh_token": "x"}, Authorization="Basic §"
    )
    assert garbage.status_code == 401


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            {"grant_type": "password", "username": "alice", "password": "x"},
            "unsupported_grant_type",
        ),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "\x00"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "é" * 3000}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "BBOR-x"}, "invalid_grant"),
        ({}, "invalid_request"),
        ({"grant": "x"}, "unsupported_grant_type"),
    ],
)
def test_other_grants_and_garbage(world, fields, error):
    application, secret = builders.oauth_application()
    refused = call("token", fields, basic=(application.client_id, secret))
    assert refused.status_code == 400, refused.content
    assert refused.json()["error"] == error


def test_only_a_form_is_read(world):
    application, secret = builders.oauth_application()
    client = Client()
    fields = {"client_id": application.client_id, "client_secret": secret}
    for sent in (
        client.post(f"{OAUTH}/token", fields, content_type="application/json"),
        client.post(f"{OAUTH}/token", fields),
        client.post(f"{OAUTH}/token?{urlencode(fields)}", "a=b", content_type=FORM),
        client.post(f"{OAUTH}/token", b"\xff\xfe=1", content_type=FORM),
        client.post(f"{OAUTH}/token", "a=1&" * 100, content_type=FORM),
        client.post(f"{OAUTH}/revoke", fields, content_type="application/json"),
    ):
        assert sent.status_code == 400
        assert sent.json()["error"] == "invalid_request"
    assert client.get(f"{OAUTH}/token").status_code == 405


def test_guesses_are_counted_and_stop_nobody_else(world):
    application, secret = builders.oauth_application()
    given = tokens(application, secret)
    for _ in range(6):
        refused = refresh(application, "wrong", given["refresh_token"])
    assert refused.status_code == 429
    assert refused.json()["error"] == "temporarily_unavailable"
    assert "Wait" in refused.json()["error_description"]
    # The one with the right secret goes on.
    assert refresh(application, secret, given["refresh_token"]).status_code == 200
    FailedSignIns.objects.all().delete()
    for _ in range(6):
        status = bearer("BBOA-" + "x" * 40).get(REPO)
    assert "X-Authentication-Denied-Reason" in status
    for _ in range(6):
        refused = call(
            "token",
            {"grant_type": "authorization_code", "code": "BBOC-" + "y" * 40, "redirect_uri": BACK},
            basic=(application.client_id, secret),
        )
    assert refused.status_code == 429


def test_what_has_only_expired_is_no_guess(world):
    application, secret = builders.oauth_application()
    given = tokens(application, secret)
    OAuthAccessToken.objects.update(expires_at=timezone.now())
    for _ in range(8):
        assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert not FailedSignIns.objects.exists()


def test_a_wrong_verifier_is_a_guess(world):
    application, secret = builders.oauth_application()
    code = code_for(application, **pkce()[1])
    exchange(application, secret, code, code_verifier="x" * 50)
    assert FailedSignIns.objects.filter(subject__startswith="name:").count() == 1


# --- What tokens open ---------------------------------------------------------------------------

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
    assert changed == (201 if "c" in opens else 401 if "r" in opens else 404)
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


def test_tokens_are_for_rest_and_git_and_never_for_pages(world):
    application, secret = builders.oauth_application()
    text = tokens(application, secret)["access_token"]
    for name in ("alice", "x-token-auth", "oauth2", "anything"):
        assert fetch_status(with_password(name, text)) == 200
        assert push_status(with_password(name, text)) == 200
    assert fetch_status(bearer(text)) == 200
    assert bearer(text).get("/dashboard").status_code != 200
    assert bearer(text).get("/projects/PRJ/repos/repo/raw/hello.txt").status_code == 401
    assert bearer(text).get(question(application)).status_code == 302
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


# --- How they end -------------------------------------------------------------------------------


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


def test_the_sweep_forgets_what_is_over_and_comes_again(world):
    application, secret = builders.oauth_application()
    code_for(application)
    given = tokens(application, secret)
    given = refresh(application, secret, given["refresh_token"]).json()
    sweep_oauth()
    assert OAuthAuthorisation.objects.count() == 2
    assert OAuthRefreshToken.objects.count() == 2
    long_ago = timezone.now() - timedelta(days=91)
    OAuthAuthorisation.objects.filter(redeemed_at=None).update(expires_at=long_ago)
    OAuthAccessToken.objects.update(expires_at=long_ago)
    OAuthRefreshToken.objects.filter(used_at__isnull=False).update(used_at=long_ago)
    sweep_oauth()
    assert OAuthAuthorisation.objects.count() == 1
    assert OAuthRefreshToken.objects.count() == 1
    assert not OAuthAccessToken.objects.exists()
    again = Job.objects.get(task="accounts.sweep_oauth")
    assert again.due_at > timezone.now() + timedelta(minutes=50)
    assert refresh(application, secret, given["refresh_token"]).status_code == 200


# --- Who registers ------------------------------------------------------------------------------

BODY = {"name": "link", "redirects": [BACK], "scopes": ["REPO_READ"]}


def test_administrators_register_over_rest(api, world, told):
    builders.user("chief", site="ADMIN")
    chief = api(builders.User.objects.get(name="chief"))
    made = rest(chief, "post", "/client", BODY)
    body = made.json()
    assert made.status_code == 200
    number, secret = body["id"], body.pop("clientSecret")
    assert secret.startswith("BBOS-")
    assert body["redirects"] == [BACK]
    assert rest(chief, "get", f"/client/{number}").json() == body
    assert rest(chief, "get", "/client").json()["values"] == [body]
    assert rest(chief, "get", "/client?filter=nothing").json()["values"] == []
    changed = rest(chief, "put", f"/client/{number}", {"name": "other", "scopes": ["REPO_WRITE"]})
    assert changed.json()["scopes"] == ["REPO_WRITE"]
    assert rest(chief, "delete", f"/client/{number}").status_code == 204
    assert rest(chief, "get", f"/client/{number}").status_code == 404
    assert [type(one).__name__ for one in told if "OAuth" in type(one).__name__] == [
        "OAuthApplicationCreated", "OAuthApplicationChanged", "OAuthApplicationDeleted",
    ]  # fmt: skip
    change = next(one for one in told if type(one).__name__ == "OAuthApplicationChanged")
    assert change.old == {"name": "link", "scopes": ["REPO_READ"]}
    assert change.new == {"name": "other", "scopes": ["REPO_WRITE"]}
    assert secret not in repr(told)


def rest(client, method, path, body=None):
    headers = client.headers
    return getattr(client.client, method)(
        OAUTH + path, *([body] if body else []), content_type="application/json", headers=headers
    )


def test_nobody_else_does(api, world):
    alice = builders.User.objects.get(name="alice")
    for client, status in ((api(), 401), (api(alice), 401)):
        assert rest(client, "get", "/client").status_code == status
        assert rest(client, "post", "/client", BODY).status_code == status
        assert rest(client, "get", "/client/1").status_code == status


def test_only_system_administrators_register_what_may_act_as_one(api, world):
    chief, root = builders.user("chief", site="ADMIN"), builders.user("root", site="SYS_ADMIN")
    highest = BODY | {"scopes": ["SYSTEM_ADMIN"]}
    assert rest(api(chief), "post", "/client", highest).status_code == 401
    number = rest(api(root), "post", "/client", highest).json()["id"]
    for method, body in (
        ("put", {"name": "x"}),
        ("put", {"scopes": ["REPO_READ"]}),
        ("delete", None),
    ):
        assert rest(api(chief), method, f"/client/{number}", body).status_code == 401
    lower = rest(api(chief), "post", "/client", BODY).json()["id"]
    raised = rest(api(chief), "put", f"/client/{lower}", {"scopes": ["SYSTEM_ADMIN"]})
    assert raised.status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/cb", "http://localhost.example.com/", "http://127.0.0.1.example.com/",
        "http://user@localhost/", "https://user:x@example.com/", "https:///cb", "https://",
        "https://exa mple.com/", "https://example.com/#x", "https://example.com/*", "/relative",
        "https://*.example.com/cb", "//example.com", "javascript:alert(1)", "javascript://x.y/%0aalert(1)",
        "data:text/html,x", "file:///etc/passwd", "app:/callback", "https://example.com\\@evil.com/",
        "https://exämple.com/", "https://example.com:99999/", "https://[::1/", "https://a;b.com/",
        "https://example.com/'x", "https://example.com/" + "x" * 3000, "urn:ietf:wg:oauth:2.0:oob", "",
    ],
)  # fmt: skip
def test_addresses_where_no_code_may_be_sent(api, world, address):
    chief = api(builders.user("chief", site="ADMIN"))
    refused = rest(chief, "post", "/client", BODY | {"redirects": [address]})
    assert refused.status_code == 400, address
    assert refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "address",
    [
        BACK, "https://example.com:8443/cb?x=1&y=", "http://localhost:34106/", "http://127.0.0.1/",
        "http://[::1]:8080/cb", "com.example.app:/callback", "com.example.app://callback",
    ],
)  # fmt: skip
def test_addresses_that_are_fit(api, world, address):
    chief = api(builders.user("chief", site="ADMIN"))
    made = rest(chief, "post", "/client", BODY | {"redirects": [address]}).json()
    application = OAuthApplication.objects.get(pk=made["id"])
    code = code_for(application)
    assert exchange(application, made["clientSecret"], code).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "x" * 300}, {"name": "a\nb"}, {"redirects": []}, {"redirects": "x"},
        {"redirects": [BACK + str(number) for number in range(30)]}, {"scopes": []}, {"scopes": ["X"]},
        {"scopes": "REPO_READ"}, {"scopes": [["REPO_READ"]]}, {"confidential": "perhaps"},
    ],
)  # fmt: skip
def test_bodies_that_say_nothing_good(api, world, body):
    chief = api(builders.user("chief", site="ADMIN"))
    assert rest(chief, "post", "/client", (BODY | body) if body else {"x": 1}).status_code == 400
    for number in ("x", "0", "9" * 30):
        assert rest(chief, "get", f"/client/{number}").status_code == 404


# --- Pages --------------------------------------------------------------------------------------


def test_the_pages_of_administrators(world, admin):
    page = browser("admin")
    wrong = page.post("/admin/oauth", {"name": "jenkins", "redirect_uris": "http://x.example.com/"})
    assert wrong.status_code == 400
    assert "jenkins" in wrong.content.decode()
    fields = {
        "name": "jenkins",
        "redirect_uris": f"{BACK}\n\n {BACK}/2 ",
        "scopes": ["REPO_READ"],
        "form_id": "one",
    }
    unfit = page.post("/admin/oauth", fields | {"redirect_uris": "http://x.example.com/"})
    assert "use https" in unfit.content.decode()
    made = page.post("/admin/oauth", fields).content.decode()
    secret = made.split('id="secret-text"')[1].split('value="')[1].split('"')[0]
    application = OAuthApplication.objects.get()
    assert application.redirect_uris == [BACK, f"{BACK}/2"]
    # Reloading makes no second one.
    assert page.post("/admin/oauth", fields).status_code == 302
    assert OAuthApplication.objects.count() == 1
    url = f"/admin/oauth/view?id={application.pk}"
    for shown in (page.get("/admin/oauth"), page.get(url)):
        assert "jenkins" in shown.content.decode()
        assert secret not in shown.content.decode()
    assert "jenkins" not in page.get("/admin/oauth?filter=none").content.decode()
    part = page.get("/admin/oauth?filter=jen", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "jenkins" in part.content.decode()
    assert "<html" not in part.content.decode()
    changed = {"action": "details", "name": "ci", "redirect_uris": BACK, "scopes": ["REPO_WRITE"]}
    assert page.post(url, changed).status_code == 302
    assert page.post(url, changed | {"redirect_uris": "x"}).status_code == 400
    renewed = page.post(url, {"action": "renew", "form_id": "two"}).content.decode()
    new = renewed.split('id="secret-text"')[1].split('value="')[1].split('"')[0]
    assert new != secret
    assert page.post(url, {"action": "renew", "form_id": "two"}).status_code == 302
    application.refresh_from_db()
    assert application.name == "ci"
    assert exchange(application, secret, code_for(application)).status_code == 401
    assert exchange(application, new, code_for(application)).status_code == 200
    assert page.post(url, {"action": "odd"}).status_code == 400
    assert page.post(url, {"action": "delete"})["Location"] == "/admin/oauth"
    assert page.get(url).status_code == 404
    for address in ("/admin/oauth", url):
        assert Client().get(address).status_code == 302
        assert browser().get(address).status_code == 401


def test_an_application_without_a_secret_on_the_page(world, admin):
    page = browser("admin")
    fields = {"name": "cli", "redirect_uris": BACK, "scopes": ["REPO_READ"], "is_public": "on"}
    made = page.post("/admin/oauth", fields).content.decode()
    assert "secret-text" not in made
    application = OAuthApplication.objects.get()
    assert not application.is_confidential
    url = f"/admin/oauth/view?id={application.pk}"
    assert "Renew secret" not in page.get(url).content.decode()
    assert page.post(url, {"action": "renew"}).status_code == 400


def test_what_acts_as_a_system_administrator_is_only_shown_to_others(world):
    builders.user("chief", site="ADMIN")
    application, _ = builders.oauth_application("SYSTEM_ADMIN")
    url = f"/admin/oauth/view?id={application.pk}"
    page = browser("chief")
    shown = page.get(url).content.decode()
    assert "Only system administrators change it" in shown
    assert "Renew secret" not in shown
    assert page.post(url, {"action": "delete"}).status_code == 400
    assert page.post(url, {"action": "renew"}).status_code == 400
    assert "Everything a system administrator may" not in page.get("/admin/oauth").content.decode()
    fields = {"name": "x", "redirect_uris": BACK, "scopes": ["SYSTEM_ADMIN"]}
    assert page.post("/admin/oauth", fields).status_code == 400


def test_the_page_of_authorised_applications(world):
    application, secret = builders.oauth_application("REPO_WRITE", "ACCOUNT_WRITE")
    url = "/account/authorised-applications"
    page = browser()
    assert "None yet" in page.get(url).content.decode()
    # A code that nobody redeemed is no authorisation yet.
    code_for(application)
    assert "None yet" in page.get(url).content.decode()
    laptop = tokens(application, secret, scope="REPO_READ")
    phone = tokens(application, secret, scope="ACCOUNT_WRITE")
    shown = page.get(url).content.decode()
    assert shown.count("Revoke robot") == 1
    assert "Read repositories" in shown
    assert "Change the account" in shown
    assert "Write to repositories" not in shown
    assert "never" in shown
    bearer(laptop["access_token"]).get(REPO)
    assert "never" not in page.get(url).content.decode()
    builders.user("bob")
    assert "None yet" in browser("bob").get(url).content.decode()
    assert browser("bob").post(url, {"id": application.pk}).status_code == 404
    assert page.post(url, {"id": application.pk}).status_code == 302
    for given in (laptop, phone):
        assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert page.post(url, {"id": application.pk}).status_code == 404
    assert Client().get(url).status_code == 302


def test_lists_ask_the_database_a_constant_number_of_times(world):
    page, url = browser(), "/account/authorised-applications"
    administration = Client()
    administration.force_login(builders.user("root", site="SYS_ADMIN"))
    administration.get("/admin/oauth")
    counts = []
    for round_ in range(2):
        for number in range(3):
            application, secret = builders.oauth_application(name=f"robot {round_} {number}")
            tokens(application, secret)
            tokens(application, secret)
        with CaptureQueriesContext(connection) as queries:
            page.get(url)
            administration.get("/admin/oauth")
            administration.get(f"{OAUTH}/client")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_secret_in_the_log(world, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("oauthlib").setLevel(logging.WARNING)
    application, secret = builders.oauth_application()
    code = code_for(application)
    given = exchange(application, secret, code).json()
    refresh(application, secret, given["refresh_token"])
    for text in (code, secret, given["access_token"], given["refresh_token"]):
        assert text not in caplog.text
