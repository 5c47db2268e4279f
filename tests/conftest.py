"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.cache import caches

from tests import builders, machines
from tests.rest_client import RestClient
from tests.server import Server


@pytest.fixture(autouse=True)
def _forget_what_was_cached():
    for cache in caches.all():
        cache.clear()
    yield


@pytest.fixture
def admin(db):
    """The first system administrator."""
    return builders.user("admin", site="SYS_ADMIN")


@pytest.fixture
def alice(db):
    """Somebody who may sign in, and nothing else."""
    return builders.user("alice")


@pytest.fixture
def api():
    """Speak REST: `api(user).get("projects")`; every answer is held against the reference."""
    return RestClient


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server for all stories of one test process; each makes a project of its own."""
    running = Server(tmp_path_factory.mktemp("server") / "home")
    yield running.start()
    running.stop()


@pytest.fixture
def redis_url():
    """A Redis of our own, where it is installed."""
    if not machines.redis_is_installed():
        assert not os.environ.get("CI"), "Redis is missing, and CI must not skip it"
        pytest.skip("Redis is not installed")
    with machines.redis() as url:
        yield url


def pytest_collection_modifyitems(items):
    """Begin with the browser: its stories stay together in one process, and the other one does the rest."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_addoption(parser):
    parser.addoption(
        "--note-failed", type=Path, help="write the names of failed tests to this file"
    )


def pytest_configure(config):
    note = config.getoption("--note-failed")
    if note is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailedNames(note))


class FailedNames:
    """Notes what failed, by the names that pytest takes as arguments."""

    def __init__(self, note: Path):
        self._note = note
        self._names: dict[str, None] = {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            # Tests that stay together carry the name of their group behind their own.
            name, _, group = report.nodeid.rpartition("@")
            self._names[name if name and "]" not in group else report.nodeid] = None

    def pytest_sessionfinish(self):
        self._note.write_text("".join(f"{name}\n" for name in self._names))
