"""Administrators run users, groups and global permissions; nobody reaches above their own rank."""

from __future__ import annotations

import pytest

from accounts.models import GlobalGrant, User
from core import site_settings
from tests import builders
from tests.rest_client import RestClient

pytestmark = pytest.mark.django_db

GOOD = "a long enough secret"


@pytest.fixture
def boss(db):
    """An ADMIN, below the system administrator."""
    return builders.user("boss", site="ADMIN")


def create(client, **changed):
    query = {
        "name": "new",
        "displayName": "New One",
        "emailAddress": "new@example.com",
        "password": GOOD,
    } | changed
    return client.post("admin/users", None, **{k: v for k, v in query.items() if v is not None})


def names(answer, *path):
    found = []
    for value in answer.json()["values"]:
        for key in path:
            value = value[key]
        found.append(value)
    return found


def test_a_user_is_made_by_the_query_alone_and_may_sign_in(api, admin):
    assert create(api(admin)).status_code == 204

    made = User.objects.get(name="new")
    me = RestClient(made, password=GOOD).get("users/new").json()
    assert (me["displayName"], me["emailAddress"]) == ("New One", "new@example.com")
    assert create(api(admin), name="NEW").status_code == 409


def test_outside_the_default_group_nobody_may_sign_in(api, admin):
    assert create(api(admin), addToDefaultGroup="false").status_code == 204
    made = User.objects.get(name="new")
    assert RestClient(made, password=GOOD).get("users/new").status_code == 401


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({"name": None}, "name"),
        ({"displayName": None}, "displayName"),
        ({"emailAddress": None}, "emailAddress"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"name": "a\nGIT_X=1"}, "name"),
        ({"displayName": "<b>"}, "displayName"),
        ({"emailAddress": "nothing"}, "emailAddress"),
    ],
)
def test_a_wrong_wish_is_400(api, admin, changed, context):
    answer = create(api(admin), **changed)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == context


def test_users_are_listed_changed_renamed_and_removed(api, admin, alice):
    client = api(admin)
    assert names(client.get("admin/users", filter="ALI"), "name") == ["alice"]
    body = {"name": "alice", "displayName": "Alice B", "email": "b@example.com"}
    assert client.put("admin/users", body).json()["displayName"] == "Alice B"
    renamed = client.post("admin/users/rename", {"name": "alice", "newName": "alison"})
    assert (renamed.json()["name"], renamed.json()["slug"]) == ("alison", "alison")
    removed = client.delete("admin/users", name="alison")
    assert removed.json()["active"] is False
    alice.refresh_from_db()
    assert RestClient(alice).get("users/alison").status_code == 401
    assert client.delete("admin/users", name="admin").status_code == 409


def test_passwords_are_set_by_administrators_and_by_oneself(api, admin, alice):
    body = {"name": "alice", "password": GOOD, "passwordConfirm": GOOD}
    assert api(admin).put("admin/users/credentials", body).status_code == 204
    client = RestClient(alice, password=GOOD)
    own = {"oldPassword": GOOD, "password": GOOD + "!", "passwordConfirm": GOOD + "!"}
    assert client.put("users/credentials", own | {"oldPassword": "wrong"}).status_code == 400
    assert client.put("users/credentials", own | {"passwordConfirm": "x"}).status_code == 400
    assert client.put("users/credentials", own).status_code == 204
    assert client.get("users/alice").status_code == 401
    assert RestClient(alice, password=GOOD + "!").get("users/alice").status_code == 200


@pytest.mark.parametrize("name", ["email", "emailAddress"])
def test_an_address_is_changed_under_both_its_names(api, admin, alice, name):
    body = {"name": "alice", name: "new@example.com"}
    changed = api(admin).put("admin/users", body)
    assert changed.json()["emailAddress"] == "new@example.com"
    assert changed.json()["displayName"] == alice.display_name


def test_own_details_are_changed(api, alice):
    changed = api(alice).put("users", {"displayName": "Me", "email": "me@example.com"})
    assert (changed.json()["displayName"], changed.json()["emailAddress"]) == (
        "Me",
        "me@example.com",
    )
    assert api().put("users", {"displayName": "x"}).status_code == 401


