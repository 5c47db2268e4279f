"""Who registers applications, over REST and on pages, and who sees what acts for them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import (
    OAuthApplication,
)
from tests import builders, oauth
from tests.oauth import BACK, OAUTH, REPO, bearer, browser, code_for, exchange, tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return oauth.world()


@pytest.fixture
def told():
    with oauth.listening() as heard:
        yield heard


BODY = {"name": "link", "redirects": [BACK], "scopes": ["REPO_READ"]}


def test_administrators_register_over_rest(api, world, told):
    builders.user("chief", site="ADMIN")
    chief = api(builders.User.objects.get(name="chief"))
    made = rest(chief, "post", "/client", BODY)
    body = made.json()
    assert made.status_code == 200
    number, secret = body["id"], body.pop("clientSecret")
    assert secret.startswith("BBOS-")
    assert body["redirects"] == [BACK]
    assert rest(chief, "get", f"/client/{number}").json() == body
    assert rest(chief, "get", "/client").json()["values"] == [body]
    assert rest(chief, "get", "/client?filter=nothing").json()["values"] == []
    changed = rest(chief, "put", f"/client/{number}", {"name": "other", "scopes": ["REPO_WRITE"]})
    assert changed.json()["scopes"] == ["REPO_WRITE"]
    assert rest(chief, "delete", f"/client/{number}").status_code == 204
    assert rest(chief, "get", f"/client/{number}").status_code == 404
    assert [type(one).__name__ for one in told if "OAuth" in type(one).__name__] == [
        "OAuthApplicationCreated", "OAuthApplicationChanged", "OAuthApplicationDeleted",
    ]  # fmt: skip
    change = next(one for one in told if type(one).__name__ == "OAuthApplicationChanged")
    assert change.old == {"name": "link", "scopes": ["REPO_READ"]}
    assert change.new == {"name": "other", "scopes": ["REPO_WRITE"]}
    assert secret not in repr(told)


def rest(client, method, path, body=None):
    headers = client.headers
    return getattr(client.client, method)(
        OAUTH + path, *([body] if body else []), content_type="application/json", headers=headers
    )


def test_nobody_else_does(api, world):
    alice = builders.User.objects.get(name="alice")
    for client, status in ((api(), 401), (api(alice), 401)):
        assert rest(client, "get", "/client").status_code == status
        assert rest(client, "post", "/client", BODY).status_code == status
        assert rest(client, "get", "/client/1").status_code == status


def test_only_system_administrators_register_what_may_act_as_one(api, world):
    chief, root = builders.user("chief", site="ADMIN"), builders.user("root", site="SYS_ADMIN")
    highest = BODY | {"scopes": ["SYSTEM_ADMIN"]}
    assert rest(api(chief), "post", "/client", highest).status_code == 401
    number = rest(api(root), "post", "/client", highest).json()["id"]
    for method, body in (
        ("put", {"name": "x"}),
        ("put", {"scopes": ["REPO_READ"]}),
        ("delete", None),
    ):
        assert rest(api(chief), method, f"/client/{number}", body).status_code == 401
    lower = rest(api(chief), "post", "/client", BODY).json()["id"]
    raised = rest(api(chief), "put", f"/client/{lower}", {"scopes": ["SYSTEM_ADMIN"]})
    assert raised.status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/cb", "http://localhost.example.com/", "http://127.0.0.1.example.com/",
        "http://user@localhost/", "https://user:x@example.com/", "https:///cb", "https://",
        "https://exa mple.com/", "https://example.com/#x", "https://example.com/*", "/relative",
        "https://*.example.com/cb", "//example.com", "javascript:alert(1)", "javascript://x.y/%0aalert(1)",
        "data:text/html,x", "file:///etc/passwd", "app:/callback", "https://example.com\\@evil.com/",
        "https://exämple.com/", "https://example.com:99999/", "https://[::1/", "https://a;b.com/",
        "https://example.com/'x", "https://example.com/" + "x" * 3000, "urn:ietf:wg:oauth:2.0:oob", "",
    ],
)  # fmt: skip
def test_addresses_where_no_code_may_be_sent(api, world, address):
    chief = api(builders.user("chief", site="ADMIN"))
    refused = rest(chief, "post", "/client", BODY | {"redirects": [address]})
    assert refused.status_code == 400, address
    assert refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "address",
    [
        BACK, "https://example.com:8443/cb?x=1&y=", "http://localhost:34106/", "http://127.0.0.1/",
        "http://[::1]:8080/cb", "com.example.app:/callback", "com.example.app://callback",
    ],
)  # fmt: skip
def test_addresses_that_are_fit(api, world, address):
    chief = api(builders.user("chief", site="ADMIN"))
    made = rest(chief, "post", "/client", BODY | {"redirects": [address]}).json()
    application = OAuthApplication.objects.get(pk=made["id"])
    code = code_for(application)
    assert exchange(application, made["clientSecret"], code).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "x" * 300}, {"name": "a\nb"}, {"redirects": []}, {"redirects": "x"},
        {"redirects": [BACK + str(number) for number in range(30)]}, {"scopes": []}, {"scopes": ["X"]},
        {"scopes": "REPO_READ"}, {"scopes": [["REPO_READ"]]}, {"confidential": "perhaps"},
    ],
)  # fmt: skip
def test_bodies_that_say_nothing_good(api, world, body):
    chief = api(builders.user("chief", site="ADMIN"))
    assert rest(chief, "post", "/client", (BODY | body) if body else {"x": 1}).status_code == 400
    for number in ("x", "0", "9" * 30):
        assert rest(chief, "get", f"/client/{number}").status_code == 404


def test_the_pages_of_administrators(world, admin):
    page = browser("admin")
    wrong = page.post("/admin/oauth", {"name": "jenkins", "redirect_uris": "http://x.example.com/"})
    assert wrong.status_code == 400
    assert "jenkins" in wrong.content.decode()
    fields = {
        "name": "jenkins",
        "redirect_uris": f"{BACK}\n\n {BACK}/2 ",
        "scopes": ["REPO_READ"],
        "form_id": "one",
    }
    unfit = page.post("/admin/oauth", fields | {"redirect_uris": "http://x.example.com/"})
    assert "use https" in unfit.content.decode()
    made = page.post("/admin/oauth", fields).content.decode()
    secret = made.split('id="secret-text"')[1].split('value="')[1].split('"')[0]
    application = OAuthApplication.objects.get()
    assert application.redirect_uris == [BACK, f"{BACK}/2"]
    # Reloading makes no second one.
    assert page.post("/admin/oauth", fields).status_code == 302
    assert OAuthApplication.objects.count() == 1
    url = f"/admin/oauth/view?id={application.pk}"
    for shown in (page.get("/admin/oauth"), page.get(url)):
        assert "jenkins" in shown.content.decode()
        assert secret not in shown.content.decode()
    assert "jenkins" not in page.get("/admin/oauth?filter=none").content.decode()
    part = page.get("/admin/oauth?filter=jen", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "jenkins" in part.content.decode()
    assert "<html" not in part.content.decode()
    changed = {"action": "details", "name": "ci", "redirect_uris": BACK, "scopes": ["REPO_WRITE"]}
    assert page.post(url, changed).status_code == 302
    assert page.post(url, changed | {"redirect_uris": "x"}).status_code == 400
    renewed = page.post(url, {"action": "renew", "form_id": "two"}).content.decode()
    new = renewed.split('id="secret-text"')[1].split('value="')[1].split('"')[0]
    assert new != secret
    assert page.post(url, {"action": "renew", "form_id": "two"}).status_code == 302
    application.refresh_from_db()
    assert application.name == "ci"
    assert exchange(application, secret, code_for(application)).status_code == 401
    assert exchange(application, new, code_for(application)).status_code == 200
    assert page.post(url, {"action": "odd"}).status_code == 400
    assert page.post(url, {"action": "delete"})["Location"] == "/admin/oauth"
    assert page.get(url).status_code == 404
    for address in ("/admin/oauth", url):
        assert Client().get(address).status_code == 302
        assert browser().get(address).status_code == 401


def test_an_application_without_a_secret_on_the_page(world, admin):
    page = browser("admin")
    fields = {"name": "cli", "redirect_uris": BACK, "scopes": ["REPO_READ"], "is_public": "on"}
    made = page.post("/admin/oauth", fields).content.decode()
    assert "secret-text" not in made
    application = OAuthApplication.objects.get()
    assert not application.is_confidential
    url = f"/admin/oauth/view?id={application.pk}"
    assert "Renew secret" not in page.get(url).content.decode()
    assert page.post(url, {"action": "renew"}).status_code == 400


def test_what_acts_as_a_system_administrator_is_only_shown_to_others(world):
    builders.user("chief", site="ADMIN")
    application, _ = builders.oauth_application("SYSTEM_ADMIN")
    url = f"/admin/oauth/view?id={application.pk}"
    page = browser("chief")
    shown = page.get(url).content.decode()
    assert "Only system administrators can change it" in shown
    assert "Renew secret" not in shown
    assert page.post(url, {"action": "delete"}).status_code == 400
    assert page.post(url, {"action": "renew"}).status_code == 400
    assert (
        "Everything a system administrator can do" not in page.get("/admin/oauth").content.decode()
    )
    fields = {"name": "x", "redirect_uris": BACK, "scopes": ["SYSTEM_ADMIN"]}
    assert page.post("/admin/oauth", fields).status_code == 400


def test_the_page_of_authorised_applications(world):
    application, secret = builders.oauth_application("REPO_WRITE", "ACCOUNT_WRITE")
    url = "/account/authorised-applications"
    page = browser()
    assert "None yet" in page.get(url).content.decode()
    # A code that nobody redeemed is no authorisation yet.
    code_for(application)
    assert "None yet" in page.get(url).content.decode()
    laptop = tokens(application, secret, scope="REPO_READ")
    phone = tokens(application, secret, scope="ACCOUNT_WRITE")
    shown = page.get(url).content.decode()
    assert shown.count("Revoke robot") == 1
    assert "Read repositories" in shown
    assert "Change the account" in shown
    assert "Write to repositories" not in shown
    assert "never" in shown
    bearer(laptop["access_token"]).get(REPO)
    assert "never" not in page.get(url).content.decode()
    builders.user("bob")
    assert "None yet" in browser("bob").get(url).content.decode()
    assert browser("bob").post(url, {"id": application.pk}).status_code == 404
    assert page.post(url, {"id": application.pk}).status_code == 302
    for given in (laptop, phone):
        assert bearer(given["access_token"]).get(REPO).status_code == 401
    assert page.post(url, {"id": application.pk}).status_code == 404
    assert Client().get(url).status_code == 302


def test_lists_ask_the_database_a_constant_number_of_times(world):
    page, url = browser(), "/account/authorised-applications"
    administration = Client()
    administration.force_login(builders.user("root", site="SYS_ADMIN"))
    administration.get("/admin/oauth")
    counts = []
    for round_ in range(2):
        for number in range(3):
            application, secret = builders.oauth_application(name=f"robot {round_} {number}")
            tokens(application, secret)
            tokens(application, secret)
        with CaptureQueriesContext(connection) as queries:
            page.get(url)
            administration.get("/admin/oauth")
            administration.get(f"{OAUTH}/client")
        counts.append(len(queries))
    assert counts[0] == counts[1]
