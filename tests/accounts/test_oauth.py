"""The OAuth flow: what is asked, what is answered, and what is refused."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import (
    OAuthAccessToken,
    OAuthApplication,
    OAuthAuthorisation,
    OAuthRefreshToken,
    SignInAttempts,
)
from accounts.services import authorisations
from tests import builders, oauth
from tests.oauth import (
    BACK,
    FORM,
    OAUTH,
    REPO,
    answer_in,
    bearer,
    browser,
    call,
    code_for,
    exchange,
    pkce,
    push_status,
    question,
    refresh,
    tokens,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return oauth.world()


@pytest.fixture
def told():
    with oauth.listening() as heard:
        yield heard


def test_from_the_question_to_the_tokens(world, told):
    application, secret = builders.oauth_application("REPO_READ", "REPO_WRITE")
    asking = browser()
    page = asking.get(question(application)).content.decode()
    assert "Authorize “robot” to act on your behalf?" in page
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
            OAuthApplication, OAuthAuthorisation, OAuthAccessToken, OAuthRefreshToken, SignInAttempts,
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
    assert "to act on your behalf?" in client.get(back["Location"]).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"client_id": "nobody"}, "No application is registered"),
        ({"client_id": None}, "No application is registered"),
        ({"client_id": "é\x01"}, "No application is registered"),
        ({"redirect_uri": "https://evil.example.com/"}, "not registered for this application"),
        ({"redirect_uri": BACK + "/"}, "not registered for this application"),
        ({"redirect_uri": BACK + "?x=1"}, "not registered for this application"),
        ({"redirect_uri": BACK.replace("https", "http")}, "not registered for this application"),
        ({"redirect_uri": ""}, "not registered for this application"),
        ({"redirect_uri": "//evil.example.com"}, "not registered for this application"),
        ({"redirect_uri": "javascript:alert(1)"}, "not registered for this application"),
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
    SignInAttempts.objects.all().delete()
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
    assert not SignInAttempts.objects.filter(failures__gt=0).exists()


def test_a_wrong_verifier_is_a_guess(world):
    application, secret = builders.oauth_application()
    code = code_for(application, **pkce()[1])
    exchange(application, secret, code, code_verifier="x" * 50)
    assert SignInAttempts.objects.filter(subject__startswith="secret:").count() == 1


def test_no_secret_in_the_log(world, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("oauthlib").setLevel(logging.WARNING)
    application, secret = builders.oauth_application()
    code = code_for(application)
    given = exchange(application, secret, code).json()
    refresh(application, secret, given["refresh_token"])
    for text in (code, secret, given["access_token"], given["refresh_token"]):
        assert text not in caplog.text
