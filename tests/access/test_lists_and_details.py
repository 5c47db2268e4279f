"""A list shows exactly the rows that a detail lets in: both are made of the same reasons, in two forms."""

from __future__ import annotations

import random

import pytest

from accounts.actor import Actor, Grants, Via
from accounts.models import SshKey
from accounts.permissions import Ladder, Permission
from repos import access
from repos.models import AccessKey, Project, ProjectGrant, Repository, RepositoryGrant
from tests import builders

pytestmark = pytest.mark.django_db

STEPS = {
    Project: [step for step in Permission if step.ladder is Ladder.PROJECT],
    Repository: [step for step in Permission if step.ladder is Ladder.REPOSITORY],
}


def steps_to_grant(model, chance):
    return chance.choice(STEPS[model][1:])


def build_world(chance: random.Random) -> list[Actor]:
    """Projects, repositories and grants at random; gives everybody who may ask."""
    people = [builders.user(f"user{number}") for number in range(5)]
    people.append(builders.user("boss", site="ADMIN"))
    people.append(builders.user("unlicensed"))
    people[-1].global_grants.all().delete()
    people[-1].member_of.clear()
    groups = [builders.group(f"group{number}", *chance.sample(people, 2)) for number in range(3)]
    projects = [
        Project.objects.create(
            key=f"P{number}",
            name=f"P{number}",
            is_public=chance.random() < 0.15,
            default_permission=steps_to_grant(Project, chance) if chance.random() < 0.3 else None,
        )
        for number in range(6)
    ]
    projects.append(
        Project.objects.create(key="~user0", name="User0", type="PERSONAL", owner=people[0])
    )
    repositories = [
        Repository.objects.create(
            project=chance.choice(projects),
            slug=f"r{number}",
            name=f"r{number}",
            is_public=chance.random() < 0.15,
        )
        for number in range(15)
    ]
    keys = [
        SshKey.objects.create(
            text=f"key {number}", fingerprint=f"{number}", algorithm="ED25519", bit_length=256
        )
        for number in range(2)
    ]
    for holder in [*people, *groups]:
        field = "user" if holder in people else "group"
        for project in chance.sample(projects, chance.randrange(3)):
            ProjectGrant.objects.create(
                project=project, permission=steps_to_grant(Project, chance), **{field: holder}
            )
        for repository in chance.sample(repositories, chance.randrange(4)):
            RepositoryGrant.objects.create(
                repository=repository,
                permission=steps_to_grant(Repository, chance),
                **{field: holder},
            )
    for key in keys:
        AccessKey.objects.create(
            key=key, project=chance.choice(projects), permission=Permission.PROJECT_WRITE
        )
        AccessKey.objects.create(
            key=key, repository=chance.choice(repositories), permission=Permission.REPO_READ
        )
    actors = [Actor.anonymous(), Actor.system()]
    actors += [Actor(user=user, via=Via.PASSWORD) for user in people]
    actors += [
        Actor(user=None, grants=Grants(access_key=key.pk), via=Via.ACCESS_KEY) for key in keys
    ]
    read = frozenset({Permission.PROJECT_READ, Permission.REPO_READ})
    actors.append(Actor(user=people[0], grants=Grants(ceilings=read), via=Via.ACCESS_TOKEN))
    actors.append(Actor(user=people[0], grants=Grants(public_only=True), via=Via.OAUTH))
    return actors


@pytest.mark.parametrize("seed", range(6))
def test_lists_and_details_agree(seed):
    seen = 0
    for actor in build_world(random.Random(seed)):
        for model, held in (
            (Project, access.held_projects),
            (Repository, access.held_repositories),
        ):
            for step in STEPS[model]:
                listed = set(held(actor, step).values_list("pk", flat=True))
                allowed = {row.pk for row in model.objects.all() if access.may(actor, step, row)}
                assert listed == allowed, f"{actor} {step.name}"
                seen += len(listed)
    assert seen > 100


def test_a_list_is_one_query_however_many_reasons(alice, django_assert_num_queries):
    builders.repository(builders.project("PRJ"), "repo", public=True)
    actor = Actor(user=alice, via=Via.PASSWORD)
    list(access.visible_repositories(actor))
    with django_assert_num_queries(1):
        assert len(access.visible_repositories(actor)) == 1
