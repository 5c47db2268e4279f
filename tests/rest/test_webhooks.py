"""Webhooks over REST, as CLIENTS.md lists what clients send and read."""

from __future__ import annotations

import pytest

from infrastructure import encryption
from tests import builders
from tests.pullrequests import worlds
from tests.receiver import receiver
from webhooks.models import Delivery, Webhook

R = "projects/PRJ/repos/repo/webhooks"
PROJECT = "projects/PRJ/webhooks"
BODY = {
    "name": "CI",
    "url": "http://10.0.0.1:8080/hook?x=1",
    "events": ["pr:merged", "repo:refs_changed"],
    "active": True,
    "configuration": {"secret": "s3cret"},
    "sslVerificationRequired": True,
}


@pytest.fixture
def repo(db, alice):
    project = builders.project("PRJ")
    builders.grant(project, alice, "PROJECT_ADMIN")
    return builders.repository(project)


@pytest.mark.parametrize("path", [R, PROJECT])
def test_a_webhook_comes_changes_and_goes(api, alice, repo, path):
    made = api(alice).post(path, BODY)
    assert made.status_code == 200, made.content
    shown = made.json()
    assert shown["configuration"] == {"secret": "********"}
    assert shown["events"] == ["repo:refs_changed", "pr:merged"]
    assert shown["scopeType"] == ("repository" if path == R else "project")
    assert shown["createdDate"] == shown["updatedDate"]
    assert {key: shown[key] for key in ("name", "url", "active", "sslVerificationRequired")} == {
        key: BODY[key] for key in ("name", "url", "active", "sslVerificationRequired")
    }
    one = f"{path}/{shown['id']}"
    assert api(alice).get(one).json() == shown
    assert api(alice).get(path).json()["values"] == [shown]

    changed = api(alice).put(one, {**shown, "name": "Other", "active": False}).json()
    assert (changed["name"], changed["active"]) == ("Other", False)
    assert encryption.decrypt(Webhook.objects.get().secret) == "s3cret"
    assert "s3cret" not in Webhook.objects.get().secret
    assert api(alice).put(one, {"configuration": {"secret": ""}}).json()["configuration"] == {}

    assert api(alice).delete(one).status_code == 204
    refused = api(alice).get(one)
    assert refused.status_code == 404
    [error] = refused.json()["errors"]
    assert error["exceptionName"] == "com.atlassian.bitbucket.webhook.NoSuchWebhookException"


def test_credentials_are_kept_and_never_shown(api, alice, repo):
    body = BODY | {"credentials": {"username": "ci", "password": "hidden pass"}}
    shown = api(alice).post(R, body).json()
    assert shown["credentials"] == {"username": "ci"}
    one = f"{R}/{shown['id']}"
    api(alice).put(one, shown)
    assert encryption.decrypt(Webhook.objects.get().password) == "hidden pass"
    assert "credentials" not in api(alice).put(one, {"credentials": {"username": ""}}).json()
    assert Webhook.objects.get().password == ""


@pytest.mark.parametrize(
    ("change", "context"),
    [
        ({"events": ["pr:to_ref_updated"]}, "events"),
        ({"events": []}, "events"),
        ({"events": ["project:modified"]}, "events"),
        ({"events": "pr:merged"}, "events"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"url": ""}, "url"),
        ({"url": "http://127.0.0.1:7990/"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"configuration": {"secret": "x" * 256}}, "secret"),
        ({"configuration": "x"}, None),
        ({"active": "perhaps"}, "active"),
        ({"credentials": {"username": "a:b"}}, "credentials"),
    ],
)
def test_what_makes_no_webhook_is_refused_by_its_field(api, alice, repo, change, context):
    refused = api(alice).post(R, BODY | change)
    assert refused.status_code == 400
    assert context in [error["context"] for error in refused.json()["errors"]]
    assert not Webhook.objects.exists()


def test_needs_work_is_known_under_its_other_name(api, alice, repo):
    body = BODY | {"events": ["pr:reviewer:changes_requested"]}
    assert api(alice).post(R, body).json()["events"] == ["pr:reviewer:needs_work"]


