"""A real OAuth client library completes the flow with the real server, and git uses what it brings."""

from __future__ import annotations

import json
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.builders import git
from tests.git.histories import commit, work_tree
from tests.server import ADMINISTRATOR

pytestmark = pytest.mark.slow

BACK = "http://127.0.0.1:9/callback"


@pytest.fixture(autouse=True)
def _no_tls_here(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def register(server, *scopes, **fields):
    """Register an application over REST; gives its id and secret."""
    body = {"name": f"robot {uuid.uuid4().hex[:6]}", "redirects": [BACK], "scopes": scopes} | fields
    url = f"{server.url}/rest/oauth2/1.0/client"
    made = requests.post(url, json=body, auth=ADMINISTRATOR, timeout=30)
    assert made.ok, made.text
    return made.json()["clientId"], made.json().get("clientSecret")


class Browser:
    """What the administrator's browser does: sign in, press a button, follow no redirect to the client."""

    def __init__(self, server):
        self.url = server.url
        self.session = requests.Session()
        page = self.session.get(f"{self.url}/login", timeout=30).text
        self.session.post(
            f"{self.url}/j_atl_security_check",
            {
                "j_username": ADMINISTRATOR[0],
                "j_password": ADMINISTRATOR[1],
                "csrfmiddlewaretoken": _field(page),
            },
            timeout=30,
        )

    def decide(self, address, decision="allow"):
        """Press a button on the page; gives the address that the client is called back at."""
        page = self.session.get(address, timeout=30)
        assert page.status_code == 200, page.text
        sent = self.session.post(
            address,
            {"decision": decision, "csrfmiddlewaretoken": _field(page.text)},
            headers={"Origin": self.url},
            allow_redirects=False,
            timeout=30,
        )
        assert sent.status_code == 302, sent.text
        return sent.headers["Location"]


def _field(page):
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


def client(server, client_id, secret, **fields):
    options = {
        "scope": "REPO_WRITE",
        "redirect_uri": BACK,
        "token_endpoint": f"{server.url}/rest/oauth2/latest/token",
        "token_endpoint_auth_method": "client_secret_post" if secret else "none",
    }
    return OAuth2Session(client_id, secret, **(options | fields))


def complete(server, session, **fields):
    """Ask, allow, fetch."""
    address, state = session.create_authorization_url(
        f"{server.url}/rest/oauth2/latest/authorize", **fields
    )
    back = Browser(server).decide(address)
    verifier = {name: value for name, value in fields.items() if name == "code_verifier"}
    return session.fetch_token(authorization_response=back, state=state, **verifier)


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
@pytest.mark.parametrize("challenge", [None, "S256"])
def test_authlib_completes_refreshes_and_revokes(server, method, challenge):
    pair = register(server, "REPO_WRITE")
    session = client(
        server, *pair, token_endpoint_auth_method=method, code_challenge_method=challenge
    )
    verifier = {"code_verifier": secrets.token_urlsafe(48)} if challenge else {}

    first = complete(server, session, **verifier)

    who = f"{server.url}/rest/api/latest/projects"
    assert first["token_type"] == "bearer"
    assert first["expires_in"] == 7200
    assert session.get(who).headers["X-AUSERNAME"] == "admin"
    second = session.refresh_token()
    assert second["refresh_token"] != first["refresh_token"]
    assert session.get(who).headers["X-AUSERNAME"] == "admin"
    revoke = f"{server.url}/rest/oauth2/latest/revoke"
    assert session.revoke_token(revoke, token=second["access_token"]).status_code == 200
    assert session.get(who).status_code == 401
    third = session.refresh_token(refresh_token=second["refresh_token"])
    assert session.revoke_token(revoke, token=third["refresh_token"]).status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(refresh_token=third["refresh_token"])


def test_authlib_without_a_secret(server):
    client_id, secret = register(server, "REPO_WRITE", confidential=False)
    assert secret is None
    session = client(server, client_id, None, code_challenge_method="S256")
    complete(server, session, code_verifier=secrets.token_urlsafe(48))
    assert session.refresh_token()["access_token"]


def test_the_client_learns_that_the_person_said_no(server):
    session = client(server, *register(server, "REPO_WRITE"))
    address, state = session.create_authorization_url(f"{server.url}/rest/oauth2/latest/authorize")
    back = Browser(server).decide(address, "deny")
    told = parse_qs(urlsplit(back).query)
    assert back.startswith(f"{BACK}?")
    assert (told["error"], told["state"]) == (["access_denied"], [state])


def test_git_clones_and_pushes_with_the_token(server, tmp_path):
    token = complete(server, client(server, *register(server, "REPO_WRITE")))["access_token"]
    reading = complete(server, client(server, *register(server, "REPO_READ"), scope="REPO_READ"))
    address = server.repository()
    plain = f"{server.url}/scm/{address.split('/scm/')[1]}"
    work = work_tree(tmp_path / "work", commits=2)
    git("push", "-q", address, "main", cwd=work)

    bearer = ("-c", f"http.extraHeader=Authorization: Bearer {token}")
    git(*bearer, "clone", "-q", plain, "by-header", cwd=tmp_path)
    head = commit(tmp_path / "by-header", "by-header", "x")
    git(*bearer, "push", "-q", "origin", "main", cwd=tmp_path / "by-header")
    for name in ("x-token-auth", "admin"):
        with_name = plain.replace("://", f"://{name}:{token}@")
        git("clone", "-q", with_name, name, cwd=tmp_path)
        assert git("rev-parse", "HEAD", cwd=tmp_path / name) == head
        head = commit(tmp_path / name, name, "x")
        git("push", "-q", "origin", "main", cwd=tmp_path / name)

    less = plain.replace("://", f"://x-token-auth:{reading['access_token']}@")
    git("clone", "-q", less, "reading", cwd=tmp_path)
    assert git("rev-parse", "HEAD", cwd=tmp_path / "reading") == head
    told = git("push", less, "HEAD:no", cwd=tmp_path / "reading", check=False)
    assert "403" in told
    log = server.log.read_text()
    assert token not in log
    assert reading["access_token"] not in log


@pytest.mark.parametrize("what", ["code", "refresh token"])
def test_of_many_at_once_one_is_served_and_then_none(server, what):
    """Whoever stole it and whoever owns it come in the same moment: what was given is taken back."""
    client_id, secret = register(server, "REPO_READ")
    session = client(server, client_id, secret, scope="REPO_READ")
    url = f"{server.url}/rest/oauth2/latest/token"
    if what == "code":
        address, _ = session.create_authorization_url(f"{server.url}/rest/oauth2/latest/authorize")
        query = parse_qs(urlsplit(Browser(server).decide(address)).query)
        form = {
            "grant_type": "authorization_code",
            "code": query["code"][0],
            "redirect_uri": BACK,
        }
    else:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": complete(server, session)["refresh_token"],
        }

    def send(_):
        return requests.post(url, form, auth=(client_id, secret), timeout=60)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))

    statuses = sorted(one.status_code for one in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {400, 429}, [one.text for one in answers]
    given = next(json.loads(one.text) for one in answers if one.ok)
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert (
        requests.get(f"{server.url}/rest/api/latest/projects", headers=headers, timeout=30)
    ).status_code == 401
