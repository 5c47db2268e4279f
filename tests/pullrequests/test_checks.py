"""Who counts before a merge, and who does not any more."""

from __future__ import annotations

import pytest

from pullrequests.models import DefaultReviewers, PullRequestSettings
from tests.pullrequests.worlds import P

pytestmark = pytest.mark.django_db
N = f"{P}/1"


def leave(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.fixture
def vetoes(api, alice):
    """What stands against the merge, in short."""

    def told():
        found = api(alice).get(f"{N}/merge").json()["vetoes"]
        return [one["summaryMessage"] for one in found]

    return told


def test_everybody_may_object(api, alice, carol, repo, propose, vetoes):
    PullRequestSettings.objects.create(repository=repo, needs_no_objection=True)
    propose()
    said = api(carol).put(f"{N}/participants/carol", {"status": "NEEDS_WORK"})
    assert said.json()["role"] == "PARTICIPANT"
    assert vetoes() == ["Changes are requested"]
    assert api(alice).post(f"{N}/merge", {}).status_code == 409
    # Nobody could take the word back for her.
    leave(carol)
    assert vetoes() == []


@pytest.mark.parametrize("is_removed", [False, True])
def test_who_is_gone_is_not_waited_for(api, alice, bob, carol, repo, propose, vetoes, is_removed):
    row = DefaultReviewers.objects.create(
        repository=repo, source_type="ANY_REF", target_type="ANY_REF", required_approvals=2
    )
    row.reviewers.set([bob, carol])
    propose()
    assert vetoes() == ["Not all default reviewers have approved yet"]
    if is_removed:
        bob.removed_at = bob.created_at
        bob.save(update_fields=["removed_at"])
    else:
        leave(bob)
    assert vetoes() == ["Not all default reviewers have approved yet"]
    api(carol).put(f"{N}/participants/carol", {"status": "APPROVED"})
    assert vetoes() == []
    leave(carol)
    assert api(alice).post(f"{N}/merge", {}).status_code == 200