def test_lists_are_narrowed_by_events_and_search_finds_those_of_the_project(api, alice, repo):
    first = api(alice).post(R, BODY).json()["id"]
    second = api(alice).post(R, BODY | {"events": ["pr:opened"]}).json()["id"]
    third = api(alice).post(PROJECT, BODY).json()["id"]

    def found(path, **query):
        return [one["id"] for one in api(alice).get(path, **query).json()["values"]]

    assert found(R) == [first, second]
    assert found(R, event="pr:opened") == [second]
    assert found(R, event=["pr:opened", "pr:merged"]) == [first, second]
    assert found(f"{R}/search") == [first, second, third]
    assert found(f"{R}/search", scopeType="project") == [third]
    assert found(f"{R}/search", event="pr:merged") == [first, third]
    assert api(alice).get(f"{R}/search", scopeType="elsewhere").status_code == 400
    page = api(alice).get(R, limit=1).json()
    assert (page["size"], page["isLastPage"], page["nextPageStart"]) == (1, False, 1)


def test_numbers_of_other_places_are_unknown_here(api, alice, repo):
    other = builders.repository(repo.project, "other")
    number = api(alice).post(R, BODY).json()["id"]
    for path in (f"projects/PRJ/repos/{other.slug}/webhooks", PROJECT):
        for tail in ("", "/latest", "/statistics", "/statistics/summary"):
            assert api(alice).get(f"{path}/{number}{tail}").status_code == 404
        assert api(alice).delete(f"{path}/{number}").status_code == 404
        tested = api(alice).post(f"{path}/test", None, webhookId=number)
        assert tested.status_code == 404


def test_who_does_not_administer_the_place_sees_none(api, repo):
    bob = builders.user("bob")
    builders.grant(repo, bob, "REPO_WRITE")
    for answer in (api(bob).get(R), api(bob).post(R, BODY), api(bob).get(PROJECT)):
        assert answer.status_code == 401


