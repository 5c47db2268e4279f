"""A repository, people who may do different things with it, and what pages of it are asked: for several modules of tests."""

from __future__ import annotations

import pytest
from django.test import Client

from core.paging import PageRequest
from gitengine.types import ZERO_ID, RefCommand
from repos import storage
from repos.models import Push
from repos.selectors import refs
from repos.services import ref_updates
from tests import builders

R = "/projects/PRJ/repos/repo"


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ", name="The project"), "repo", content=True)
    builders.grant(made, alice, "REPO_ADMIN")
    return made


@pytest.fixture
def writer(repository):
    bob = builders.user("bob")
    builders.grant(repository, bob, "REPO_WRITE")
    return signed_in(bob)


@pytest.fixture
def reader(repository):
    carol = builders.user("carol")
    builders.grant(repository, carol, "REPO_READ")
    return signed_in(carol)


def signed_in(user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def put(repository, *names, at="main", prefix="refs/heads/"):
    """Let refs stand where another does."""
    target = tip(repository, at)
    actor = builders.actor(None)
    commands = [RefCommand(prefix + name, ZERO_ID, target) for name in names]
    for result in ref_updates.move(actor, repository, commands, reason=Push.Reason.PUSH):
        assert result.refusal is None, result


def tip(repository, name):
    return builders.git("rev-parse", name, cwd=storage.path_of(repository.pk), check=False)


def text(answer) -> str:
    return answer.content.decode()


def names(repository, listed=refs.branches):
    page = listed(builders.actor(None), repository, PageRequest(limit=1000))
    return {one.display_id for one in page.values}


def change(repository, name):
    path = storage.path_of(repository.pk)
    old = tip(repository, "main")
    index = {"GIT_INDEX_FILE": str(path / "index.test")}
    builders.git("read-tree", old, cwd=path, env=index)
    blob = builders.git("hash-object", "-w", "HEAD", cwd=path)
    builders.git(
        "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", cwd=path, env=index
    )
    tree = builders.git("write-tree", cwd=path, env=index)
    new = builders.git("commit-tree", tree, "-p", old, "-m", name, cwd=path)
    command = RefCommand("refs/heads/main", old, new)
    (result,) = ref_updates.move(
        builders.actor(None), repository, [command], reason=Push.Reason.PUSH
    )
    assert result.refusal is None
    return new
