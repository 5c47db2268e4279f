"""What pages are told of a discussion: laid out for a diff, in as many queries for one as for fifty."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from core.errors import Forbidden
from discussions.errors import CommentNotDeletable, CommentOutOfDate
from discussions.selectors import comments as find
from discussions.services import comments, reactions
from discussions.services.comments import CommentChanges
from discussions.services.commits import CommitSubject
from discussions.subjects import AnchorRequest
from repos.services import repositories
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(db):
    made = builders.repository(builders.project("PRJ"), "repo")
    for name in ("bob", "carol"):
        builders.grant(made, builders.user(name), "REPO_READ")
    made.ids = builders.fill(made)
    return made


def actor(name):
    return builders.actor(User.objects.get(name=name))


def say(place, text="x", **how):
    return comments.begin(actor("bob"), CommitSubject(place, place.ids["second"]), text=text, **how)


def discussion(place, commit="second", paths=("src/main.py",), with_general=True):
    about = CommitSubject(place, place.ids[commit])
    return find.discussion_of(actor("bob"), about, paths, with_general=with_general)


def test_only_the_files_that_are_shown_are_read(place):
    say(place)
    say(place, anchor=AnchorRequest(path="src/main.py"))

    found = discussion(place, paths=["data/blob.bin"], with_general=False)

    assert (found.general, found.files, found.count) == ([], {}, 2)


def test_laid_out_for_a_diff(place):
    line = AnchorRequest(path="src/main.py", line=1, line_type="ADDED")
    general, on_file = say(place), say(place, anchor=AnchorRequest(path="src/main.py"))
    first, second = say(place, anchor=line), say(place, anchor=line)
    comments.reply(actor("carol"), CommitSubject(place, place.ids["second"]), first, text="no")

    found = discussion(place)

    assert [said.comment for said in found.general] == [general]
    file = found.files["src/main.py"]
    assert [said.comment for said in file.whole] == [on_file]
    assert [said.comment for said in file.lines["TO", 1]] == [first, second]
    assert [said.comment.text for said in file.lines["TO", 1][0].replies] == ["no"]
    assert found.count == 5
    assert discussion(place, "first").count == 0


def test_fifty_cost_the_queries_of_one(place):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            discussion(place)
        return len(asked)

    first = say(place)
    reactions.add(actor("carol"), CommitSubject(place, place.ids["second"]), first, "tada")
    few = queries()
    for _ in range(49):
        one = say(place, anchor=AnchorRequest(path="src/main.py", line=1, line_type="ADDED"))
        reactions.add(actor("carol"), CommitSubject(place, place.ids["second"]), one, "tada")

    assert queries() == few


def test_who_lost_the_race_is_told(place):
    made = say(place, "one")
    commit_id = place.ids["second"]
    # Both read it before either changes it.
    stale = find.get(actor("bob"), CommitSubject(place, commit_id), str(made.pk))
    comments.edit(
        actor("bob"), CommitSubject(place, commit_id), made, CommentChanges(text="two"), version=0
    )

    with pytest.raises(CommentOutOfDate):
        comments.edit(
            actor("bob"),
            CommitSubject(place, commit_id),
            stale,
            CommentChanges(text="three"),
            version=0,
        )
    with pytest.raises(CommentOutOfDate):
        comments.delete(actor("bob"), CommitSubject(place, commit_id), stale, version=0)
    comments.reply(actor("carol"), CommitSubject(place, commit_id), stale, text="no")
    with pytest.raises(CommentNotDeletable):
        comments.delete(actor("bob"), CommitSubject(place, commit_id), stale, version=1)


def test_the_server_itself_has_no_voice(place):
    with pytest.raises(Forbidden):
        comments.begin(Actor.system(), CommitSubject(place, place.ids["second"]), text="x")


def test_a_deleted_repository_takes_its_discussion_along(place):
    say(place)
    made = builders.attachment(place)

    repositories.delete(Actor.system(), place)

    assert not type(made).objects.exists()
