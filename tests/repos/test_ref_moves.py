"""One ref moved for somebody: judged again under the lock, and by every rule that judges a push."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.errors import DomainError, Forbidden
from repos import storage
from repos.errors import (
    DuplicateBranch,
    NoSuchRepository,
    RefMoveRefused,
    RefOutOfDate,
    RefsOverlap,
    RepositoryArchived,
)
from repos.models import Push, Repository, RepositoryGrant
from repos.services import branches, edits, push_rules, ref_updates, tags
from repos.services.edits import EditTarget
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository(db, alice):
    made = builders.repository(builders.project("PRJ"), "repo", content=True)
    builders.grant(made, alice, "REPO_WRITE")
    return made


@pytest.fixture
def actor(alice):
    return builders.actor(alice)


def shaping(actor, repository):
    """Every way to move a ref from a page or over REST."""
    seen = EditTarget("main", "main")
    return [
        lambda: branches.create(actor, repository, "new", start_point="main"),
        lambda: branches.delete(actor, repository, "feature/one"),
        lambda: tags.create(actor, repository, "new", start_point="main"),
        lambda: tags.create(actor, repository, "annotated", start_point="main", message="m"),
        lambda: tags.delete(actor, repository, "light"),
        lambda: edits.write(actor, repository, "hello.txt", b"new", target=seen),
        lambda: edits.rename(actor, repository, "hello.txt", "bye.txt", target=seen),
        lambda: edits.delete(actor, repository, "hello.txt", target=seen),
    ]


def refs(repository):
    return builders.git("for-each-ref", cwd=storage.path_of(repository.pk))


def meanwhile(monkeypatch, what):
    """Let something happen after the first judgement, before the lock is held."""
    move = ref_updates.move

    def late(*args, **options):
        what()
        return move(*args, **options)

    monkeypatch.setattr(ref_updates, "move", late)


def test_rules_of_pushes_judge_every_move(actor, repository, monkeypatch):
    before = refs(repository)
    monkeypatch.setattr(push_rules, "RULES", [lambda case, command: "no moves on Fridays"])
    for attempt in [
        *shaping(actor, repository),
        lambda: branches.delete(actor, repository, "feature/one", dry_run=True),
    ]:
        with pytest.raises(RefMoveRefused, match=r"No moves on Fridays\."):
            attempt()
    assert refs(repository) == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: Repository.objects.update(is_archived=True), RepositoryArchived),
        (lambda: RepositoryGrant.objects.update(permission=310), Forbidden),
        (lambda: RepositoryGrant.objects.all().delete(), NoSuchRepository),
        (lambda: Repository.objects.all().delete(), NoSuchRepository),
    ],
    ids=["archived", "lowered", "out of sight", "deleted"],
)
@pytest.mark.parametrize("number", range(8))
def test_what_changed_before_the_lock_counts(actor, repository, monkeypatch, number, change, error):
    before = refs(repository)
    meanwhile(monkeypatch, change)
    with pytest.raises(error):
        shaping(actor, repository)[number]()
    assert refs(repository) == before
    assert Push.objects.count() == 0
    assert not list((storage.path_of(repository.pk) / "objects").glob("incoming-*"))


def test_a_branch_that_moved_meanwhile_is_not_deleted(actor, repository, monkeypatch):
    path = storage.path_of(repository.pk)
    meanwhile(
        monkeypatch,
        lambda: builders.git("update-ref", "refs/heads/feature/one", "main", cwd=path),
    )
    with pytest.raises(RefOutOfDate):
        branches.delete(actor, repository, "feature/one")
    assert "refs/heads/feature/one" in refs(repository)


def test_a_name_that_somebody_took_meanwhile(actor, repository, monkeypatch):
    path = storage.path_of(repository.pk)
    meanwhile(monkeypatch, lambda: builders.git("update-ref", "refs/heads/a", "main", cwd=path))
    with pytest.raises(DuplicateBranch):
        branches.create(actor, repository, "a", start_point="main")
    with pytest.raises(RefsOverlap):
        branches.create(actor, repository, "a/b", start_point="main")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_make_one_branch_one_does(actor, repository):
    answers = []

    def make():
        try:
            answers.append(branches.create(actor, repository, "one", start_point="main").name)
        except DomainError as error:
            answers.append(type(error).__name__)
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["DuplicateBranch"] * 3 + ["refs/heads/one"]
    assert Push.objects.count() == 1
