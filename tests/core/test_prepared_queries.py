"""A question made once answers for every number, and for no other than was asked."""

import pytest

from accounts.models import User
from core.prepared_queries import PreparedQuery
from tests import builders

pytestmark = pytest.mark.django_db
SOMEBODY = -(2**40)


def test_one_question_is_asked_about_many(django_assert_num_queries):
    rows = {name: builders.user(name) for name in ("alice", "bob")}
    question = PreparedQuery(User.objects.filter(pk=SOMEBODY).values_list("name"), who=SOMEBODY)

    with django_assert_num_queries(3):
        assert question.ask(who=rows["alice"].pk) == "alice"
        assert question.ask(who=rows["bob"].pk) == "bob"
        assert question.ask(who=0) is None
