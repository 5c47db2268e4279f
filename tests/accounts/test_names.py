"""Names of users reach commits, logs and the environment of git: nothing in them may end a line."""

from __future__ import annotations

import pytest

from accounts.actor import Actor
from accounts.errors import NameTaken, UnfitName
from accounts.services import users

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bad", ["a\nGIT_X=1", "a\x00b", "a\rb", "a\tb", " a", "a ", "a<b", "\u202ea", "x" * 300, "a\x7f"])  # fmt: skip
@pytest.mark.parametrize("field", ["name", "display_name", "email_address"])
def test_control_signs_and_brackets_are_refused(field, bad):
    fields = {"name": "ok", "display_name": "Ok", "email_address": "ok@example.com"} | {field: bad}

    with pytest.raises(UnfitName):
        users.create(Actor.system(), password="x", **fields)


def test_two_names_that_differ_in_case_are_one():
    users.create(Actor.system(), name="Ann", display_name="Ann", password="x")
    with pytest.raises(NameTaken):
        users.create(Actor.system(), name="ann", display_name="Ann", password="x")


@pytest.mark.parametrize("bad", ["..", ".", "a:b", "a/b", "__"])
def test_names_that_could_not_stand_in_an_address(bad):
    with pytest.raises(UnfitName):
        users.create(Actor.system(), name=bad, display_name="Ok")
