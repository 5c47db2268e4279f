"""The whole matrix: every kind of caller at every route, through every door that HTTP has.

What each kind of caller may is told here by hand, and not computed by the code that it judges.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.actor import Actor, Via
from accounts.models import AccessToken, User
from accounts.services import secrets
from repos.models import Project
from repos.services import tokens
from tests import builders, oauth
from tests.access import routes, worlds
from tests.access.pages import PAGES
from tests.access.routes import GIT, REST, Row
from tests.rest_client import basic

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ANYBODY = {"nothing", "anybody"}
PERSON = ANYBODY | {"a person", "a licensed person"}
# The service user of a project's or repository's token, who signs in nowhere.
SERVICE = ANYBODY | {"a person"}
SEES = {"to see the project", "to see the repository"}
REPORTS = {"to report builds"}
TALKS = {"to talk about the repository"} | REPORTS
# Pull requests have scopes of their own: to look, to take part, to work on those of others.
OWN_PULLS = {"to see one's pull requests"}
LOOKS_AT_PULLS = {"to look at pull requests"} | OWN_PULLS
JOINS = LOOKS_AT_PULLS | {"to take part in pull requests"}
READS_BY_SECRET = SEES | LOOKS_AT_PULLS
WORKS = JOINS | {"to work on pull requests"}
RULES = WORKS | {"to administer pull requests"}
# What moves a branch for a pull request asks for both scopes.
BOTH = {"to write what pull requests are about"}
OWNER = {
    *TALKS,
    *("to administer the repository", "to look at who may what in the repository"),
    *("to delete the repository", "the repository's credentials", "to write the repository"),
    "to set up the repository's webhooks",
    *RULES,
    *BOTH,
}
PROJECT_OWNER = {
    *("to create in the project", "to administer the project"),
    *("to fork the repository", "to make the repository again"),
    *("to look at who may what in the project", "the project's credentials"),
    "to set up the project's webhooks",
}
ITSELF = {"one's own password", "to write one's account"}
ADMINISTERS_SITE = {
    *("to create projects", "to look at the site", "to administer the site"),
    "to look at the site's applications",
}
SITE = ADMINISTERS_SITE | {"to administer the site's credentials", "to administer the system"}
# Whatever is answered there, it is no accident.
EXEMPT = {"the login page", "an application's own affair", "one's own approval"}
EVERYTHING = PERSON | SEES | OWNER | PROJECT_OWNER | ITSELF | SITE

# People, by what was granted to them.
PEOPLE = {
    "anonymous": ANYBODY,
    "switched off": {"nothing"},
    "none": PERSON | ITSELF | REPORTS | OWN_PULLS,
    "read": PERSON | ITSELF | SEES | TALKS | JOINS,
    "write": PERSON | ITSELF | SEES | TALKS | {"to write the repository"} | WORKS | BOTH,
    "admin": PERSON | ITSELF | SEES | OWNER,
    "project admin": PERSON | ITSELF | SEES | OWNER | PROJECT_OWNER,
    "system admin": EVERYTHING,
}
WRITES = {"to write the repository"}
# An app password is no administrator of the site, and manages no secrets.
ADMINISTERS = {"to administer the repository", "to look at who may what in the repository"}
LOOKS = {"to look at who may what in the repository"}
TO_PROJECT = {"to see the project"}
APP_PASSWORDS = {
    "ACCOUNT_READ": TO_PROJECT,
    "ACCOUNT_WRITE": TO_PROJECT | {"to write one's account"},
    "PROJECT_READ": TO_PROJECT,
    "PROJECT_WRITE": TO_PROJECT | {"to create in the project"},
    "PROJECT_ADMIN": TO_PROJECT
    | {
        *("to create in the project", "to administer the project"),
        *("to look at who may what in the project", "to create projects"),
    },
    "REPO_READ": SEES | TALKS,
    "REPO_WRITE": SEES | TALKS | WRITES,
    "REPO_ADMIN": SEES | TALKS | WRITES | ADMINISTERS,
    "REPO_DELETE": SEES | LOOKS | {"to delete the repository"},
    "PULL_REQUEST_READ": SEES | LOOKS_AT_PULLS,
    "PULL_REQUEST_WRITE": SEES | WORKS,
    "WEBHOOK": SEES | LOOKS | {"to set up the repository's webhooks"},
}
HOOKS = {"to set up the repository's webhooks"}
OWNS = HOOKS | ADMINISTERS | WRITES | TALKS | {"to delete the repository"} | RULES | BOTH
TOKENS = {
    "REPO_READ": SEES | TALKS | JOINS,
    "REPO_WRITE": SEES | TALKS | WRITES | WORKS | BOTH,
    "REPO_ADMIN": SEES | OWNS,
    "PROJECT_READ": SEES | TALKS | JOINS,
    "PROJECT_WRITE": SEES | TALKS | WRITES | WORKS | BOTH,
    "PROJECT_ADMIN": SEES
    | OWNS
    | {
        *("to create in the project", "to administer the project"),
        *("to fork the repository", "to make the repository again"),
        *("to look at who may what in the project", "to set up the project's webhooks"),
    },
}


OAUTH = {
    "PUBLIC_REPOS": set(),
    "ACCOUNT_WRITE": {"to write one's account"},
    "REPO_READ": SEES | TALKS | JOINS,
    "REPO_WRITE": SEES | TALKS | WRITES | WORKS | BOTH,
    "REPO_ADMIN": SEES | OWNS,
    "PROJECT_ADMIN": TOKENS["PROJECT_ADMIN"],
    "ADMIN_WRITE": TOKENS["PROJECT_ADMIN"] | ADMINISTERS_SITE,
    "SYSTEM_ADMIN": TOKENS["PROJECT_ADMIN"] | ADMINISTERS_SITE | {"to administer the system"},
}


@dataclass
class Caller:
    """Who calls, with what, and what that opens."""

    name: str
    opens: set[str]
    user: User | None = None
    header: str = ""
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def is_secret(self) -> bool:
        return self.header != "" and (
            self.user is None or self.header != basic(self.user.name, builders.PASSWORD)
        )

    def client(self, *, page: bool) -> Client:
        """A client of this caller; pages know people by their session alone."""
        client = Client(raise_request_exception=False)
        if self.header:
            client.defaults["HTTP_AUTHORIZATION"] = self.header
        if page and self.user is not None and not self.is_secret:
            del client.defaults["HTTP_AUTHORIZATION"]
            client.force_login(self.user)
        return client


@pytest.fixture
def world(db):
    """All callers, and the numbers that stand in paths."""
    project, repository, numbers = worlds.build()
    return [*_people(project, repository, numbers), *_secrets(project, repository, numbers)]


def _people(project, repository, numbers):
    granted = {
        "read": (repository, "REPO_READ"),
        "write": (repository, "REPO_WRITE"),
        "admin": (repository, "REPO_ADMIN"),
        "project admin": (project, "PROJECT_ADMIN"),
        "switched off": (project, "PROJECT_ADMIN"),
    }
    for index, (name, opens) in enumerate(PEOPLE.items()):
        if name == "anonymous":
            yield Caller(name, opens, numbers=defaultdict(int, numbers))
            continue
        user = builders.user(
            name.replace(" ", "-"), site="SYS_ADMIN" if name == "system admin" else None
        )
        if name in granted:
            builders.grant(granted[name][0], user, granted[name][1])
        own = worlds.numbers_of_person(user, index)
        if name == "switched off":
            User.objects.filter(pk=user.pk).update(is_active=False)
        yield Caller(name, opens, user, basic(user.name, builders.PASSWORD), numbers | own)


def _secrets(project, repository, numbers):
    """Secrets of somebody who may everything: what is left is what the secret leaves."""
    root = builders.user("root", site="SYS_ADMIN")
    actor = Actor(user=root, via=Via.SESSION)
    numbers = defaultdict(int, numbers)
    for permission, opens in APP_PASSWORDS.items():
        _, text = secrets.create_app_password(actor, root, name="x", permissions=[permission])
        header = basic("root", text)
        yield Caller(f"app password {permission}", PERSON | opens, root, header, numbers)
    for permission, opens in TOKENS.items():
        made, text = secrets.create_access_token(actor, root, name="x", permissions=[permission])
        yield Caller(f"token {permission}", PERSON | opens, root, f"Bearer {text}", numbers)
        made, text = tokens.create(actor, project, name="x", permissions=[permission])
        yield Caller(
            f"project token {permission}", SERVICE | opens, made.user, f"Bearer {text}", numbers
        )
        if permission.startswith("REPO"):
            made, text = tokens.create(actor, repository, name="x", permissions=[permission])
            header = basic("x-token-auth", text)
            name = f"repository token {permission}"
            yield Caller(name, SERVICE | opens, made.user, header, numbers)
    for scope, opens in OAUTH.items():
        application, secret = builders.oauth_application(scope, name=f"with {scope}")
        text = oauth.tokens(application, secret, "root")["access_token"]
        yield Caller(f"OAuth {scope}", PERSON | opens, root, f"Bearer {text}", numbers)
    made, text = secrets.create_access_token(
        actor, root, name="x", permissions=["PROJECT_ADMIN"], expiry_days=1
    )
    AccessToken.objects.filter(pk=made.pk).update(expires_at="2020-01-01T00:00:00Z")
    yield Caller("expired token", {"nothing"}, root, f"Bearer {text}", numbers)


def ask(row: Row, caller: Caller, *, page: bool = False) -> int:
    """Do it, undo what it did, and give the status; a way to the login page counts as 401."""
    me = caller.user.slug if caller.user else "bob"
    path = row.path.replace("{me}", me)
    path = re.sub(r"\{(\w+)\}", lambda match: str(caller.numbers[match[1]]), path)
    with builders.undone():
        answer = caller.client(page=page).generic(row.method, path, **routes.body_of(row))
        if answer.streaming:
            answer.getvalue()  # the test client keeps the connection only if it is read to its end
    if answer.status_code == 302 and "/login" in answer["Location"]:
        return 401
    return answer.status_code


@pytest.mark.parametrize("need", sorted({row.need for row in REST + GIT}))
def test_rest_and_git(world, need):
    wrong = []
    for row in REST + GIT:
        if row.need != need:
            continue
        for caller in world:
            may = need in caller.opens
            status = ask(row, caller)
            is_open = status not in {401, 403, 404}
            if row.path.startswith("/scm/") and row.path.endswith("/config"):
                # A repository's own files are nowhere, for anybody.
                is_open, may = status != 404, False
            if row.need == "to delete the repository":
                # What is not there for the caller is deleted already.
                is_open = status == 202
            if status >= 500 or (is_open != may and need not in EXEMPT):
                wrong.append(f"{caller.name}: {row.method} {row.path} answered {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("need", sorted({row.need for row in PAGES}))
def test_pages(world, need):
    """Pages are read with any secret, under its ceilings; forms need a session, and so do those switched off."""
    wrong = []
    for row in PAGES:
        if row.need != need:
            continue
        for caller in world:
            may = need in caller.opens
            if caller.is_secret and (row.method != "GET" or need not in READS_BY_SECRET):
                may = need in ANYBODY
            if caller.name == "expired token" and row.method == "GET":
                # A header is never ignored, even where nothing is needed.
                may = False
            if caller.name == "switched off":
                may = need in ANYBODY
            status = ask(row, caller, page=True)
            is_open = status not in {401, 403, 404}
            if caller.is_secret and need in PERSON and need in caller.opens:
                # One's own pages: those about credentials stay closed, as REST keeps them.
                may = is_open
            if status >= 500 or (is_open != may and need not in EXEMPT):
                wrong.append(f"{caller.name}: {row.method} {row.path} answered {status}")
    assert not wrong, "\n".join(wrong)


def _patterns(patterns, start=""):
    for one in patterns:
        route = start + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route, one


def test_every_route_has_a_row():
    """Also that no method answers which has no row."""
    rows = defaultdict(set)
    resolver = get_resolver()
    for row in REST + GIT + PAGES:
        path = re.sub(r"\{\w+\}", "1", row.path.split("?")[0])
        rows[resolver.resolve(path).route].add(row.method)
    missing = []
    for route, pattern in _patterns(resolver.url_patterns):
        if "personal:key" in route:
            # The same views under another name: covered by the rows of the first.
            continue
        view = getattr(pattern.callback, "view_class", None)
        if view is None:
            if not rows[route]:
                missing.append(route)
            continue
        methods = {
            name
            for name in ("GET", "POST", "PUT", "DELETE", "PATCH")
            if hasattr(view, name.lower())
        }
        missing += [f"{method} {route}" for method in sorted(methods - rows[route])]
    assert not missing, "\n".join(missing)


def test_what_has_no_row_answers_no_method(world):
    """Pages that are only looked at take nothing in."""
    root = next(caller for caller in world if caller.name == "system admin")
    rows = defaultdict(set)
    for row in PAGES:
        rows[row.path.split("?")[0]].add(row.method)
    wrong = []
    for path, methods in rows.items():
        for method in {"GET", "POST", "PUT", "DELETE"} - methods:
            status = ask(Row("", method, path), root, page=True)
            # A form that is also a list is one page: a POST to it needs its own row.
            if status not in {401, 405}:
                wrong.append(f"{method} {path} answered {status}")
    assert not wrong, "\n".join(wrong)


def _reads(world):
    """What every resource gives somebody who may everything: path, client, answer."""
    root = next(caller for caller in world if caller.name == "system admin")
    client = root.client(page=False)
    for row in REST:
        if row.method != "GET":
            continue
        path = row.path.replace("{me}", root.user.slug)
        path = re.sub(r"\{(\w+)\}", lambda match: str(root.numbers[match[1]]), path)
        yield path, client, client.get(path)


def test_no_answer_to_a_stranger_holds_an_address(world):
    """Addresses of people are for those who are signed in; those in commits are what was pushed."""
    for user in User.objects.all():
        user.email_address = f"{user.name}-private@people.example".replace(" ", "-")
        user.save()
    Project.objects.update(is_public=True)
    wrong, answered = [], 0
    for path, _, _ in _reads(world):
        got = Client(raise_request_exception=False).get(path)
        answered += got.status_code == 200
        if b"@people.example" in b"".join(got):
            wrong.append(path)
    assert wrong == []
    assert answered > 50


def test_head_answers_wherever_get_does(world):
    wrong = []
    for path, client, got in _reads(world):
        with builders.undone():
            head = client.head(path)
        told = {name: head.get(name) == got.get(name) for name in ("Content-Type", "ETag")}
        if head.status_code != got.status_code or b"".join(head) or not all(told.values()):
            wrong.append(f"HEAD {path} answered {head.status_code}, GET {got.status_code} {told}")
    assert not wrong, "\n".join(wrong)


def test_only_json_that_is_not_accepted_is_406(world):
    wrong = []
    for path, client, got in _reads(world):
        content = b"".join(got)
        is_json = content and got["Content-Type"].startswith("application/json")
        is_refused = is_json and got.status_code < 400 and path != "/status"
        expected = {
            **dict.fromkeys(("", "*/*", "application/*", "application/json;v=1"), got.status_code),
            **dict.fromkeys(
                ("image/png", "application/octet-stream", "text/html"),
                406 if is_refused else got.status_code,
            ),
        }
        for accepted, status in expected.items():
            with builders.undone():
                given = client.get(path, headers={"Accept": accepted})
                body = b"".join(given)
            # What differs is sent as text to who wants no JSON.
            is_text = given.get("Content-Type", "").startswith("text/plain") and body
            if given.status_code != status and not (is_refused and is_text):
                wrong.append(f"{path} answered {given.status_code} to {accepted}")
            if given.status_code == 406 and body:
                wrong.append(f"{path} answered 406 with a body")
    assert not wrong, "\n".join(wrong)
