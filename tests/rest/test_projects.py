"""REST: projects, as scripts make, find, change and delete them."""

from __future__ import annotations

import base64

import pytest

from infrastructure.images import identicon
from tests import builders, pictures

pytestmark = pytest.mark.django_db


def test_whoever_may_create_a_project_becomes_its_administrator(api, alice):
    builders.grant_site(alice, "PROJECT_CREATE")

    answer = api(alice).post("projects", {"key": "new", "name": "New one", "description": "d"})

    assert answer.status_code == 201
    body = answer.json()
    assert (body["key"], body["name"], body["public"], body["type"]) == (
        "NEW",
        "New one",
        False,
        "NORMAL",
    )
    assert body["links"]["self"][0]["href"] == "http://localhost:7990/projects/NEW"
    assert api(alice).put("projects/new", {"description": "other"}).status_code == 200


def test_without_the_permission_no_project_is_made(api, alice):
    answer = api(alice).post("projects", {"key": "NEW", "name": "New"})

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["exceptionName"].endswith("AuthorisationException")


@pytest.mark.parametrize(
    ("body", "context"),
    [
        ({"name": "No key"}, "key"),
        ({"key": "1a", "name": "x"}, "key"),
        ({"key": "..", "name": "x"}, "key"),
        ({"key": "a/b", "name": "x"}, "key"),
        ({"key": "A" * 5000, "name": "x"}, "key"),
        ({"key": "\u202eabc", "name": "x"}, "key"),
        ({"key": "OK", "name": "a\u202eb"}, "name"),
        ({"key": "OK", "name": "x" * 200}, "name"),
        ({"key": "OK", "name": "x", "description": "y" * 300}, "description"),
        ({"key": "OK", "name": "x", "public": "perhaps"}, "public"),
        ({"key": "OK", "name": "x", "avatar": "data:text/html;base64,PGI+"}, "avatar"),
        ({"key": "OK", "name": "x", "avatar": "data:image/png;base64,PGI+"}, "avatar"),
        ({"key": ["OK"], "name": "x"}, "key"),
    ],
)
def test_a_wrong_field_is_named(api, admin, body, context):
    answer = api(admin).post("projects", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == context


@pytest.mark.parametrize(
    ("body", "context"),
    [({"key": "prj", "name": "x"}, "key"), ({"key": "X", "name": "PROJECT prj"}, "name")],
)
def test_a_taken_key_or_name_is_409(api, admin, body, context):
    builders.project("PRJ")

    answer = api(admin).post("projects", body)

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["context"] == context


def test_unknown_fields_are_ignored(api, admin):
    body = {"key": "A", "name": "A", "owner": "eve", "type": "PERSONAL", "id": 99, "scope": "x"}

    answer = api(admin).post("projects", body)

    assert answer.status_code == 201
    assert answer.json()["type"] == "NORMAL"


def test_projects_are_listed_by_name_paged_and_filtered(api, admin, alice):
    for key in ("C", "A", "B"):
        builders.grant(builders.project(key), alice, "PROJECT_READ")
    builders.project("HIDDEN")
    client = api(alice)

    first = client.get("projects", limit=2).json()

    assert [one["key"] for one in first["values"]] == ["A", "B"]
    assert (first["isLastPage"], first["nextPageStart"], first["size"]) == (False, 2, 2)
    assert [one["key"] for one in client.get("projects", start=2).json()["values"]] == ["C"]
    assert [one["key"] for one in client.get("projects", name="ject b").json()["values"]] == ["B"]
    assert client.get("projects", permission="PROJECT_ADMIN").json()["values"] == []
    assert client.get("projects", permission="NONSENSE").status_code == 400
    assert len(api(admin).get("projects").json()["values"]) == 4


@pytest.mark.parametrize("text", ["%", "_", "'", "{{7*7}}", "\\"])
def test_signs_of_sql_and_templates_match_literally(api, admin, text):
    builders.project("PRJ")

    assert api(admin).get("projects", name=text).json()["values"] == []


@pytest.mark.parametrize("value", ["-1", "10" * 200, "NaN", "١", "1.5", "0x1", " 1"])
def test_a_start_that_is_no_number_is_400_or_far_away(api, admin, value):
    answer = api(admin).get("projects", start=value)

    assert answer.status_code == 400 or answer.json()["values"] == []


def test_a_limit_beyond_reason_is_lowered_and_told(api, admin):
    assert api(admin).get("projects", limit=10**9).json()["limit"] == 1000
    assert api(admin).get("projects", limit=0).status_code == 400


def test_a_new_key_leaves_the_old_one_leading_here(api, admin):
    builders.repository(builders.project("OLD"))

    answer = api(admin).put("projects/OLD", {"key": "NEW"})

    assert answer.status_code == 201
    moved = api(admin).get("projects/OLD")
    assert moved.status_code == 307
    assert moved["Location"] == "http://localhost:7990/rest/api/latest/projects/NEW"
    moved = api(admin).get("projects/old/repos/repo/branches", limit=3)
    assert moved["Location"].endswith("/projects/NEW/repos/repo/branches?limit=3")


def test_a_key_that_is_used_again_leads_to_the_new_project(api, admin):
    builders.project("OLD", name="first")
    api(admin).put("projects/OLD", {"key": "NEW"})

    api(admin).post("projects", {"key": "OLD", "name": "second"})

    assert api(admin).get("projects/OLD").json()["name"] == "second"


def test_a_project_with_repositories_is_not_deleted(api, admin):
    repository = builders.repository(builders.project("PRJ"))

    refused = api(admin).delete("projects/PRJ")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["exceptionName"].endswith("IntegrityException")

    api(admin).delete(f"projects/PRJ/repos/{repository.slug}")
    assert api(admin).delete("projects/PRJ").status_code == 204
    gone = api(admin).get("projects/PRJ")
    assert gone.status_code == 404
    assert gone.json()["errors"][0]["exceptionName"].endswith("NoSuchProjectException")


def test_a_picture_is_kept_and_without_one_there_is_one_all_the_same(api, admin):
    builders.project("PRJ")
    client = api(admin)
    assert client.get("projects/PRJ/avatar.png").content == identicon("PRJ")

    png = pictures.drawn("PNG", (300, 200))
    uri = "data:image/png;base64," + base64.b64encode(png).decode()
    assert client.put("projects/PRJ", {"avatar": uri}).status_code == 200

    answer = client.get("projects/PRJ/avatar.png")
    assert answer["Content-Type"] == "image/png"
    assert pictures.size_of(answer.content) == (200, 200)
    smaller = client.get("projects/PRJ/avatar.png", s="48")
    assert pictures.size_of(smaller.content) == (48, 48)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_picture_comes_as_a_form_too(api, admin):
    builders.project("PRJ")
    form = (
        b'--b\r\nContent-Disposition: form-data; name="avatar"; filename="a.gif"\r\n'
        b"Content-Type: image/gif\r\n\r\n" + pictures.drawn("GIF") + b"\r\n--b--\r\n"
    )
    send = {"data": form, "content_type": "multipart/form-data; boundary=b"}

    assert api(admin).request("POST", "projects/PRJ/avatar.png", **send).status_code == 201
    kept = api(admin).get("projects/PRJ/avatar.png").content
    assert pictures.size_of(kept) == (64, 64)
    svg = form.replace(pictures.drawn("GIF"), b"<svg/>....")
    refused = api(admin).request(
        "POST", "projects/PRJ/avatar.png", data=svg, content_type=send["content_type"]
    )
    assert refused.status_code == 400


def test_the_personal_project_comes_with_its_first_repository(api, alice):
    client = api(alice)
    assert client.get("projects/~alice").status_code == 404

    made = client.post("projects/~alice/repos", {"name": "mine"})

    assert made.status_code == 201
    assert made.json()["project"]["type"] == "PERSONAL"
    assert made.json()["project"]["owner"]["slug"] == "alice"
    assert made.json()["links"]["clone"][0]["href"] == "http://localhost:7990/scm/~alice/mine.git"
    assert client.get("users/alice/repos").json()["values"][0]["slug"] == "mine"
    assert client.get("users/alice/repos/mine").json()["id"] == made.json()["id"]
    assert client.get("projects/%7Ealice/repos/mine").status_code == 200
    assert client.put("projects/~alice", {"public": True}).status_code == 400
    assert client.get("projects").json()["values"] == []


def test_nobody_makes_repositories_in_the_personal_project_of_another(api, alice):
    bob = builders.user("bob")

    assert api(bob).post("projects/~alice/repos", {"name": "x"}).status_code == 404
    assert api().post("projects/~alice/repos", {"name": "x"}).status_code == 401


def test_the_address_of_an_owner_is_not_shown_to_somebody_unknown(api, alice):
    api(alice).post("projects/~alice/repos", {"name": "open", "public": True})

    shown = api().get("projects/~alice/repos/open")

    assert shown.status_code == 200
    assert "alice@example.com" not in shown.content.decode()
    assert shown.json()["project"]["owner"]["displayName"] == "Alice"
