"""Basic credentials: what gets in, what is refused, and how."""

from __future__ import annotations

import base64

import pytest

from accounts.models import GlobalGrant
from tests import builders
from tests.rest_client import RestClient

pytestmark = pytest.mark.django_db


def basic(text: str | bytes) -> dict[str, str]:
    raw = text.encode() if isinstance(text, str) else text
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


def test_a_right_password_gets_in_and_the_answer_names_the_caller(api, alice):
    answer = api(alice).get("users/alice")

    assert answer.status_code == 200
    assert answer.json()["displayName"] == "Alice"
    assert answer["X-AUSERNAME"] == "alice"
    assert answer["X-AUSERID"] == str(alice.pk)
    assert answer["X-AREQUESTID"].startswith("@")


def test_a_name_is_found_without_regard_to_case(api, alice):
    assert (
        api()
        .request("GET", "users/alice", headers=basic("ALICE:correct horse battery"))
        .status_code
        == 200
    )


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"a\x00b:c").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:c").decode(),
        "Basic " + base64.b64encode(b":empty name").decode(),
        "Basic " + base64.b64encode(b"alice:").decode(),
        "Digest abc",
        "Basic " + base64.b64encode(b"nobody:at all").decode(),
    ],
)
def test_garbage_in_the_header_is_401_in_the_envelope(api, db, header):
    answer = api().request("GET", "users/alice", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["exceptionName"].endswith(
        "IncorrectPasswordAuthenticationException"
    )
    assert answer["WWW-Authenticate"].startswith("Basic")


def test_a_deactivated_user_is_out_at_once_though_the_password_was_remembered(api, alice):
    client = api(alice)
    assert client.get("users/alice").status_code == 200

    alice.is_active = False
    alice.save()

    assert client.get("users/alice").status_code == 401


def test_a_changed_password_counts_at_once(api, alice):
    client = api(alice)
    assert client.get("users/alice").status_code == 200

    alice.set_password("another")
    alice.save()

    assert client.get("users/alice").status_code == 401


def test_without_a_licence_nobody_gets_in(api, alice):
    GlobalGrant.objects.all().delete()

    answer = api(alice).get("users/alice")

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["exceptionName"].endswith("NoAccessAuthenticationException")


def test_after_five_failures_no_password_is_hashed(alice, monkeypatch):
    for number in range(5):
        wrong = RestClient(alice, password=f"wrong {number}")
        assert wrong.get("users/alice").status_code == 401
    hashed = []
    monkeypatch.setattr("accounts.credential_verifiers.check_password", lambda *a: hashed.append(a))

    answer = RestClient(alice).get("users/alice")

    assert answer.status_code == 401
    assert answer["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE; login-url=")
    assert hashed == []


def test_people_are_hidden_from_somebody_unknown(api, alice):
    assert api().get("users/alice").status_code == 401


def test_one_program_with_an_old_password_does_not_lock_out_its_neighbours(alice):
    bob = builders.user("bob")
    for number in range(40):
        RestClient(alice, password=f"old {number}").get("users/alice")

    assert RestClient(bob).get("users/bob").status_code == 200
    assert RestClient(alice).get("users/alice").status_code == 401


def test_few_hashes_are_computed_at_a_time(alice, monkeypatch):
    from accounts import credential_verifiers

    monkeypatch.setattr(credential_verifiers, "LONGEST_WAIT", 0.01)
    for _ in range(credential_verifiers.HASHES_AT_ONCE):
        credential_verifiers._hash_slots.acquire()
    try:
        answer = RestClient(alice).get("users/alice")
    finally:
        for _ in range(credential_verifiers.HASHES_AT_ONCE):
            credential_verifiers._hash_slots.release()

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert RestClient(alice).get("users/alice").status_code == 200


def test_a_hash_takes_little_memory():
    from accounts.hashers import Argon2id

    hasher = Argon2id()
    encoded = hasher.encode("secret", hasher.salt())
    assert "m=19456,t=2,p=1" in encoded
    assert hasher.verify("secret", encoded)
