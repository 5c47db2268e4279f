"""Whose turn it is at the threads of a web process."""

from __future__ import annotations

import pytest
from django.test import Client

from bitbucket_clone.web_server import heads
from bitbucket_clone.web_server.admission import Admission, Claim, is_expensive
from bitbucket_clone.web_server.known_users import KnownUsers
from core.caller_notes import NOTE_USER
from tests import builders
from tests.rest_client import basic


def claim(
    name: str, address: str = "", *, costs: bool = True, user: object = "", goes_on: bool = False
) -> Claim:
    return Claim(name, address, costs, 0.0, user, goes_on)


def test_some_threads_are_never_given_to_expensive_requests():
    admission = Admission(threads=4, reserved=1, most_of_an_address=4, most_of_a_user=9)
    for number in range(6):
        admission.ask(claim(f"clone {number}"))
    assert admission.admitted() == ["clone 0", "clone 1", "clone 2"]
    admission.ask(claim("status", costs=False))
    assert admission.admitted() == ["status"]
    admission.release("clone 1")
    assert admission.admitted() == ["clone 3"]


def test_one_address_has_its_share_and_others_pass_it():
    admission = Admission(threads=4, reserved=1, most_of_an_address=2, most_of_a_user=9)
    for number in range(3):
        admission.ask(claim(f"greedy {number}", "a"))
    admission.ask(claim("other", "b"))
    assert admission.admitted() == ["greedy 0", "greedy 1", "other"]


def test_one_user_has_a_share_whatever_the_addresses():
    admission = Admission(threads=8, reserved=1, most_of_an_address=4, most_of_a_user=2)
    for number in range(4):
        admission.ask(claim(f"greedy {number}", f"address {number}", user=7))
    admission.ask(claim("cheap", "address 0", user=7, costs=False))
    admission.ask(claim("other", "address 0", user=8))
    assert admission.admitted() == ["greedy 0", "greedy 1", "cheap", "other"]
    admission.release("greedy 0")
    assert admission.admitted() == ["greedy 2"]


def test_one_address_never_has_all_threads():
    admission = Admission(threads=4, reserved=1, most_of_an_address=4, most_of_a_user=4)
    for number in range(5):
        admission.ask(claim(f"page {number}", "a", costs=False))
    admission.ask(claim("other", "b", costs=False))
    assert admission.admitted() == ["page 0", "page 1", "page 2", "other"]


def test_a_credential_counts_by_itself_until_its_user_is_known():
    users = KnownUsers()
    assert users.of(b"") == b""
    assert users.of(b"token one") == b"token one"
    users.note(b"token one", 7)
    users.note(b"token two", 7)
    assert users.of(b"token one") == users.of(b"token two") == 7


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer abc",
        b"authorization:Bearer abc ",
        b"Cookie: theme=dark; BITBUCKETSESSIONID=Bearer abc; x=y",
        b"Cookie: BITBUCKETSESSIONID=Bearer abc",
    ],
)
def test_the_credential_of_a_request_is_read_from_its_head(header):
    head = heads.read(b"GET / HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n\r\n")
    other = heads.read(b"GET / HTTP/1.1\r\nAuthorization: Bearer abc\r\n\r\n")
    nobody = heads.read(b"GET / HTTP/1.1\r\nCookie: theme=dark\r\n\r\n")
    assert head.credential == other.credential != b"" == nobody.credential


@pytest.mark.parametrize(
    "path", ["/rest/api/latest/projects", "/scm/prj/r.git/info/refs", "/projects"]
)
def test_the_application_says_whose_credentials_were_sent(path, alice):
    noted: list[int] = []
    sent = {"HTTP_AUTHORIZATION": basic("alice", builders.PASSWORD), NOTE_USER: noted.append}
    Client().get(path, {"service": "git-upload-pack"}, **sent)
    assert noted == [alice.pk]
    Client().get(path, {"service": "git-upload-pack"}, **{NOTE_USER: noted.append})
    assert noted == [alice.pk]


def test_answers_that_go_on_come_in_their_order_and_let_others_begin():
    admission = Admission(threads=3, reserved=0, most_of_an_address=9, most_of_a_user=9)
    for number in range(3):
        admission.ask(claim(f"answer {number}", goes_on=True))
        admission.ask(claim(f"request {number}"))
    assert admission.admitted() == ["answer 0", "request 0", "answer 1"]
    for one in ("answer 0", "request 0", "answer 1"):
        admission.release(one)
    assert admission.admitted() == ["answer 2", "request 1", "request 2"]


def test_only_requests_that_have_not_begun_are_late():
    admission = Admission(threads=1, reserved=0, most_of_an_address=1, most_of_a_user=9)
    admission.ask(claim("working"))
    admission.admitted()
    admission.ask(claim("answer", goes_on=True))
    admission.ask(claim("request"))
    assert admission.late(1.0) == ["request"]
    admission.withdraw({"request"})
    assert admission.waiting() == ["answer"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/scm/p/r.git/git-upload-pack", True),
        ("/scm/p/r.git/git%2Dupload-pack?x", True),
        ("/scm/p/r.git/info/refs?service=git-upload-pack", True),
        ("/rest/api/1.0/projects/P/repos/r/archive", True),
        ("/projects/P/repos/r/browse/f?blame", True),
        ("/projects/P/repos/r/pull-requests/1/overview", True),
        ("/status", False),
        ("/login", False),
        ("/rest/api/latest/projects", False),
    ],
)
def test_what_may_keep_a_thread_for_long(target, expected):
    assert is_expensive(target) is expected
