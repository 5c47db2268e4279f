"""Places: who works keeps one, who only waits for a slow client gives way."""

from __future__ import annotations

import threading
import time

import pytest

from gitengine import work_slots
from gitengine.errors import Busy
from gitengine.work_slots import WorkSlots


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(work_slots, "IDLE_ENOUGH", 0.05)
    monkeypatch.setattr(work_slots, "LOOK_EVERY", 0.01)


def slow_work(seconds):
    time.sleep(seconds)
    yield b"a"
    time.sleep(seconds)
    yield b"b"


def test_who_works_keeps_the_place_until_done():
    few = WorkSlots(1, wait=0.3, kind="tests")
    with few.one(), pytest.raises(Busy), few.one():
        pass
    with few.one():
        pass


def test_a_slow_client_gives_its_place_to_others_and_still_gets_the_rest():
    few = WorkSlots(1, wait=5, kind="tests")
    with few.one() as place:
        pieces = place.watch(slow_work(0))
        assert next(pieces) == b"a"
        # The client takes nothing for a while; somebody else is let in meanwhile.
        begun = time.monotonic()
        with few.one():
            assert time.monotonic() - begun < 2
        assert list(pieces) == [b"b"]
    with few.one():
        pass


def test_work_that_takes_long_is_no_slow_client():
    few = WorkSlots(1, wait=0.2, kind="tests")
    refused = []

    def wait():
        try:
            with few.one():
                pass
        except Busy as error:
            refused.append(error)

    with few.one() as place:
        other = threading.Thread(target=wait)
        other.start()
        for _ in place.watch(slow_work(0.2)):
            pass
        other.join()
    assert len(refused) == 1


def test_a_client_that_leaves_ends_the_work():
    ended = []

    def work():
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(True)

    few = WorkSlots(1, wait=1, kind="tests")
    with few.one() as place:
        pieces = place.watch(work())
        next(pieces)
        pieces.close()
        del pieces
        assert ended == [True]
