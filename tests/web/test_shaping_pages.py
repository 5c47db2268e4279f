"""Pages of branches, tags, forks and the push log: shown, used, refused."""

from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gitengine.repository import GitRepository
from repos import storage
from repos.models import Repository
from repos.selectors import refs
from tests import builders
from tests.web.shaping import (
    R,
    change,
    names,
    put,
    reader,
    repository,
    signed_in,
    text,
    tip,
    writer,
)

__all__ = ["reader", "repository", "writer"]
pytestmark = pytest.mark.django_db

HOSTILE = [
    "<script>alert(1)</script>",
    "feature/\u202egnp.exe",
    'a"onfocus=x',
    "b&lt;i&gt;",
    "%2e%41",
]
NO_TEXT = "odd-\udcff\udcfe"


def test_branches_tell_their_type_and_their_distance_from_the_base(repository, alice):
    put(repository, "feature/two", at="main~1")
    client = signed_in(alice)

    shown = text(client.get(f"{R}/branches"))

    assert 'title="2 behind and 0 ahead of main"' in shown
    assert shown.count(">Feature<") >= 2
    assert "compare/diff?sourceBranch=refs%2Fheads%2Ffeature%2Ftwo" in shown
    assert "targetBranch=refs%2Fheads%2Fmain" in shown
    assert "create-branch&amp;from=refs/heads/feature/two" in shown
    other = text(client.get(f"{R}/branches?base=feature/two"))
    assert 'title="0 behind and 2 ahead of feature/two"' in other
    unknown = client.get(f"{R}/branches?base=<b>none")
    assert "There is no branch, tag or commit “&lt;b&gt;none”" in text(unknown)


@pytest.mark.parametrize(
    "base", ["..", "%E2%80%AE", "refs/heads/", "%FF", "-x", "a" * 3000, "main^{/x}"]
)
def test_an_odd_base_is_no_accident(repository, alice, base):
    assert signed_in(alice).get(f"{R}/branches?base={base}").status_code == 200


def test_branches_are_narrowed_by_name_and_type(repository, alice):
    put(repository, "bugfix/one", "release/one")
    client = signed_in(alice)

    only = text(
        client.get(f"{R}/branches?type=BUGFIX", headers={"HX-Request": "true", "HX-Target": "list"})
    )
    assert "bugfix/one" in only
    assert "release/one" not in only
    assert "<html" not in only
    both = text(client.get(f"{R}/branches?filter=one&type=RELEASE"))
    assert "/repo/browse?at=refs%2Fheads%2Frelease%2Fone" in both
    assert "/repo/browse?at=refs%2Fheads%2Fbugfix%2Fone" not in both
    nothing = text(client.get(f"{R}/branches?filter=<i>&type=HOTFIX"))
    assert "No branch with “&lt;i&gt;” in its name of type Hotfix" in nothing


def test_names_that_are_markup_or_no_text_are_shown_and_deleted(repository, alice):
    put(repository, *HOSTILE, NO_TEXT)
    client = signed_in(alice)

    answer = client.get(f"{R}/branches")
    shown = text(answer)

    assert answer.status_code == 200
    assert "<script>alert" not in shown
    assert 'a"onfocus' not in shown
    for name in HOSTILE:
        assert f">{html.escape(name)}</a>" in shown, name
        assert html.escape(html.escape(f"Delete {name}")) not in shown.replace(
            html.escape(f"Delete {name}"), ""
        ), "escaped twice"
    coded = "refs/heads/odd-%FF%FE"
    assert f'value="{coded}"' in shown
    assert client.post(f"{R}/branches", {"delete": coded}).status_code == 302
    assert client.post(f"{R}/branches", {"delete": "refs/heads/%252e%2541"}).status_code == 302
    assert names(repository) == {*HOSTILE[:-1], "main", "feature/one"}
    for page in ("tags?create", "settings/branches", "push-log", "forks"):
        assert "<script>alert" not in text(client.get(f"{R}/{page}"))
    assert "<script>alert" not in text(client.get(f"{R}?create-branch&from={HOSTILE[0]}"))
    assert "<script>alert" not in text(client.get(f"{R}/ref-names?of=base&base=script"))


