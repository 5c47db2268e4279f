"""Bodies, queries and headers that no honest client sends: a clear 4xx, never a 500, nothing changed."""

from __future__ import annotations

import json

import pytest

from core import middleware
from repos.models import Project, Repository
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"key": "A\\u0000", "name": "x"}',
        b'{"key": "A", "name": "\\ud800"}',
        b'{"key": "A", "name": "\xff\xfe"}',
        b'{"key": NaN, "name": "x"}',
        b'{"key": "A", "name": Infinity}',
        b'{"key": 1e400, "name": "x"}',
        b'{"key": 123456789012345678901234567890, "name": "x"}',
        b'{"key": {"a": 1}, "name": ["x"]}',
        b'{"key": true, "name": null}',
        b'"just text"',
        b"[1, 2]",
        b"null",
        b"7",
        b"{",
        b"not json",
        b"\x00\x01",
        b'{"key": "A", "name": "x", "public": "maybe"}',
    ],
)
def test_a_broken_body_is_400(api, admin, body):
    for method, path in (("POST", "projects"), ("PUT", "projects/PRJ")):
        Project.objects.get_or_create(key="PRJ", defaults={"name": "p"})
        answer = api(admin).request(method, path, data=body)
        assert answer.status_code == 400, answer.content
    assert not Project.objects.exclude(key="PRJ").exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png", ""])
def test_another_media_type_is_415(api, admin, kind):
    answer = api(admin).request("POST", "projects", data=b"x", content_type=kind)
    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_413_before_it_is_parsed(api, admin):
    body = b'{"key": "A", "name": "' + b"x" * (48 * 1024 * 1024) + b'"}'
    assert api(admin).request("POST", "projects", data=body).status_code == 413
    title = json.dumps({"key": "A", "name": "x" * 2 * 1024 * 1024})
    assert api(admin).request("POST", "projects", data=title).status_code == 400


def test_an_empty_body_is_an_empty_object(api, admin):
    answer = api(admin).request("POST", "projects", data=b"")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["context"] == "key"


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_the_method_is_the_method(api, admin, header):
    builders.project("PRJ")
    answer = api(admin).request("GET", "projects/PRJ", headers={header: "DELETE"})
    assert answer.status_code == 200
    assert (
        api(admin).request("POST", "projects/PRJ", {}, headers={header: "DELETE"}).status_code
        == 405
    )
    assert Project.objects.filter(key="PRJ").exists()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO", "PATCH"])
def test_odd_methods_are_405(api, admin, method):
    answer = api(admin).request(method, "projects")
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("header", ["Remote-User", "X-Remote-User", "X-Forwarded-User"])
def test_nobody_signs_in_by_a_header(api, admin, header):
    answer = api().request("GET", "users/admin", headers={header: "admin"})
    assert answer.status_code == 401


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(rf, settings):
    def seen(trusted):
        settings.TRUSTED_PROXIES = trusted
        request = rf.get(
            "/", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, REMOTE_ADDR="10.0.0.1"
        )
        middleware.TrustedProxies(lambda passed: None)(request)
        assert not [name for name in request.META if name.startswith("HTTP_X_FORWARDED")]
        return request.META["REMOTE_ADDR"]

    assert seen([]) == "10.0.0.1"
    # The nearest that is no proxy of ours; what stands before it is only claimed.
    assert seen(["10.0.0.0/8"]) == "203.0.113.9"
    assert seen(["10.0.0.0/8", "203.0.113.0/24"]) == "6.6.6.6"


@pytest.mark.parametrize("path", ["projects/%ff%fe", "projects/a%0ab", "projects/~", "projects/%7E%7E", "projects/" + "x" * 5000,
                                  "projects/PRJ/repos/..%2f..%2fetc", "projects/PRJ/repos/" + "y" * 5000, "users/%00", "users/%e2%80%ae",
                                  "projects/PRJ/repos/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "projects/..%5c..%5c", "users/" + "u" * 5000])  # fmt: skip
def test_odd_names_in_paths_are_4xx(api, admin, path):
    builders.project("PRJ")
    for client in (api(admin), api()):
        assert 400 <= client.get(path).status_code < 500


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE repos_project; --", "{{7*7}}", "{% x %}", "${x}", "*"])  # fmt: skip
def test_filters_match_what_was_typed(api, admin, text):
    made = builders.repository(builders.project("PRJ"), "plain")
    client = api(admin)
    for path, name in (("projects", "name"), ("repos", "name"), ("users", "filter"), ("repos", "projectname"),
                       (f"projects/PRJ/repos/{made.slug}/branches", "filterText")):  # fmt: skip
        assert client.get(path, **{name: text}).json()["values"] == []
    assert Repository.objects.count() == 1


def test_what_is_private_is_never_kept_by_a_shared_cache(api, admin, alice):
    repository = builders.repository(builders.project("PRJ"), content=True)
    builders.grant(repository, alice, "REPO_READ")
    for path in ("projects/PRJ/repos/repo", "projects/PRJ/repos/repo/raw/hello.txt"):
        for client in (api(admin), api(alice)):
            answer = client.get(path)
            assert "private" in answer["Cache-Control"]
            assert "no-store" in answer["Cache-Control"]
            assert "ETag" not in answer


def test_long_paths_and_long_chains_are_read(api, admin):
    import subprocess

    from repos import storage

    repository = builders.repository(builders.project("PRJ"))
    path = storage.path_of(repository.pk)
    name = "/".join(["n" * 200] * 38)
    parts = []
    for number in range(300):
        text = b"".join(b"line %d\n" % line for line in range(200)) + b"%d\n" % number
        parts.append(
            b"commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 1\nm\n"
            % (1700000000 + number)
            + b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(text), text)
        )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=b"".join(parts), check=True)
    subprocess.run(["git", "repack", "-adfq", "--depth=4000", "--window=50"], cwd=path, check=True)

    client = api(admin)
    assert client.get("projects/PRJ/repos/repo/files").json()["values"] == [name]
    assert len(client.get(f"projects/PRJ/repos/repo/browse/{name}").json()["lines"]) == 201
    assert client.get("projects/PRJ/repos/repo/commits", path=name, limit=100).json()["size"] == 100
    assert client.get("projects/PRJ/repos/repo/browse/" + "p" * 8190).status_code == 404


def test_what_git_writes_is_synced_to_disk(admin):
    from repos import storage

    repository = builders.repository(builders.project("PRJ"))
    config = builders.git("config", "--list", cwd=storage.path_of(repository.pk))
    assert "core.fsync=committed" in config
    assert "reference" in config
    from django.conf import settings as real

    database = real.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        assert "synchronous=FULL" in database["OPTIONS"]["init_command"]
