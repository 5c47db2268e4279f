"""Whose turn it is at the threads of a web process."""

from __future__ import annotations

import pytest

from bitbucket_clone.web_server.admission import Admission, Claim, is_expensive


def claim(name: str, address: str = "", *, costs: bool = True, goes_on: bool = False) -> Claim:
    return Claim(name, address, costs, 0.0, goes_on)


def test_some_threads_are_never_given_to_expensive_requests():
    admission = Admission(threads=4, reserved=1, most_of_an_address=4)
    for number in range(6):
        admission.ask(claim(f"clone {number}"))
    assert admission.admitted() == ["clone 0", "clone 1", "clone 2"]
    admission.ask(claim("status", costs=False))
    assert admission.admitted() == ["status"]
    admission.release("clone 1")
    assert admission.admitted() == ["clone 3"]


def test_one_address_has_its_share_and_others_pass_it():
    admission = Admission(threads=4, reserved=1, most_of_an_address=2)
    for number in range(3):
        admission.ask(claim(f"greedy {number}", "a"))
    admission.ask(claim("other", "b"))
    assert admission.admitted() == ["greedy 0", "greedy 1", "other"]


def test_answers_that_go_on_come_in_their_order_and_let_others_begin():
    admission = Admission(threads=3, reserved=0, most_of_an_address=9)
    for number in range(3):
        admission.ask(claim(f"answer {number}", goes_on=True))
        admission.ask(claim(f"request {number}"))
    assert admission.admitted() == ["answer 0", "request 0", "answer 1"]
    for one in ("answer 0", "request 0", "answer 1"):
        admission.release(one)
    assert admission.admitted() == ["answer 2", "request 1", "request 2"]


def test_only_requests_that_have_not_begun_are_late():
    admission = Admission(threads=1, reserved=0, most_of_an_address=1)
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
