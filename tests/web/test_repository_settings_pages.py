"""Settings that shape a repository, the policies of the site, and the watch button."""

from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import site_settings
from repos.models import Project, Repository, RepositoryWatch
from repos.selectors import branch_models
from tests import builders
from tests.web.shaping import (
    R,
    reader,
    repository,
    signed_in,
    text,
    writer,
)

__all__ = ["reader", "repository", "writer"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def _seen_at_once(monkeypatch):
    monkeypatch.setattr(site_settings, "CACHED_SECONDS", 0)


MODEL = {
    "action": "model",
    "development": "named",
    "development_ref": "develop",
    "production": "default",
    "production_ref": "",
    "is_FEATURE": "on",
    "prefix_FEATURE": "f/",
    "prefix_BUGFIX": "bugfix/",
}


def test_labels_are_added_shown_and_removed(repository, alice):
    client = signed_in(alice)
    here = f"{R}/settings/labels"
    assert "No labels yet" in text(client.get(here))

    assert client.post(here, {"action": "add", "name": "backend"}).status_code == 302
    refused = client.post(here, {"action": "add", "name": "<b>Upper"})
    assert refused.status_code == 400
    assert 'value="&lt;b&gt;Upper"' in text(refused)
    assert "A label must have 3 to 50 characters" in text(refused)
    chip = '<span class="chip">backend</span>'
    for page in (f"{R}/browse", "/repos", "/projects/PRJ"):
        assert chip in text(client.get(page)), page
    assert client.post(here, {"action": "remove", "name": "none"}).status_code == 404
    assert client.post(here, {"action": "remove", "name": "backend"}).status_code == 302
    assert client.post(here, {"action": "odd"}).status_code == 400
    assert chip not in text(client.get(f"{R}/browse"))


def test_labels_of_many_repositories_take_one_question(repository, alice):
    client = signed_in(alice)
    client.get("/repos")
    with CaptureQueriesContext(connection) as few:
        client.get("/repos")
    for number in range(8):
        made = builders.repository(Project.objects.get(key="PRJ"), f"r{number}", public=True)
        made.labels.create(name=f"label-{number}")
    with CaptureQueriesContext(connection) as many:
        assert "label-7" in text(client.get("/repos"))
    assert len(many) == len(few)


def test_a_repository_is_archived_and_brought_back(repository, alice, writer):
    client = signed_in(alice)
    here = f"{R}/settings/archive"
    assert client.post(here, {"action": "odd"}).status_code == 400

    assert client.post(here, {"action": "archive"}).status_code == 302

    for page in ("browse", "branches", "tags", "settings", "settings/labels", "settings/branches"):
        assert "This repository is archived" in text(client.get(f"{R}/{page}")), page
    shown = "".join(text(client.get(f"{R}/{page}")) for page in ("branches", "tags"))
    for words in ("Create branch", "Create tag", "Delete", "Set as default"):
        assert words not in shown
    assert "Save" not in text(client.get(f"{R}/settings"))
    assert "Add label" not in text(client.get(f"{R}/settings/labels"))
    assert "Save" not in text(client.get(f"{R}/settings/branches"))
    refused = writer.post(f"{R}/branches", {"delete": "refs/heads/feature/one"})
    assert refused.status_code == 409
    assert "archived and read-only" in text(refused)
    assert client.post(here, {"action": "restore"}).status_code == 302
    assert "Create branch" in text(client.get(f"{R}/branches"))


@pytest.mark.usefixtures("_seen_at_once")
def test_policies_say_who_may_archive_and_delete(repository, alice, admin):
    client = signed_in(admin)
    here = "/admin/repository-policies"
    assert client.post(here, {"archive": "ODD", "delete": "ADMIN"}).status_code == 400
    saved = client.post(here, {"archive": "SYS_ADMIN", "delete": "ADMIN"})
    assert saved.status_code == 302
    assert '<option value="SYS_ADMIN" selected>' in text(client.get(here))

    owner = signed_in(alice)
    assert "You do not have permission to archive repositories" in text(
        owner.get(f"{R}/settings/archive")
    )
    assert owner.post(f"{R}/settings/archive", {"action": "archive"}).status_code == 401
    assert "do not have permission to delete repositories" in text(owner.get(f"{R}/settings"))
    assert owner.get(here).status_code == 401
    assert not Repository.objects.get().is_archived


def test_administrators_of_the_site_see_the_policies_and_do_not_change_them(repository):
    client = signed_in(builders.user("site", site="ADMIN"))

    assert "Only system administrators can change this" in text(
        client.get("/admin/repository-policies")
    )
    body = {"archive": "SYS_ADMIN", "delete": "ADMIN"}
    refused = client.post("/admin/repository-policies", body)
    assert refused.status_code == 400
    assert site_settings.read(site_settings.ARCHIVE_POLICY) == "REPO_ADMIN"


def test_a_model_is_inherited_overridden_and_inherited_again(repository, alice):
    builders.grant(repository.project, alice, "PROJECT_ADMIN")
    client = signed_in(alice)
    here, above = f"{R}/settings/branches", "/projects/PRJ/settings/branches"
    assert "the default branch model of all repositories" in text(client.get(here))

    assert client.post(above, MODEL).status_code == 302
    shown = text(client.get(here))
    assert "Inherited from the project" in shown
    assert "<code>f/</code>" in shown
    assert 'value="f/"' in text(client.get(f"{here}?override"))
    own = MODEL | {"prefix_FEATURE": "mine/", "production": "none"}
    assert client.post(here, own).status_code == 302
    assert "its own branch model" in text(client.get(here))
    actor = builders.actor(alice)
    model = branch_models.setting(actor, repository)
    assert model.category_of("mine/x").id == "FEATURE"
    assert model.production is None
    assert client.post(here, {"action": "inherit"}).status_code == 302
    assert branch_models.setting(actor, repository).place == repository.project
    assert client.post(above, {"action": "inherit"}).status_code == 302
    assert branch_models.setting(actor, repository) == branch_models.FIRST
    assert client.post(above, {"action": "odd"}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"prefix_FEATURE": ""}, "needs a prefix"),
        ({"prefix_FEATURE": "a b/"}, "is not a name"),
        ({"development_ref": ""}, "development branch needs"),
        ({"is_BUGFIX": "on", "prefix_BUGFIX": "f/x/"}, "one begins with the other"),
    ],
)
def test_a_refused_model_keeps_what_was_typed(repository, alice, typed, sentence):
    refused = signed_in(alice).post(
        f"{R}/settings/branches", MODEL | {"production_ref": "kept"} | typed
    )

    assert refused.status_code == 400
    assert sentence in html.unescape(text(refused))
    assert 'value="kept"' in text(refused)


def test_somebody_watches_and_stops(repository, reader):
    assert "Watch" in text(reader.get(f"{R}/branches"))
    back = reader.post(f"{R}/watch", {"watch": "on", "next": f"{R}/tags"})
    assert back["Location"] == f"{R}/tags"
    assert "Unwatch" in text(reader.get(f"{R}/branches"))
    assert reader.post(f"{R}/watch", {"watch": "off"})["Location"] == f"{R}/browse"
    assert not RepositoryWatch.objects.exists()
    away = reader.post(f"{R}/watch", {"watch": "on", "next": "//evil.example"})
    assert "evil" not in away["Location"]
