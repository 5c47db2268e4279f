"""What people say of themselves: pictures, settings of their programs; and being erased."""

from __future__ import annotations

import pytest

from accounts.models import UserAvatar
from repos.models import FormerProjectKey
from tests import builders, pictures

pytestmark = pytest.mark.django_db


def form(content: bytes) -> dict:
    data = (
        b'--b\r\nContent-Disposition: form-data; name="avatar"; filename="me.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    return {"data": data, "content_type": "multipart/form-data; boundary=b"}


def test_a_picture_of_oneself_is_shown_to_people_and_not_to_strangers(api, alice, client):
    made = client.get("/users/alice/avatar.png").content
    sent = api(alice).request(
        "POST", "users/alice/avatar.png", **form(pictures.drawn("JPEG", (500, 300)))
    )
    assert (sent.status_code, sent["Location"]) == (
        201,
        "http://localhost:7990/users/alice/avatar.png",
    )
    assert client.get("/users/alice/avatar.png").content == made
    client.force_login(builders.user("bob"))
    shown = client.get("/users/alice/avatar.png")
    assert pictures.size_of(shown.content) == (256, 256)
    assert shown["Content-Type"] == "image/png"
    assert pictures.size_of(client.get("/users/alice/avatar.png?s=32").content) == (32, 32)
    for odd in ("0", "-5", "x", "99999", "1e3"):
        assert client.get(f"/users/alice/avatar.png?s={odd}").status_code == 200

    answer = api(alice).delete("users/alice/avatar.png")
    assert answer.json()["href"].endswith("/users/alice/avatar.png")
    assert client.get("/users/alice/avatar.png").content == made


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n" + b"x" * 40,
        b"GIF89a<html>",
        pictures.drawn("PNG", (5000, 10)),
        pictures.drawn("PNG")[:-30],
        pictures.drawn("BMP"),
        b"\xff" * (1024 * 1024 + 1),
    ],
)
def test_what_is_no_picture_is_refused(api, alice, content):
    refused = api(alice).request("POST", "users/alice/avatar.png", **form(content))
    assert refused.status_code == 400
    assert not UserAvatar.objects.exists()


def test_nothing_of_what_was_sent_stays_but_the_picture(api, alice):
    hidden = pictures.drawn("PNG") + b"<script>alert(1)</script>"
    assert api(alice).request("POST", "users/alice/avatar.png", **form(hidden)).status_code == 201
    assert b"script" not in bytes(UserAvatar.objects.get().content)


def test_pictures_of_others_are_for_administrators_not_below_them(api, admin, alice):
    helper = builders.user("helper", site="ADMIN")
    picture = form(pictures.drawn())
    assert api(alice).request("POST", "users/admin/avatar.png", **picture).status_code == 401
    assert api(helper).request("POST", "users/alice/avatar.png", **picture).status_code == 201
    assert api(helper).request("POST", "users/admin/avatar.png", **picture).status_code == 403
    assert api(helper).delete("users/admin/avatar.png").status_code == 403


def test_addresses_of_pictures_come_to_who_asks_for_a_size(api, alice):
    repository = builders.repository(builders.project("PRJ", public=True), "repo")
    plain = api(alice).get(f"projects/PRJ/repos/{repository.slug}").json()
    assert "avatarUrl" not in plain["project"]
    shown = api(alice).get("users/alice", avatarSize="64").json()
    assert shown["avatarUrl"] == "http://localhost:7990/users/alice/avatar.png?s=64"
    listed = api(alice).get("projects/PRJ/repos", avatarSize="32").json()["values"]
    assert listed[0]["project"]["avatarUrl"].endswith("/projects/PRJ/avatar.png?s=32")
    assert "avatarUrl" not in api(alice).get("users/alice", avatarSize="big").json()


def test_settings_of_programs_are_merged(api, admin, alice):
    mine = api(alice)
    assert mine.get("users/alice/settings").json() == {}
    assert mine.post("users/alice/settings", {"a": True, "b": 3, "c": "x"}).status_code == 204
    assert mine.post("users/alice/settings", {"b": 4, "c": None}).status_code == 204
    assert mine.get("users/alice/settings").json() == {"a": True, "b": 4}
    assert api(admin).get("users/alice/settings").json() == {"a": True, "b": 4}
    assert api(builders.user("bob")).get("users/alice/settings").status_code == 401
    for wrong in ({"a": [1]}, {"": 1}, {"a": "x" * 5000}, {"a": "\0"}, {"x" * 300: 1}, [1], "x"):
        assert mine.post("users/alice/settings", wrong).status_code == 400
    many = {f"name {number}": 1 for number in range(300)}
    assert mine.post("users/alice/settings", many).status_code == 400
    assert mine.get("users/alice/settings").json() == {"a": True, "b": 4}


def test_only_who_was_removed_is_erased_and_then_nothing_tells_who_it_was(api, admin, alice):
    assert api(alice).post("projects/~alice/repos", {"name": "mine"}).status_code == 201
    api(alice).request("POST", "users/alice/avatar.png", **form(pictures.drawn()))
    chief = api(admin)
    erasure = "admin/users/erasure"
    assert chief.get(erasure, name="nobody").status_code == 404
    assert chief.get(erasure).status_code == 400
    assert chief.get(erasure, name="alice").status_code == 409
    assert chief.post(f"{erasure}?name=alice").status_code == 409
    assert chief.delete("admin/users?name=alice").status_code == 200
    # Listed no more, and nothing can be given to them; their history still has a name.
    assert "alice" not in {u["name"] for u in chief.get("admin/users").json()["values"]}
    assert chief.put("admin/users", {"name": "alice", "displayName": "x"}).status_code == 404
    assert chief.get("users/alice").json()["displayName"] == "Alice"
    assert chief.get(erasure, name="ALICE").status_code == 204

    new = chief.post(f"{erasure}?name=alice").json()["newIdentifier"]

    assert new.startswith("user-")
    assert chief.get("users/alice").status_code == 404
    shown = chief.get(f"users/{new}").json()
    assert (shown["displayName"], shown["emailAddress"], shown["active"]) == (new, "", False)
    assert not UserAvatar.objects.exists()
    assert not FormerProjectKey.objects.exists()
    assert chief.get("projects/~alice/repos/mine").status_code == 404
    assert chief.get(f"projects/~{new}/repos/mine").status_code == 200
    # The name is free again.
    again = "name=alice&displayName=A&emailAddress=a@x.org&password=a+long+enough+one"
    assert chief.post(f"admin/users?{again}").status_code == 204
    assert chief.get("users/alice").json()["displayName"] == "A"


def test_an_administrator_erases_nobody_above_them(api, admin):
    other = builders.user("chief", site="SYS_ADMIN")
    helper = builders.user("helper", site="ADMIN")
    assert api(helper).post("admin/users/erasure?name=chief").status_code == 403
    other.refresh_from_db()
    assert other.name == "chief"
