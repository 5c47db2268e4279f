"""A running server, shared by the stories of one test process, and a place to work in."""

from __future__ import annotations

import pytest

from tests.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that is there; each story makes a project of its own."""
    running = Server(tmp_path_factory.mktemp("server") / "home")
    yield running.start()
    running.stop()


@pytest.fixture
def own_server(tmp_path):
    """A server that a story may kill."""
    running = Server(tmp_path / "home")
    yield running.start()
    running.stop()
