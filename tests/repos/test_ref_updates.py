"""The waist where refs move: what a kill leaves behind is settled, what moved is told, nothing else is."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from core import events
from gitengine.types import ZERO_ID, RefCommand
from infrastructure import jobs
from infrastructure.models import Job
from repos import storage
from repos.events import RefsChanged
from repos.models import Push, RefChange
from repos.services import ref_updates
from repos.tasks import finish_pushes
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)

MAIN = "refs/heads/main"


@pytest.fixture
def repository(db):
    made = builders.repository(builders.project(), content=True)
    made.ids = {
        name: builders.git("rev-parse", revision, cwd=storage.path_of(made.pk))
        for name, revision in (("first", "main~2"), ("second", "main~1"), ("merge", "main"))
    }
    return made


@pytest.fixture
def told():
    heard = []
    subscriber = heard.append
    events._subscribers[RefsChanged].append(subscriber)
    yield heard
    events._subscribers[RefsChanged].remove(subscriber)


def move(repository, *commands, **options):
    return ref_updates.move(
        Actor.system(), repository, list(commands), reason=Push.Reason.PUSH, **options
    )


def pending(repository, *commands, is_atomic=False):
    return Push.objects.create(
        repository=repository,
        reason=Push.Reason.PUSH,
        is_atomic=is_atomic,
        wanted=Push.write_commands(commands),
    )


def refs(repository):
    listed = builders.git(
        "for-each-ref", "--format=%(refname) %(objectname)", cwd=storage.path_of(repository.pk)
    )
    return dict(line.split(" ") for line in listed.splitlines())


def test_a_move_is_recorded_and_told_once(repository, told):
    ids = repository.ids
    command = RefCommand(MAIN, ids["merge"], ids["second"])

    (result,) = move(repository, command)

    assert result.refusal is None
    assert refs(repository)[MAIN] == ids["second"]
    (change,) = RefChange.objects.all()
    assert (change.ref, change.kind, change.old_id) == (MAIN, "UPDATE", ids["merge"])
    assert change.push.state == Push.State.APPLIED
    assert [event.changes for event in told] == [(command,)]


def test_a_stale_command_moves_nothing_and_tells_nothing(repository, told):
    ids = repository.ids

    (result,) = move(repository, RefCommand(MAIN, ids["first"], ids["second"]))

    assert "fetch first" in result.refusal
    assert refs(repository)[MAIN] == ids["merge"]
    assert not Push.objects.exists()
    assert told == []


def test_the_guard_judges_under_the_lock(repository, told):
    ids = repository.ids

    (result,) = move(
        repository,
        RefCommand(MAIN, ids["merge"], ids["second"]),
        guard=lambda commands: [command.refused("not now") for command in commands],
    )

    assert result.refusal == "not now"
    assert refs(repository)[MAIN] == ids["merge"]


def test_of_an_atomic_set_none_moves_when_one_is_stale(repository, told):
    ids = repository.ids

    results = move(
        repository,
        RefCommand("refs/heads/new", ZERO_ID, ids["first"]),
        RefCommand(MAIN, ids["first"], ids["second"]),
        is_atomic=True,
    )

    assert all(result.refusal for result in results)
    assert "refs/heads/new" not in refs(repository)


def test_a_kill_before_the_swap_leaves_nothing_behind(repository, told):
    ids = repository.ids
    pending(repository, RefCommand(MAIN, ids["merge"], ids["second"]))

    finish_pushes()

    assert not Push.objects.exists()
    assert told == []
    assert refs(repository)[MAIN] == ids["merge"]


def test_a_kill_after_the_swap_is_recorded_and_told(repository, told):
    ids = repository.ids
    command = RefCommand(MAIN, ids["merge"], ids["second"])
    pending(repository, command)
    builders.git("update-ref", MAIN, ids["second"], cwd=storage.path_of(repository.pk))

    finish_pushes()

    assert Push.objects.get().state == Push.State.APPLIED
    assert [event.changes for event in told] == [(command,)]
    finish_pushes()
    assert len(told) == 1


def test_of_a_push_cut_in_half_what_moved_is_recorded(repository, told):
    ids = repository.ids
    moved = RefCommand("refs/heads/a", ZERO_ID, ids["first"])
    left = RefCommand("refs/heads/b", ZERO_ID, ids["first"])
    pending(repository, moved, left)
    builders.git("update-ref", "refs/heads/a", ids["first"], cwd=storage.path_of(repository.pk))

    finish_pushes()

    assert [event.changes for event in told] == [(moved,)]
    assert "refs/heads/b" not in refs(repository)


def test_an_atomic_push_cut_in_half_is_rolled_forward(repository, told):
    ids = repository.ids
    commands = [RefCommand(f"refs/heads/{name}", ZERO_ID, ids["first"]) for name in "abc"]
    pending(repository, *commands, is_atomic=True)
    builders.git("update-ref", "refs/heads/a", ids["first"], cwd=storage.path_of(repository.pk))

    finish_pushes()

    assert {"refs/heads/a", "refs/heads/b", "refs/heads/c"} <= set(refs(repository))
    assert [set(event.changes) for event in told] == [set(commands)]


def test_the_next_mover_settles_what_a_kill_left(repository, told):
    ids = repository.ids
    pending(repository, RefCommand(MAIN, ids["merge"], ids["second"]))
    builders.git("update-ref", MAIN, ids["second"], cwd=storage.path_of(repository.pk))

    move(repository, RefCommand("refs/heads/new", ZERO_ID, ids["first"]))

    assert [event.changes[0].name for event in told] == [MAIN, "refs/heads/new"]
    assert not Push.objects.filter(state=Push.State.PENDING).exists()


def test_a_listener_that_fails_blocks_nobody_and_is_told_again(repository, told):
    ids = repository.ids
    failing = [True]

    def listener(event):
        if failing[0]:
            raise RuntimeError("not today")

    events._subscribers[RefsChanged].append(listener)
    try:
        (result,) = move(repository, RefCommand(MAIN, ids["merge"], ids["second"]))
        assert result.refusal is None
        assert Push.objects.get().state == Push.State.APPLIED
        failing[0] = False
        told.clear()
        (job,) = Job.objects.filter(task="repos.announce_push")
        jobs.run(job.pk)
    finally:
        events._subscribers[RefsChanged].remove(listener)

    assert [event.changes[0].name for event in told] == [MAIN]


def test_a_stale_lock_of_a_killed_git_is_removed(repository, told):
    ids = repository.ids
    path = storage.path_of(repository.pk)
    (path / "refs/heads/main.lock").touch()
    (path / "packed-refs.lock").touch()

    (result,) = move(repository, RefCommand(MAIN, ids["merge"], ids["second"]))

    assert result.refusal is None


def test_a_ref_that_is_no_text_is_recorded(repository, told):
    name = b"refs/heads/\xff".decode("utf-8", "surrogateescape")

    (result,) = move(repository, RefCommand(name, ZERO_ID, repository.ids["first"]))

    assert result.refusal is None
    assert RefChange.objects.get().ref == "refs/heads/\\xff"


def test_a_repository_deleted_in_the_middle_of_a_push_is_told_as_gone(
    repository, told, monkeypatch
):
    from repos.models import Repository

    real = ref_updates.refs.swap

    def swap(*args, **options):
        results = real(*args, **options)
        Repository.objects.get(pk=repository.pk).delete()
        return results

    monkeypatch.setattr(ref_updates.refs, "swap", swap)
    ids = repository.ids

    (result,) = move(repository, RefCommand(MAIN, ids["merge"], ids["second"]))

    assert result.refusal == "the repository does not exist any more"
    assert told == []


def test_a_repository_whose_files_are_missing_keeps_no_other_from_being_settled(repository, told):
    import shutil

    lost = builders.repository(repository.project, "lost")
    shutil.rmtree(storage.path_of(lost.pk))
    ids = repository.ids
    pending(lost, RefCommand(MAIN, ids["merge"], ids["second"]))
    pending(repository, RefCommand(MAIN, ids["merge"], ids["second"]))

    with pytest.raises(RuntimeError):
        finish_pushes()

    assert not Push.objects.filter(repository=repository).exists()
    assert Push.objects.filter(repository=lost).exists()


def test_a_right_that_is_taken_away_while_the_pack_comes_in_counts(repository, told):
    from repos.services import pushes

    alice = builders.user("alice")
    builders.grant(repository, alice, "REPO_WRITE")
    actor = builders.actor(alice)
    assert pushes._may_still_write(actor, repository)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert not pushes._may_still_write(actor, repository)
    type(alice).objects.filter(pk=alice.pk).update(is_active=True)
    repository.grants.all().delete()
    assert not pushes._may_still_write(actor, repository)
