"""The OAuth flow as tests walk it: a person's browser, a program's requests, what both are told."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from accounts import events as events_of_accounts
from core import events
from tests import builders

OAUTH = "/rest/oauth2/latest"
BACK = "https://robot.example.com/callback"
REPO = "/rest/api/latest/projects/PRJ/repos/repo"
FORM = "application/x-www-form-urlencoded"


def world():
    """Alice, who administers a project with a private repository and a public one; gives the private one."""
    alice = builders.user("alice")
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    builders.repository(project, "open", public=True, content=True)
    builders.grant(project, alice, "PROJECT_ADMIN")
    return repository


@contextmanager
def listening() -> Iterator[list]:
    """Collect every event about people that is published."""
    heard = []
    kinds = [kind for kind in vars(events_of_accounts).values() if isinstance(kind, type)]
    for kind in kinds:
        events.subscribe(kind)(heard.append)
    try:
        yield heard
    finally:
        for kind in kinds:
            events._subscribers[kind].remove(heard.append)


def browser(name="alice"):
    client = Client(raise_request_exception=False)
    client.post("/j_atl_security_check", {"j_username": name, "j_password": builders.PASSWORD})
    return client


def question(application, **fields):
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": application.redirect_uris[0],
        "scope": " ".join(application.scopes),
        "state": "s t/ü",
    } | fields
    pairs = {name: value for name, value in asked.items() if value is not None}
    return f"{OAUTH}/authorize?{urlencode(pairs)}"


def answer_in(response):
    assert response.status_code == 302, response.content
    return {
        name: value[0] for name, value in parse_qs(urlsplit(response["Location"]).query).items()
    }


def code_for(application, name="alice", **fields):
    sent = browser(name).post(question(application, **fields), {"decision": "allow"})
    assert sent["Location"].startswith(fields.get("redirect_uri", application.redirect_uris[0]))
    return answer_in(sent)["code"]


def call(path, fields, *, basic=None, **headers):
    if basic:
        pair = base64.b64encode(":".join(basic).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    client = Client(raise_request_exception=False, headers=headers)
    return client.post(f"{OAUTH}/{path}", urlencode(fields), content_type=FORM)


def exchange(application, secret, code, **fields):
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": application.redirect_uris[0],
        "client_id": application.client_id,
    }
    if secret:
        sent["client_secret"] = secret
    return call("token", sent | fields)


def refresh(application, secret, token, **fields):
    sent = {"grant_type": "refresh_token", "refresh_token": token}
    return call("token", sent | fields, basic=(application.client_id, secret))


def tokens(application, secret, name="alice", **fields):
    given = exchange(application, secret, code_for(application, name, **fields))
    assert given.status_code == 200, given.content
    return given.json()


def bearer(text):
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def with_password(name, text):
    pair = base64.b64encode(f"{name}:{text}".encode()).decode()
    return Client(raise_request_exception=False, headers={"Authorization": f"Basic {pair}"})


def pkce(method="S256"):
    verifier = secrets.token_urlsafe(48)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    challenge = digest.decode().rstrip("=") if method == "S256" else verifier
    return verifier, {"code_challenge": challenge, "code_challenge_method": method}


def push_status(client):
    return client.get("/scm/prj/repo.git/info/refs?service=git-receive-pack").status_code


def fetch_status(client, repository="repo"):
    return client.get(f"/scm/prj/{repository}.git/info/refs?service=git-upload-pack").status_code
