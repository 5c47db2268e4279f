"""A comment stands on a line of the diff that its anchor names: one that is there, and of that kind."""

from __future__ import annotations

import pytest

from tests.pullrequests.worlds import P, commit

pytestmark = pytest.mark.django_db

N = f"{P}/1"


@pytest.fixture
def proposed(api, alice, repo, propose):
    """`one.txt` has its second line changed, of three; `two.txt` is gone; `new.txt` is new."""
    commit(repo, "topic", {"one.txt": "one\nTWO\nthree\n"})
    return propose()


def say(client, **anchor):
    return client.post(f"{N}/comments", {"text": "x", "anchor": {"path": "one.txt"} | anchor})


@pytest.mark.parametrize(
    "anchor",
    [
        {"line": 2, "lineType": "ADDED", "fileType": "TO"},
        {"line": 2, "lineType": "ADDED"},
        {"line": 2, "lineType": "REMOVED", "fileType": "FROM"},
        {"line": 2, "lineType": "REMOVED"},
        {"line": 1, "lineType": "CONTEXT", "fileType": "TO"},
        {"line": 3, "lineType": "CONTEXT", "fileType": "FROM"},
        {"line": 3, "lineType": "CONTEXT"},
        {"path": "new.txt", "line": 1, "lineType": "ADDED"},
        {"path": "two.txt", "line": 1, "lineType": "CONTEXT"},
    ],
)
def test_a_line_that_is_there(api, bob, proposed, anchor):
    answer = say(api(bob), **anchor)
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize(
    ("anchor", "sentence"),
    [
        ({"line": 9999, "lineType": "CONTEXT"}, "no line 9999"),
        ({"line": 4, "lineType": "CONTEXT", "fileType": "FROM"}, "no line 4"),
        ({"line": 1, "lineType": "ADDED"}, "is CONTEXT in this diff, not ADDED"),
        ({"line": 1, "lineType": "REMOVED"}, "is CONTEXT in this diff, not REMOVED"),
        ({"line": 2, "lineType": "CONTEXT", "fileType": "TO"}, "is ADDED in this diff"),
        ({"line": 2, "lineType": "CONTEXT", "fileType": "FROM"}, "is REMOVED in this diff"),
        ({"path": "new.txt", "line": 2, "lineType": "ADDED"}, "no line 2"),
        ({"path": "new.txt", "line": 1, "lineType": "REMOVED"}, "no line 1"),
        ({"path": "two.txt", "line": 2, "lineType": "CONTEXT"}, "no line 2"),
    ],
)
def test_a_line_that_is_not(api, bob, proposed, anchor, sentence):
    answer = say(api(bob), **anchor)
    assert answer.status_code == 400, answer.content
    assert sentence in answer.json()["errors"][0]["message"]


def test_the_diff_of_a_range_and_of_a_commit(api, bob, repo, proposed):
    before = proposed["fromRef"]["latestCommit"]
    after = commit(repo, "topic", {"one.txt": "one\nTWO\nTHREE\n"})
    at = {"fromHash": before, "toHash": after, "diffType": "RANGE"}
    assert say(api(bob), line=3, lineType="ADDED", **at).status_code == 201
    # Added in the whole pull request, and untouched in this range.
    assert say(api(bob), line=2, lineType="ADDED", **at).status_code == 400
    assert say(api(bob), line=2, lineType="CONTEXT", **at).status_code == 201
    of_commit = {"toHash": after, "diffType": "COMMIT"}
    assert say(api(bob), line=2, lineType="ADDED", **of_commit).status_code == 400
    assert say(api(bob), line=3, lineType="ADDED", **of_commit).status_code == 201
    on_commit = f"projects/PRJ/repos/repo/commits/{after}/comments"
    for line, status in ((3, 201), (2, 400)):
        anchor = {"path": "one.txt", "line": line, "lineType": "ADDED"}
        answer = api(bob).post(on_commit, {"text": "x", "anchor": anchor})
        assert answer.status_code == status