def test_a_branch_is_made_with_the_prefix_of_its_type(repository, writer):
    form = text(writer.get(f"{R}?create-branch&from=feature/one"))
    assert 'value="feature/one"' in form
    assert '<option value="bugfix/">Bugfix</option>' in form

    made = writer.post(
        f"{R}?create-branch", {"type": "bugfix/", "name": "crash", "start_point": "feature/one"}
    )

    assert made["Location"].endswith("/browse?at=refs%2Fheads%2Fbugfix%2Fcrash")
    assert tip(repository, "bugfix/crash") == tip(repository, "feature/one")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "a b"}, "is not a name"),
        ({"name": "main"}, "already exists"),
        (
            {"name": "x", "start_point": "none<b>"},
            "There is no branch, tag or commit with this name.",
        ),
        ({"name": "x", "type": "other/"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_refused_branch_keeps_what_was_typed(repository, writer, typed, sentence):
    body = {"type": "", "name": "x", "start_point": "main"} | typed

    refused = writer.post(f"{R}?create-branch", body)

    assert refused.status_code == 400
    assert sentence in text(refused)
    assert f'value="{html.escape(body["start_point"])}"' in text(refused)
    assert names(repository) == {"main", "feature/one"}


def test_a_branch_is_deleted_and_the_default_one_is_not(repository, writer):
    assert writer.post(f"{R}/branches?filter=f", {"delete": "refs/heads/feature/one"})[
        "Location"
    ].endswith("/branches?filter=f")
    refused = writer.post(f"{R}/branches", {"delete": "refs/heads/main"})

    assert refused.status_code == 400
    assert "is the default branch, which cannot be deleted" in text(refused)
    assert names(repository) == {"main"}
    assert writer.post(f"{R}/branches", {"odd": "1"}).status_code == 400


def test_administrators_alone_choose_the_default_branch(repository, writer, alice):
    assert "Set as default branch" not in text(writer.get(f"{R}/branches"))
    refused = writer.post(f"{R}/branches", {"default": "refs/heads/feature/one"})
    assert refused.status_code == 401

    admin = signed_in(alice)
    assert "Set as default branch" in text(admin.get(f"{R}/branches"))
    assert admin.post(f"{R}/branches", {"default": "refs/heads/feature/one"}).status_code == 302
    actor = builders.actor(alice)
    assert refs.default_branch_name(actor, repository) == "refs/heads/feature/one"
    here = f"{R}/settings/branches"
    assert 'value="feature/one"' in text(admin.get(here))
    wrong = admin.post(here, {"action": "default", "default_branch": "none"})
    assert wrong.status_code == 400
    assert "does not exist in repository" in text(wrong)
    assert admin.post(here, {"action": "default", "default_branch": "main"}).status_code == 302
    assert refs.default_branch_name(actor, repository) == "refs/heads/main"


def test_readers_are_offered_nothing_that_writes(repository, reader):
    shown = text(reader.get(f"{R}/branches")) + text(reader.get(f"{R}/tags"))

    for words in ("Create branch", "Create tag", "Delete", "Set as default"):
        assert words not in shown
    for page, body in (
        ("/branches", {"delete": "refs/heads/feature/one"}),
        ("/tags", {"delete": "refs/tags/v1"}),
        ("?create-branch", {"name": "x", "start_point": "main"}),
        ("/tags?create", {"name": "x", "start_point": "main", "kind": "lightweight"}),
        ("/synchronisation", {"action": "enable"}),
        ("/settings/labels", {"action": "add", "name": "mine"}),
        ("/settings/archive", {"action": "archive"}),
    ):
        assert reader.post(R + page, body).status_code == 401, page
    assert names(repository) == {"main", "feature/one"}
    assert reader.get(f"{R}/push-log").status_code == 401


def test_tags_tell_who_made_them_and_why(repository, writer):
    shown = text(writer.get(f"{R}/tags"))

    assert "tagged by Ada Author" in shown
    assert ">one</summary>" in shown
    assert "archive?at=refs%2Ftags%2Fv1&amp;format=tar.gz" in shown
    assert "archive?at=refs%2Ftags%2Fv1&amp;format=zip" in shown
    body = {
        "name": "v2",
        "start_point": "feature/one",
        "kind": "annotated",
        "message": "<b>two</b>",
    }
    assert writer.post(f"{R}/tags?create", body).status_code == 302
    assert "&lt;b&gt;two&lt;/b&gt;" in text(writer.get(f"{R}/tags?filter=v2"))
    light = {"name": "v3", "start_point": "v1", "kind": "lightweight"}
    assert writer.post(f"{R}/tags?create", light).status_code == 302
    assert names(repository, refs.tags) == {"v1", "light", "v2", "v3"}
    assert tip(repository, "v3") == tip(repository, "v1^{commit}")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"message": ""}, "An annotated tag needs a message."),
        ({"kind": "lightweight"}, "A lightweight tag has no message."),
        ({"start_point": "none"}, "There is no branch, tag or commit with this name."),
        ({"name": "v1"}, "already exists"),
        ({"name": "a..b"}, "is not a name"),
    ],
)
def test_a_refused_tag_keeps_what_was_typed(repository, writer, typed, sentence):
    body = {"name": "v9", "start_point": "main", "kind": "annotated", "message": "why"} | typed

    refused = writer.post(f"{R}/tags?create", body)

    assert refused.status_code == 400
    assert sentence in text(refused)
    assert f'value="{body["name"]}"' in text(refused)
    assert names(repository, refs.tags) == {"v1", "light"}


