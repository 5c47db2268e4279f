"""How much is logged is changed while the server runs, in this process and in others."""

from __future__ import annotations

import logging

import pytest

from core import log_levels

SETTINGS = "admin/logs/settings"


@pytest.fixture(autouse=True)
def a_file_of_its_own(settings, tmp_path, monkeypatch):
    settings.LOG_LEVEL_FILE = tmp_path / "log_level"
    monkeypatch.setattr(log_levels, "_applied", None)
    before = logging.getLogger().level
    yield settings.LOG_LEVEL_FILE
    logging.getLogger().setLevel(before)


@pytest.mark.django_db
def test_it_is_shown_and_changed(api, admin, alice):
    assert api(admin).get(SETTINGS).json() == {"level": "WARN", "async": False}
    changed = api(admin).put(SETTINGS, {"level": "debug", "async": False})
    assert changed.json() == {"level": "DEBUG", "async": False}
    assert logging.getLogger().level == logging.DEBUG
    assert api(admin).get("logs/rootLogger").json() == {"logLevel": "DEBUG"}
    assert api(admin).put("logs/rootLogger/WARNING").status_code == 204
    assert logging.getLogger().level == logging.WARNING

    for body in ({"level": "LOUD"}, {"level": ""}, {}, {"level": "INFO", "async": True}, []):
        assert api(admin).put(SETTINGS, body).status_code == 400
    assert api(admin).put("logs/rootLogger/LOUD").status_code == 400
    for client in (api(alice), api()):
        assert client.get(SETTINGS).status_code == 401
        assert client.put(SETTINGS, {"level": "INFO"}).status_code == 401
        assert client.put("logs/rootLogger/INFO").status_code == 401
    assert log_levels.read() == "WARN"


def test_another_process_follows(a_file_of_its_own, monkeypatch):
    monkeypatch.setattr(log_levels, "EACH_SECONDS", 0.0)
    a_file_of_its_own.write_text("DEBUG\n")
    log_levels.follow()
    assert logging.getLogger().level == logging.DEBUG
    # As it was started, when nothing is said any more, or nothing that can be read.
    a_file_of_its_own.write_text("x")
    log_levels.follow()
    assert logging.getLogger().level == logging.WARNING


def test_a_level_that_somebody_else_set_stays_until_something_is_said(monkeypatch):
    monkeypatch.setattr(log_levels, "EACH_SECONDS", 0.0)
    logging.getLogger().setLevel(logging.INFO)
    log_levels.follow()
    assert logging.getLogger().level == logging.INFO