def test_groups_are_made_filled_emptied_and_deleted(api, admin, alice):
    bob = builders.user("bob")
    client = api(admin)
    assert client.post("admin/groups", None, name="devs").json() == {
        "name": "devs",
        "deletable": True,
    }
    assert client.post("admin/groups", None, name="DEVS").status_code == 409
    body = {"context": "devs", "itemName": "alice"}
    assert client.post("admin/groups/add-user", body).status_code == 200
    assert (
        client.post("admin/groups/add-users", {"group": "devs", "users": ["bob"]}).status_code
        == 200
    )
    assert names(client.get("admin/groups/more-members", context="devs"), "name") == [
        "alice",
        "bob",
    ]
    assert names(client.get("admin/groups/more-non-members", context="devs"), "name") == ["admin"]
    assert names(client.get("admin/users/more-members", context="bob"), "name") == [
        "devs",
        "stash-users",
    ]
    assert client.post("admin/groups/remove-user", body).status_code == 200
    turned = {"context": "bob", "itemName": "devs"}
    assert client.post("admin/users/remove-group", turned).status_code == 200
    assert names(client.get("admin/groups/more-members", context="devs"), "name") == []
    # Nobody is in a group that does not exist, and everybody outside.
    assert client.get("admin/groups/more-members", context="none").json()["values"] == []
    assert names(client.get("admin/groups/more-non-members", context="none"), "name") == [
        "admin",
        "alice",
        "bob",
    ]
    assert client.post("admin/users/add-group", turned).status_code == 200
    assert (
        client.post("admin/users/add-groups", {"user": "alice", "groups": ["devs"]}).status_code
        == 200
    )
    assert names(client.get("admin/users/more-non-members", context="alice"), "name") == []
    assert client.get("groups", filter="dev").json()["values"] == ["devs"]
    assert client.delete("admin/groups", name="devs").status_code == 200
    assert not bob.member_of.filter(name="devs").exists()
    missing = client.post("admin/groups/add-users", {"group": "none", "users": ["bob"]})
    assert missing.status_code == 404


def test_global_permissions_are_given_and_taken(api, admin, alice):
    builders.group("devs")
    client = api(admin)
    grant = {"name": "alice", "permission": "PROJECT_CREATE"}
    assert client.put("admin/permissions/users", None, **grant).status_code == 204
    assert ("alice", "PROJECT_CREATE") in [
        (one["user"]["name"], one["permission"])
        for one in client.get("admin/permissions/users").json()["values"]
    ]
    assert api(alice).post("projects", {"key": "A", "name": "A"}).status_code == 201
    assert (
        client.put(
            "admin/permissions/groups", None, name="devs", permission="LICENSED_USER"
        ).status_code
        == 204
    )
    assert names(client.get("admin/permissions/groups"), "group", "name") == ["devs", "stash-users"]
    assert names(client.get("admin/permissions/groups/none"), "name") == []
    assert client.delete("admin/permissions/users", None, name="alice").status_code == 204
    assert names(client.get("admin/permissions/users/none"), "name") == ["alice"]
    assert api(alice).post("projects", {"key": "B", "name": "B"}).status_code == 401
    odd = client.put("admin/permissions/users", None, name="alice", permission="REPO_READ")
    assert odd.status_code == 400


def test_an_admin_never_touches_a_system_administrator(api, admin, boss):
    client = api(boss)
    builders.group("root", admin)
    GlobalGrant.objects.create(group=builders.group("root"), permission=140)
    body = {"name": "admin", "password": GOOD, "passwordConfirm": GOOD}
    for answer in (
        client.put("admin/users", {"name": "admin", "displayName": "x"}),
        client.delete("admin/users", name="admin"),
        client.post("admin/users/rename", {"name": "admin", "newName": "x"}),
        client.put("admin/users/credentials", body),
        client.put("admin/permissions/users", None, name="admin", permission="LICENSED_USER"),
        client.delete("admin/permissions/users", None, name="admin"),
        client.put("admin/permissions/users", None, name="boss", permission="SYS_ADMIN"),
        client.post("admin/groups/add-user", {"context": "root", "itemName": "boss"}),
        client.post("admin/users/add-group", {"context": "boss", "itemName": "root"}),
        client.delete("admin/groups", name="root"),
        client.delete("admin/permissions/groups", None, name="root"),
    ):
        assert answer.status_code == 403, answer.content
    admin.refresh_from_db()
    assert admin.name == "admin" and admin.is_active