def test_a_tag_is_deleted(repository, writer):
    assert writer.post(f"{R}/tags", {"delete": "refs/tags/v1"}).status_code == 302
    assert writer.post(f"{R}/tags", {"delete": "refs/tags/v1"}).status_code == 404
    assert names(repository, refs.tags) == {"light"}


def test_a_signature_is_no_part_of_what_a_tag_says(repository, reader):
    path = storage.path_of(repository.pk)
    body = (
        f"object {tip(repository, 'main')}\ntype commit\ntag signed\ntagger X <x@y> 1700000000 +0000\n\n"
        "Release\n-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n"
    )
    (path / "tag.test").write_text(body)
    made = builders.git("hash-object", "-t", "tag", "-w", "tag.test", cwd=path)
    builders.git("update-ref", "refs/tags/signed", made, cwd=path)

    shown = text(reader.get(f"{R}/tags?filter=signed"))

    assert ">Release</summary>" in shown
    assert "BEGIN PGP" not in shown


def test_a_fork_is_made_and_knows_its_origin(repository, reader):
    form = text(reader.get(f"{R}?fork"))
    assert "Carol (your own)" in form

    made = reader.post(f"{R}?fork", {"project": "", "name": "mine", "follows": "on"})

    assert made["Location"] == "/users/carol/repos/mine/browse"
    shown = text(reader.get(made["Location"]))
    assert f'forked from <a href="{R}/browse">The project / repo</a>' in shown
    listed = text(reader.get(f"{R}/forks"))
    assert "/users/carol/repos/mine/browse" in listed
    again = reader.post(f"{R}?fork", {"project": "", "name": "mine"})
    assert again.status_code == 400
    assert "already taken" in text(again)


def test_forks_and_origins_are_shown_to_who_may_see_them(repository, reader):
    reader.post(f"{R}?fork", {"project": "", "name": "mine"})
    assert "No forks" in text(signed_in(builders.User.objects.get(name="alice")).get(f"{R}/forks"))
    fork = Repository.objects.get(slug="mine")
    dora = builders.user("dora")
    builders.grant(fork, dora, "REPO_READ")

    shown = text(signed_in(dora).get("/users/carol/repos/mine/browse"))

    assert "forked from" not in shown
    assert "The project" not in shown
    assert "The project" not in text(signed_in(dora).get("/users/carol/repos/mine/forks"))
    sync = text(signed_in(dora).get("/users/carol/repos/mine/synchronisation"))
    assert "the repository it was forked from" in sync


def test_what_allows_no_forks_offers_none(repository, reader):
    Repository.objects.update(is_forkable=False)

    assert "Forking is disabled" in text(reader.get(f"{R}/forks"))
    assert "Forking is disabled" in text(reader.get(f"{R}?fork"))
    assert reader.post(f"{R}?fork", {"project": "", "name": "x"}).status_code == 400
    assert Repository.objects.count() == 1


