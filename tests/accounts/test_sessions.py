"""Sessions: begun by a password, known by their owner, ended from here, from there, and by time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Session, SignInAttempts
from accounts.services import users
from accounts.tasks import sweep
from tests import builders

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = "/account/sessions"


def sign_in(name="alice", *, remember=False, client=None):
    client = client or Client(headers={"User-Agent": FIREFOX}, raise_request_exception=False)
    body = {"j_username": name, "j_password": builders.PASSWORD}
    if remember:
        body["_atl_remember_me"] = "on"
    assert client.post("/j_atl_security_check", body).status_code == 302
    return client


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def is_in(client):
    return client.get("/dashboard").status_code == 200


def test_the_key_is_new_at_every_sign_in_and_kept_as_a_hash_alone(alice):
    client = sign_in()
    first = key_of(client)
    sign_in(client=client)
    assert key_of(client) != first
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = first
    assert not is_in(stale)
    chosen = Client()
    chosen.cookies[settings.SESSION_COOKIE_NAME] = "chosenbysomebodyelse0000000000000"
    sign_in(client=chosen)
    assert key_of(chosen) != "chosenbysomebodyelse0000000000000"
    rows = " ".join(str(row) for row in Session.objects.values_list())
    assert key_of(client) not in rows
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = Session.objects.first().pk
    assert not is_in(stolen)


def test_a_remembered_session_stays_when_the_browser_is_closed(alice):
    kept = sign_in(remember=True).cookies[settings.SESSION_COOKIE_NAME]
    assert kept["max-age"] == 30 * 24 * 3600
    short = sign_in().cookies[settings.SESSION_COOKIE_NAME]
    assert short["max-age"] == ""
    assert kept["httponly"] and kept["samesite"] == "Lax"


def test_an_idle_session_ends_and_a_used_one_goes_on(alice):
    client = sign_in()
    ages_ago = timezone.now() - timedelta(minutes=10)
    Session.objects.update(last_seen_at=ages_ago, expire_date=timezone.now() + timedelta(minutes=5))
    assert is_in(client)
    row = Session.objects.get()
    assert row.last_seen_at > ages_ago
    assert row.expire_date > timezone.now() + timedelta(hours=11)
    # Written at most once a minute.
    with CaptureQueriesContext(connection) as seen:
        assert is_in(client)
    assert not [one for one in seen if "UPDATE" in one["sql"] and "session" in one["sql"]]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


def test_no_session_lasts_for_ever_by_being_used(alice):
    client = sign_in()
    begun = timezone.now() - timedelta(days=7, seconds=-60)
    Session.objects.update(created_at=begun, last_seen_at=begun)
    assert is_in(client)
    assert Session.objects.get().expire_date <= begun + timedelta(days=7)


def test_ones_own_sessions_are_listed_and_ended(alice):
    here, there, third = sign_in(), sign_in(remember=True), sign_in()
    shown = here.get(PAGE).content.decode()
    assert shown.count("Firefox on Linux") >= 3
    assert shown.count(">this one<") == 1
    assert "stays signed in" in shown
    assert "127.0.0.1" in shown
    remembered = Session.objects.get(is_remembered=True).pk
    assert here.post(PAGE, {"action": "end", "id": remembered}).status_code == 302
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert here.post(PAGE, {"action": "end-others"}).status_code == 302
    assert (is_in(here), is_in(third)) == (True, False)


def test_nobody_ends_a_session_of_somebody_else(alice):
    builders.user("bob")
    theirs, mine = sign_in(), sign_in("bob")
    number = Session.objects.get(user=alice).pk
    assert mine.post(PAGE, {"action": "end", "id": number}).status_code == 404
    assert mine.post(PAGE, {"action": "end-others"}).status_code == 302
    assert is_in(theirs)
    assert number not in mine.get(PAGE).content.decode()


@pytest.mark.parametrize("how", ["password", "switched off", "removed"])
def test_sessions_end_with_what_they_rested_on(alice, how):
    client = sign_in(remember=True)
    if how == "password":
        users.set_password(Actor.system(), alice, "another long secret")
    elif how == "switched off":
        users.set_active(Actor.system(), alice, is_active=False)
    else:
        users.remove(Actor.system(), alice)
    assert not is_in(client)
    assert not Session.objects.exists()
    if how == "switched off":
        users.set_active(Actor.system(), alice, is_active=True)
        assert not is_in(client)


def test_signing_out_ends_the_session_at_the_server(alice):
    client = sign_in(remember=True)
    key = key_of(client)
    client.post("/j_atl_security_logout")
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_in(client)
    assert not Session.objects.exists()


HERE, TYPED = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}
DOCUMENT, PICTURE = {"Sec-Fetch-Dest": "document"}, {"Sec-Fetch-Dest": "image"}
PLAIN = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("headers", "is_out"),
    [
        (HERE | DOCUMENT, True),
        (TYPED | DOCUMENT, True),
        (HERE | PICTURE, False),
        (HERE, False),
        (TYPED | DOCUMENT | {"Sec-Purpose": "prefetch;prerender"}, False),
        ({"Sec-Fetch-Site": "same-site"} | DOCUMENT, False),
        ({"Sec-Fetch-Site": "cross-site"} | DOCUMENT, False),
        ({"Sec-Fetch-Site": "cross-site"} | PLAIN | {"Referer": "http://testserver/"}, False),
        (PLAIN | {"Referer": "http://testserver/dashboard"}, True),
        ({"Accept": "image/avif,*/*", "Referer": "http://testserver/dashboard"}, False),
        (PLAIN | {"Referer": "http://testserver.evil.example/"}, False),
        (PLAIN | {"Referer": "https://evil.example/http://testserver/"}, False),
        (PLAIN, False),
    ],
)
def test_a_get_signs_out_who_asks_from_here_and_asks_everybody_else(alice, headers, is_out):
    client = sign_in()

    answer = client.get("/j_atl_security_logout", headers=headers)

    assert is_in(client) != is_out
    if is_out:
        assert answer["Location"] == "/login"
    else:
        assert 'action="/j_atl_security_logout"' in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]


def test_signing_out_by_post_takes_the_token_of_the_form(alice):
    client = sign_in()
    client.handler.enforce_csrf_checks = True
    assert client.post("/j_atl_security_logout").status_code == 403
    assert is_in(client)
    client.get("/j_atl_security_logout")
    token = {"csrfmiddlewaretoken": client.cookies["bitbucket_csrf"].value}
    assert client.post("/j_atl_security_logout", token).status_code == 302
    assert not is_in(client)


def test_what_is_over_is_swept(alice):
    sign_in()
    sign_in()
    Session.objects.filter(pk=Session.objects.first().pk).update(
        expire_date=timezone.now() - timedelta(days=1)
    )
    old = timezone.now() - timedelta(days=1)
    SignInAttempts.objects.create(subject="name:x", failures=3, last_failed_at=old)
    SignInAttempts.objects.create(subject="name:y", failures=3, last_failed_at=timezone.now())
    SignInAttempts.objects.create(subject="caller:x", last_proved_at=old)
    SignInAttempts.objects.create(subject="caller:y", last_proved_at=old - timedelta(days=60))
    sweep()
    assert Session.objects.count() == 1
    left = set(SignInAttempts.objects.values_list("subject", flat=True))
    assert {"name:y", "caller:x"} <= left
    assert not {"name:x", "caller:y"} & left


def test_the_list_costs_the_same_however_long_it_is(alice):
    client = sign_in()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _ in range(5):
        sign_in()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)