def test_how_deliveries_went(api, alice, repo, settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as target:
        target.answer = lambda one: 200 if one.event == "repo:refs_changed" else (500, {}, b"Oh")
        body = BODY | {"url": target.url, "events": ["repo:refs_changed", "repo:modified"]}
        number = api(alice).post(R, body).json()["id"]
        assert api(alice).get(f"{R}/{number}/latest").status_code == 204
        worlds.commit(repo, "main", {"a": "b"}, actor=builders.actor(alice))
        api(alice).put("projects/PRJ/repos/repo", {"description": "x"})
        worlds.run_jobs()
    # As when a day is over.
    Delivery.objects.filter(event="repo:modified").update(state="FAILURE")

    well = api(alice).get(f"{R}/{number}/latest", outcome="SUCCESS").json()
    assert well["event"] == "repo:refs_changed"
    assert well["eventScope"] == {"type": "repository", "id": str(repo.pk)}
    assert well["finish"] - well["start"] == well["duration"]
    assert well["request"]["method"] == "POST"
    assert well["request"]["url"] == target.url
    assert well["request"]["headers"]["X-Event-Key"] == "repo:refs_changed"
    assert well["request"]["headers"]["X-Hub-Signature"] == "(not shown)"
    assert '"eventKey":"repo:refs_changed"' in well["request"]["body"]
    assert (well["result"]["outcome"], well["result"]["statusCode"]) == ("SUCCESS", 200)
    badly = api(alice).get(f"{R}/{number}/latest", event="repo:modified").json()
    assert (badly["result"]["outcome"], badly["result"]["description"]) == ("FAILURE", "500")
    assert badly["result"]["body"] == "Oh"
    assert api(alice).get(f"{R}/{number}/latest", outcome="LUCK").status_code == 400

    for told in (
        api(alice).get(f"{R}/{number}/statistics").json(),
        api(alice).get(f"{R}/{number}/statistics/summary").json(),
        api(alice).get(f"{R}/{number}", statistics="true").json()["statistics"],
        api(alice).get(R, statistics="true").json()["values"][0]["statistics"],
    ):
        assert told["counts"]["successes"] == 1
        assert told["counts"]["failures"] == 1
        assert told["counts"]["errors"] == 0
        assert told["lastSuccess"]["event"] == "repo:refs_changed"
        assert told["lastFailure"]["result"]["outcome"] == "FAILURE"
    narrowed = api(alice).get(f"{R}/{number}/statistics", event="repo:modified").json()
    assert narrowed["counts"]["successes"] == 0


def test_a_test_sends_secrets_of_a_webhook_only_to_its_own_address(api, alice, repo, settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    credentials = {"credentials": {"username": "ci", "password": "hidden"}}
    with receiver() as target:
        number = api(alice).post(R, BODY | credentials | {"url": target.url}).json()["id"]
        api(alice).post(f"{R}/test", None, webhookId=number)
        api(alice).post(f"{R}/test", None, webhookId=number, url=f"{target.url}/elsewhere")
        own, other = target.requests
    assert "Authorization" in own.headers and "X-Hub-Signature" in own.headers
    assert "Authorization" not in other.headers and "X-Hub-Signature" not in other.headers

    assert api(alice).post(f"{R}/test").status_code == 400
    assert api(alice).post(f"{R}/test", None, url="http://169.254.169.254/").status_code == 400
    unanswered = api(alice).post(f"{R}/test", None, url=target.url).json()
    assert unanswered["result"]["outcome"] == "ERROR"
    assert unanswered["response"] == {}


def test_build_servers_read_what_they_may_be_told(api, alice):
    capabilities = api(alice).get("/rest/capabilities").json()["capabilities"]
    path = capabilities["webhooks"].removeprefix("http://localhost:7990")
    keys = api(alice).get(path).json()["application-webhooks"]
    assert {"repo:refs_changed", "pr:opened", "pr:from_ref_updated", "diagnostics:ping"} <= set(
        keys
    )


@pytest.mark.parametrize("path", [R, PROJECT])
def test_a_list_takes_as_many_queries_for_many_rows(
    api, alice, repo, path, django_assert_max_num_queries
):
    for number in range(12):
        api(alice).post(path, BODY | {"name": f"CI {number}"})
    api(alice).get(path)
    with django_assert_max_num_queries(9):
        assert api(alice).get(path, statistics="true").json()["size"] == 12


def test_what_happens_to_webhooks_is_in_the_audit_log_without_secrets(api, alice, repo):
    from audit.models import AuditEvent

    number = api(alice).post(R, BODY).json()["id"]
    api(alice).put(f"{R}/{number}", {"active": False})
    api(alice).put(f"{R}/{number}", {"configuration": {"secret": "an0ther"}})
    api(alice).delete(f"{R}/{number}")
    rows = list(AuditEvent.objects.filter(action__startswith="Webhook").order_by("pk"))
    assert [row.action for row in rows] == [
        "Webhook created", "Webhook changed", "Webhook changed", "Webhook deleted"
    ]  # fmt: skip
    assert rows[1].changes == [{"key": "active", "from": "true", "to": "false"}]
    assert not any("s3cret" in str(row.__dict__) or "an0ther" in str(row.__dict__) for row in rows)


@pytest.mark.parametrize(
    "url",
    ["http://１０.0.0.1/", "http://a b/", "http://", "http:///x", "http://a..b/", "http://[::1"],
)
def test_a_host_that_is_none_is_refused_when_it_is_saved_and_tested(api, alice, repo, url):
    for answer in (
        api(alice).post(R, BODY | {"url": url}),
        api(alice).post(f"{R}/test", None, url=url),
        api(alice).put(f"{R}/{api(alice).post(R, BODY).json()['id']}", BODY | {"url": url}),
    ):
        assert answer.status_code == 400, answer.content
        assert "URL" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("port", [22, 25, 6379, 8443, 65535])
def test_a_webhook_may_name_any_port(api, alice, repo, port):
    assert api(alice).post(R, BODY | {"url": f"http://10.0.0.1:{port}/hook"}).status_code == 200


@pytest.mark.parametrize("path", [R, PROJECT])
def test_a_webhook_is_tested_by_its_own_address_too(api, alice, repo, settings, path):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as target:
        number = api(alice).post(path, BODY | {"url": target.url}).json()["id"]
        assert api(alice).post(f"{path}/{number}/test").status_code == 200
        (called,) = target.requests
    assert called.headers["X-Event-Key"] == "diagnostics:ping"
    assert api(alice).post(f"{path}/{number}0/test").status_code == 404


def test_an_archived_repository_keeps_its_webhooks_as_they_are(api, admin):
    repository = builders.repository(builders.project("ARC"), "repo")
    hooks = "projects/ARC/repos/repo/webhooks"
    body = {"name": "ci", "url": "http://192.0.2.7/", "events": ["repo:refs_changed"]}
    number = api(admin).post(hooks, body).json()["id"]
    type(repository).objects.filter(pk=repository.pk).update(is_archived=True)

    for answer in (
        api(admin).post(hooks, body),
        api(admin).put(f"{hooks}/{number}", body | {"name": "other"}),
        api(admin).delete(f"{hooks}/{number}"),
    ):
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["exceptionName"].endswith("RepositoryArchivedException")
    assert api(admin).get(f"{hooks}/{number}").json()["name"] == "ci"