def test_a_diverged_branch_is_merged_or_thrown_away(repository, alice):
    client = signed_in(alice)
    client.post(f"{R}?fork", {"project": "", "name": "mine", "follows": "on"})
    here = "/users/alice/repos/mine/synchronisation"
    fork = Repository.objects.get(slug="mine")
    actor = builders.actor(alice)
    ours, theirs = change(fork, "ours.txt"), change(repository, "theirs.txt")
    client.post(here, {"action": "disable"})
    client.post(here, {"action": "enable"})
    assert "diverged" in text(client.get(here))

    assert client.post(here, {"merge": "refs/heads/main"}).status_code == 302
    assert tip(fork, "main^1") == ours
    assert tip(fork, "main^2") == theirs
    assert "has commits that are not in the origin" in text(client.get(here))
    assert client.post(here, {"discard": "refs/heads/main"}).status_code == 302
    assert tip(fork, "main") == theirs
    assert "In sync" in text(client.get(here))
    refused = client.post(here, {"discard": "refs/heads/main"})
    assert refused.status_code == 409
    assert "in sync" in text(refused)
    assert client.post(here, {"action": "disable"}).status_code == 302
    assert "Switch on" in text(client.get(here))
    assert refs.default_branch_name(actor, fork) == "refs/heads/main"
    assert "Not a fork" in text(client.get(f"{R}/synchronisation"))


def test_the_push_log_tells_who_moved_what(repository, alice):
    client = signed_in(alice)
    client.post(f"{R}?create-branch", {"name": "one", "start_point": "main"})
    client.post(f"{R}/branches", {"delete": "refs/heads/one"})
    change(repository, "x.txt")

    shown = text(client.get(f"{R}/push-log"))

    assert ">created<" in shown and ">deleted<" in shown and ">updated<" in shown
    assert "compare/commits?sourceBranch=" in shown
    assert "the server" in shown
    mine = text(client.get(f"{R}/push-log?user=Alice"))
    assert "the server" not in mine
    assert ">deleted<" in mine
    only = text(client.get(f"{R}/push-log?branch=main"))
    assert ">updated<" in only
    assert ">deleted<" not in only
    assert "No matching pushes" in text(client.get(f"{R}/push-log?branch=<b>"))


@pytest.mark.parametrize("page", ["branches", "tags", "push-log", "forks"])
def test_lists_take_as_many_questions_for_many_rows(repository, alice, page):
    client = signed_in(alice)
    client.get(f"{R}/{page}")
    with CaptureQueriesContext(connection) as few:
        client.get(f"{R}/{page}")
    put(repository, *[f"feature/b{number}" for number in range(30)])
    put(repository, *[f"t{number}" for number in range(30)], prefix="refs/tags/")
    client.get(f"{R}/{page}")
    with CaptureQueriesContext(connection) as many:
        shown = client.get(f"{R}/{page}")
    assert shown.status_code == 200
    assert len(many) == len(few)


def test_pages_of_an_empty_repository_say_what_to_do(repository, alice):
    empty = builders.repository(repository.project, "empty")
    builders.grant(empty, alice, "REPO_ADMIN")
    client = signed_in(alice)
    base = "/projects/PRJ/repos/empty"

    assert "git push origin HEAD" in text(client.get(f"{base}/branches"))
    assert "Create the first tag" in text(client.get(f"{base}/tags"))
    assert "No pushes yet" in text(client.get(f"{base}/push-log"))
    assert client.get(f"{base}/branches?base=main").status_code == 200
    assert 'value="main"' in text(client.get(f"{base}/settings/branches"))
    refused = client.post(f"{base}?create-branch", {"name": "x", "start_point": "main"})
    assert refused.status_code == 400
    assert GitRepository.open(storage.path_of(empty.pk)).head_branch() == "refs/heads/main"


@pytest.mark.parametrize("page", ["branches", "tags"])
def test_a_page_past_the_end_leads_back(repository, reader, page):
    shown = text(reader.get(f"{R}/{page}?start=25&filter=o"))

    assert f"No more {page}" in shown
    assert 'href="?start=0&amp;filter=o"' in shown


def test_names_are_offered_as_they_are_typed(repository, reader):
    found = text(reader.get(f"{R}/ref-names?of=base&base=FEAT&q=main"))

    assert '<option value="feature/one">' in found
    assert "main" not in found
    assert '<option value="v1">' in text(reader.get(f"{R}/ref-names"))
