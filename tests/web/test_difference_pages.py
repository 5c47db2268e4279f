"""Pages of commits in which every kind of change happens."""

from __future__ import annotations

import pytest
from django.test import Client

from repos import storage
from tests import builders
from tests.git.changes import every_kind

pytestmark = pytest.mark.django_db


def test_every_commit_has_a_page():
    made = builders.repository(builders.project("PRJ", public=True), "repo")
    ids = every_kind(storage.path_of(made.pk))
    shown = ""
    for commit_id in ids:
        answer = Client().get(f"/projects/PRJ/repos/repo/commits/{commit_id}")
        assert answer.status_code == 200
        shown += answer.content.decode()
    for word in ("copied", "moved", "added", "deleted", "A binary file.", "café crème", "fünf"):
        assert word in shown, word
    assert "Only the file&#x27;s mode changed." in shown or "Only the file's mode changed." in shown