def test_nobody_takes_away_their_own_last_right(api, admin, boss):
    client = api(boss)
    lowered = client.put("admin/permissions/users", None, name="boss", permission="LICENSED_USER")
    assert lowered.status_code == 409
    assert client.delete("admin/permissions/users", None, name="boss").status_code == 409
    assert GlobalGrant.objects.get(user=boss).permission == 130
    # With the right held through a group too, the own row may go.
    group = builders.group("admins", boss)
    GlobalGrant.objects.create(group=group, permission=130)
    assert client.delete("admin/permissions/users", None, name="boss").status_code == 204
    assert client.delete("admin/groups", name="admins").status_code == 409
    out = client.post("admin/groups/remove-user", {"context": "admins", "itemName": "boss"})
    assert out.status_code == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "admin/users?name=x&displayName=x&emailAddress=x@y&password=longenoughsecret"),
        ("PUT", "admin/users"),
        ("DELETE", "admin/users?name=admin"),
        ("POST", "admin/groups?name=x"),
        ("DELETE", "admin/groups?name=stash-users"),
        ("GET", "admin/permissions/users"),
        ("PUT", "admin/permissions/users?name=alice&permission=ADMIN"),
        ("DELETE", "admin/permissions/groups?name=stash-users"),
    ],
)
def test_everybody_else_is_refused(api, admin, alice, method, path):
    body = {"name": "admin"} if method == "PUT" else None
    assert api(alice).request(method, path, body).status_code == 401
    assert api().request(method, path, body).status_code == 401


def test_a_secret_does_not_administrate(api, admin):
    from accounts.services import secrets

    _, text = secrets.create_access_token(
        builders.actor(admin), admin, name="x", permissions=["PROJECT_ADMIN"]
    )
    assert create(RestClient(admin, password=text)).status_code == 401


def test_administrators_set_any_password_that_is_not_empty(api, admin):
    """Scripts written for Bitbucket make users whose password is their name."""
    assert create(api(admin), name="ci", password="ci").status_code == 204
    made = User.objects.get(name="ci")
    assert RestClient(made, password="ci").get("users/ci").status_code == 200

    weak = {"name": "ci", "password": "x", "passwordConfirm": "x"}
    assert api(admin).put("admin/users/credentials", weak).status_code == 204
    assert RestClient(made, password="x").get("users/ci").status_code == 200
    # People choose their own by the rules.
    own = {"oldPassword": "x", "password": "y", "passwordConfirm": "y"}
    refused = RestClient(made, password="x").put("users/credentials", own)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["context"] == "password"


@pytest.mark.parametrize("password", ["short", "password123", "somebody"])
def test_a_setting_asks_administrators_for_strong_passwords_too(api, admin, password):
    site_settings.write(site_settings.PASSWORD_RULES_FOR_ADMINISTRATORS, True)

    refused = create(api(admin), name="somebody", password=password)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["context"] == "password"
    assert create(api(admin), name="somebody").status_code == 204
    again = {"name": "somebody", "password": password, "passwordConfirm": password}
    assert api(admin).put("admin/users/credentials", again).status_code == 400


def test_a_locked_out_user_is_let_in_again(api, admin, alice):
    for number in range(6):
        RestClient(alice, password=f"wrong {number}").get("users/alice")
    assert api(alice).get("users/alice").status_code == 401
    assert api(admin).delete("admin/users/captcha", name="alice").status_code == 204
    assert api(alice).get("users/alice").status_code == 200


def test_a_personal_project_follows_the_name_of_its_owner(api, admin, alice):
    made = api(alice).post("projects/~alice/repos", {"name": "mine"})
    assert made.status_code == 201

    api(admin).post("admin/users/rename", {"name": "alice", "newName": "Alison"})

    alice.refresh_from_db()
    client = api(alice)
    assert client.get("users/alison/repos/mine").json()["project"]["key"] == "~alison"
    old = client.get("projects/~alice/repos/mine/branches")
    assert old.status_code == 307
    assert old["Location"].endswith("/projects/~alison/repos/mine/branches")
    # Somebody new of the old name begins with nothing of it.
    other = builders.user("alice")
    assert api(other).get("users/alice/repos/mine").status_code == 404
    assert api(other).post("projects/~alice/repos", {"name": "own"}).status_code == 201
