"""Whoever proves the right password gets in, whatever others tried; guessing stays slow."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from accounts import credentials, password_cache, sign_in_throttle
from accounts.actor import Origin
from accounts.errors import TooManyFailures, WrongPassword
from accounts.models import SignInAttempts
from tests import builders

pytestmark = pytest.mark.django_db

OFFICE = Origin(address="192.0.2.1")
PROJECTS = "/rest/api/latest/projects"


def try_(password: str, origin: Origin = OFFICE, name: str = "alice") -> str:
    """Sign in once, and say how it ended."""
    try:
        credentials.from_password(name, password, origin)
    except WrongPassword:
        return "wrong"
    except TooManyFailures:
        return "wait"
    return "in"


def far(number: int) -> Origin:
    """An address of its own."""
    return Origin(address=f"198.51.{number // 250}.{number % 250 + 1}")


def guess(times: int, origin: Origin = OFFICE, start: int = 0) -> list[str]:
    return [try_(f"guess {number}", origin) for number in range(start, start + times)]


@pytest.fixture
def forget(monkeypatch):
    """Empty the caches of passwords, as in a process of another node."""

    def empty():
        monkeypatch.setattr(password_cache, "_key_of_this_start", b"another start")

    return empty


@pytest.fixture
def hashes(monkeypatch):
    """Every password that was hashed."""
    hashed = []
    real = credentials.credential_verifiers.is_password_of

    def count(user, password):
        hashed.append(password)
        return real(user, password)

    monkeypatch.setattr(credentials.credential_verifiers, "is_password_of", count)
    return hashed


def test_an_empty_password_is_no_attempt(alice):
    client = Client()
    empty = {"Authorization": "Basic " + base64.b64encode(b"alice:").decode()}
    for _ in range(20):
        assert client.get(PROJECTS, headers=empty).status_code == 401
    assert not SignInAttempts.objects.exists()
    assert try_(builders.PASSWORD) == "in"


def test_an_old_password_that_a_program_goes_on_sending_counts_once(alice, hashes):
    for _ in range(50):
        assert try_("the old one") == "wrong"
    assert hashes == ["the old one"]
    assert set(SignInAttempts.objects.values_list("failures", flat=True)) == {1}
    # From a new address, too.
    assert try_(builders.PASSWORD, far(1)) == "in"


def test_a_wrong_password_that_becomes_the_right_one_is_taken_at_once(alice):
    assert try_("the next one") == "wrong"
    alice.set_password("the next one")
    alice.save()
    assert try_("the next one") == "in"
    assert try_(builders.PASSWORD) == "wrong"


def test_a_name_that_is_given_to_somebody_later_begins_anew():
    assert try_(builders.PASSWORD, name="carol") == "wrong"
    builders.user("carol")
    assert try_(builders.PASSWORD, name="carol") == "in"


def test_a_known_caller_is_let_in_while_strangers_guess(alice, forget):
    assert try_(builders.PASSWORD) == "in"
    for number in range(40):
        try_(f"guess {number}", far(number))
    assert try_("one more", far(77)) == "wait"

    assert try_(builders.PASSWORD) == "in"
    forget()
    assert try_(builders.PASSWORD) == "in"


def test_a_right_password_is_let_in_from_an_address_where_others_guess(alice):
    assert try_(builders.PASSWORD) == "in"
    for round_ in range(10):
        guess(10, start=round_ * 10)
        assert try_(builders.PASSWORD) == "in"
    assert try_("one more") == "wait"


def test_somebody_new_with_a_cached_password_is_let_in_while_strangers_guess(alice):
    """Such as a runner that starts under another address for each build."""
    assert try_(builders.PASSWORD) == "in"
    for number in range(8):
        try_(f"guess {number}", far(number))
    assert try_("one more", far(20)) == "wait"
    assert try_(builders.PASSWORD, far(21)) == "in"


def test_guesses_from_many_addresses_are_bounded(alice, hashes):
    assert try_(builders.PASSWORD) == "in"
    for number in range(200):
        assert try_(f"guess {number}", far(number)) != "in"
    # Five, and one after each wait that passed meanwhile.
    assert len(hashes) <= 8
    row = SignInAttempts.objects.get(subject__startswith="name:")
    assert (
        row.comparisons <= sign_in_throttle.MOST_COMPARISONS[sign_in_throttle.FailureCounter.NAME]
    )
    # As many were compared as may be: now not even the right one is looked at, from a new address.
    assert try_(builders.PASSWORD, far(201)) == "wait"
    assert try_(builders.PASSWORD) == "in"


def test_guesses_from_one_known_address_are_bounded(alice, hashes):
    assert try_(builders.PASSWORD) == "in"
    outcomes = guess(400)
    assert len(hashes) <= 8
    assert "in" not in outcomes
    row = SignInAttempts.objects.get(subject__startswith="caller:")
    assert (
        row.comparisons == sign_in_throttle.MOST_COMPARISONS[sign_in_throttle.FailureCounter.CALLER]
    )
    assert try_(builders.PASSWORD) == "wait"


def test_a_busy_program_gives_a_guesser_beside_it_no_new_start(alice, hashes):
    assert try_(builders.PASSWORD) == "in"
    for number in range(60):
        try_(f"guess {number}")
        assert try_(builders.PASSWORD) == "in"
    assert len(hashes) <= 8


def test_many_names_from_one_address_are_bounded(alice, hashes):
    for number in range(400):
        try_("Summer2026", name=f"user{number}")
    assert len(hashes) <= sign_in_throttle.FREE_FAILURES_OF_OTHERS + 8
    # Somebody who is known from there goes on; nobody else's password is tried.
    assert try_(builders.PASSWORD) == "wait"


def test_somebody_known_goes_on_where_many_names_are_tried(alice):
    assert try_(builders.PASSWORD) == "in"
    for number in range(310):
        try_("Summer2026", name=f"user{number}")
    assert try_("Summer2026", name="user999") == "wait"
    assert try_(builders.PASSWORD) == "in"


def test_one_known_name_says_nothing_of_another(alice):
    builders.user("bob")
    assert try_(builders.PASSWORD) == "in"
    for number in range(6):
        try_(f"guess {number}", name="bob")
    assert try_("one more", name="bob") == "wait"


def test_switched_off_is_out_though_the_password_is_cached(alice):
    assert try_(builders.PASSWORD) == "in"
    alice.is_active = False
    alice.save()
    assert try_(builders.PASSWORD) == "wrong"
    alice.is_active = True
    alice.save()
    assert try_(builders.PASSWORD) == "in"


def test_what_is_cached_names_no_password_and_no_hash(alice, settings):
    assert try_(builders.PASSWORD) == "in"
    assert try_("a wrong one") == "wrong"
    files = [
        path.read_bytes()
        for folder in ("right-passwords", "wrong-passwords")
        for path in (settings.BITBUCKET_HOME / "caches" / folder).rglob("*.djcache")
    ]
    assert files
    for content in files:
        assert alice.password.encode() not in content
        assert builders.PASSWORD.encode() not in content


def test_basic_credentials_in_latin_1(alice):
    alice.set_password("grün und länger")
    alice.save()
    for encoding in ("utf-8", "latin-1"):
        pair = base64.b64encode("alice:grün und länger".encode(encoding)).decode()
        answer = Client().get(PROJECTS, headers={"Authorization": f"Basic {pair}"})
        assert answer.status_code == 200
