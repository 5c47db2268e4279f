"""What Git refuses is a refusal at every door, wherever in a selector or service it was raised."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections import defaultdict

import pytest
from django.core.cache import cache
from django.test import Client

import gitengine
from core.errors import refusal_of
from gitengine import errors
from repos.selectors import commit_history
from tests import builders, reference
from tests.access import pages, routes, worlds
from tests.rest_client import basic

pytestmark = pytest.mark.django_db

ROOMS = {
    *("gitengine", "repos", "discussions", "builds", "pullrequests", "webhooks", "notifications"),
    *("audit", "operations", "transport", "web", "bitbucket_clone"),
}
# No refusals: the git program failed, or somebody reads a class that only others inherit from.
ACCIDENTS = {errors.GitError, errors.GitFailed}
MADE_OF = {
    errors.NoSuchPath: ("a/b", "0" * 40),
    errors.NoSuchRevision: ("main",),
    errors.TooManyPaths: (5,),
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

    monkeypatch.setattr(commit_history, "commits", refuse)
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


class RefusingEngine:
    """Stands for `gitengine`: each of its functions that takes a repository refuses, wherever it is called."""

    def __init__(self, monkeypatch):
        self.error: Exception | None = None
        self.calls = 0
        replaced = {}
        for _, name, _ in pkgutil.iter_modules(gitengine.__path__):
            module = importlib.import_module(f"gitengine.{name}")
            for function in vars(module).values():
                takes_repository = (
                    inspect.isfunction(function)
                    and function.__module__ == module.__name__
                    and "GitRepository" in str(function.__annotations__)
                )
                if takes_repository:
                    replaced[function] = self.instead_of(function)
        for module in list(sys.modules.values()):
            room = getattr(module, "__name__", "").partition(".")[0]
            if room in ROOMS:
                for name, value in list(vars(module).items()):
                    if inspect.isfunction(value) and value in replaced:
                        monkeypatch.setattr(module, name, replaced[value])

    def instead_of(self, function):
        def refuse(*given, **named):
            if self.error is None:
                return function(*given, **named)
            self.calls += 1
            raise self.error

        def refuse_at_first_piece(*given, **named):
            if self.error is None:
                yield from function(*given, **named)
            else:
                self.calls += 1
                raise self.error

        return refuse_at_first_piece if inspect.isgeneratorfunction(function) else refuse


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_door_lets_an_error_of_the_engine_through(admin, monkeypatch, part):
    """Every route, while the engine refuses whatever it is asked: by each kind of error in turn."""
    _, _, numbers = worlds.build()
    numbers = defaultdict(int, numbers | worlds.numbers_of_person(admin, 0))
    refusals = sorted(set(KINDS) - ACCIDENTS, key=str)
    engine, wrong = RefusingEngine(monkeypatch), []
    for index, row in enumerate([*routes.REST, *pages.PAGES, *routes.GIT][part::4]):
        path = row.path.replace("{me}", "admin")
        path = re.sub(r"\{(\w+)\}", lambda match: str(numbers[match[1]]), path)
        client = Client(raise_request_exception=False, headers={"X-Atlassian-Token": "no-check"})
        if path.startswith("/scm/"):
            client.defaults["HTTP_AUTHORIZATION"] = basic("admin", builders.PASSWORD)
        else:
            client.force_login(admin)
        for kind in {errors.NoSuchPath, refusals[index % len(refusals)]}:
            cache.clear()
            engine.error = made(kind)
            with builders.undone():
                answer = client.generic(row.method, path, **routes.body_of(row))
                content = b"".join(answer)
            engine.error = None
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append(f"{row.method} {path} answered {answer.status_code} to {kind}")
            if "json" in answer.get("Content-Type", "") and content and "/oauth2/" not in path:
                reference._check_envelope(path, answer)
    assert wrong == []
    assert engine.calls > 20
