"""What Git refuses is a refusal at every door, wherever in a selector or service it was raised."""

from __future__ import annotations

import inspect

import pytest
from django.test import Client

from core.errors import refusal_of
from gitengine import errors
from repos.selectors import histories
from tests import builders

pytestmark = pytest.mark.django_db

# No refusals: the git program failed, or somebody reads a class that only others inherit from.
ACCIDENTS = {errors.GitError, errors.GitFailed}
MADE_OF = {
    errors.NoSuchPath: ("a/b", "0" * 40),
    errors.NoSuchRevision: ("main",),
    errors.GitFailed: ("log", 1, ""),
}
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.GitError)
]


def made(kind):
    if kind is errors.MergeConflict:
        return kind([])
    return kind(*MADE_OF.get(kind, ("refused",)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_engine_is_a_refusal_or_known_to_be_an_accident(kind):
    assert (refusal_of(made(kind)) is None) == (kind in ACCIDENTS)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - ACCIDENTS, key=str), ids=lambda k: k.__name__)
def test_both_doors_answer_it(api, alice, monkeypatch, kind):
    """Raised outside of `storage.opened`."""
    repository = builders.repository(builders.project("PRJ", public=True), "repo", content=True)
    builders.grant(repository, alice, "REPO_READ")

    def refuse(*_, **__):
        raise made(kind)

    monkeypatch.setattr(histories, "commits", refuse)
    answer = api(alice).get("projects/PRJ/repos/repo/commits")
    assert 400 <= answer.status_code <= 503 and answer.status_code != 500
    assert answer.json()["errors"][0]["message"]
    page = Client(raise_request_exception=False)
    page.force_login(alice)
    assert page.get("/projects/PRJ/repos/repo/commits").status_code == answer.status_code


@pytest.mark.parametrize("path", ["../../etc/passwd", "../x", "a/../../b", "/etc/passwd", "a//b"])
@pytest.mark.parametrize("more", ["", "&followRenames=true"])
def test_a_path_that_leaves_the_repository(api, alice, path, more):
    repository = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(repository, alice, "REPO_READ")
    answer = api(alice).get(f"projects/PRJ/repos/repo/commits?path={path}{more}")
    assert answer.status_code in {200, 400, 404}
    if answer.status_code == 200:
        assert answer.json()["values"] == []
