"""Guesses: names that a database takes for the same, equal work for every name, whole networks."""

from __future__ import annotations

import pytest

from accounts import credential_verifiers, credentials, sign_in_throttle
from accounts.actor import Origin
from accounts.errors import WrongPassword
from accounts.models import SignInAttempts
from tests import builders

HERE = Origin(address="192.0.2.1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "other"), [("admin", "admın"), ("boss", "boſs"), ("kit", "\u212ait")]
)
def test_a_name_that_looks_alike_is_another_name(name, other):
    builders.user(name)
    with pytest.raises(WrongPassword):
        credentials.from_password(other, builders.PASSWORD, HERE)
    assert credentials.from_password(name.upper(), builders.PASSWORD, HERE).name == name


@pytest.mark.django_db
def test_a_name_that_is_nobodys_costs_the_same_work(monkeypatch):
    builders.user("alice")
    hashed = []
    monkeypatch.setattr(
        credential_verifiers, "check_password", lambda *_: hashed.append("known") or False
    )
    monkeypatch.setattr(credential_verifiers, "make_password", lambda *_: hashed.append("unknown"))
    for name in ("alice", "nobody"):
        with pytest.raises(WrongPassword):
            credentials.from_password(name, "guess", HERE)
    assert hashed == ["known", "unknown"]


@pytest.mark.django_db
def test_a_subscriber_of_version_six_is_one_address():
    for number in range(3):
        sign_in_throttle.count_wrong_secret(None, Origin(address=f"2001:db8:1:2::{number}"))
    sign_in_throttle.count_wrong_secret(None, Origin(address="2001:db8:1:3::1"))
    sign_in_throttle.count_wrong_secret(None, Origin(address="::ffff:192.0.2.9"))
    sign_in_throttle.count_wrong_secret(None, Origin(address="192.0.2.9"))
    assert sorted(SignInAttempts.objects.values_list("failures", flat=True)) == [1, 2, 3]
