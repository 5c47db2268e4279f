"""SSH keys over REST: users' own, access keys of projects and repositories, and which keys are taken."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import SshKey
from core import site_settings
from tests import builders, ssh_keys

pytestmark = pytest.mark.django_db

KEYS = "/rest/ssh/latest/keys"
ON_PROJECT = "/rest/keys/latest/projects/PRJ/ssh"
ON_REPOSITORY = "/rest/keys/latest/projects/PRJ/repos/repo/ssh"


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Public keys of every kind, by a name."""
    folder = tmp_path_factory.mktemp("keys")
    kinds = {
        "ed25519": ("-t", "ed25519"),
        "other": ("-t", "ed25519"),
        "ecdsa": ("-t", "ecdsa", "-b", "384"),
        "rsa": ("-t", "rsa", "-b", "2048"),
        "short": ("-t", "rsa", "-b", "1024"),
    }
    return {
        name: ssh_keys.make(folder / name, *options, "-C", f"{name}@home")
        .with_suffix(".pub")
        .read_text()
        for name, options in kinds.items()
    }


@pytest.fixture
def world(db, alice):
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo")
    builders.grant(project, alice, "PROJECT_ADMIN")
    return repository


def test_a_user_adds_lists_and_removes_keys(api, alice, texts):
    for name, algorithm, bits in (
        ("ed25519", "ED25519", 256),
        ("ecdsa", "ECDSA", 384),
        ("rsa", "RSA", 2048),
    ):
        made = api(alice).post(KEYS, {"text": texts[name]})
        assert made.status_code == 201, made.content
        shown = made.json()
        assert shown["label"] == f"{name}@home"
        assert (shown["algorithmType"], shown["bitLength"]) == (algorithm, bits)
        assert shown["text"] == texts[name]
        assert len(shown["fingerprint"]) == 43

    listed = api(alice).get(KEYS).json()["values"]
    assert [key["label"] for key in listed] == ["ed25519@home", "ecdsa@home", "rsa@home"]
    number = listed[0]["id"]
    assert api(alice).get(f"{KEYS}/{number}").json() == listed[0]
    assert api(alice).delete(f"{KEYS}/{number}").status_code == 204
    assert api(alice).delete(f"{KEYS}/{number}").status_code == 204
    assert api(alice).get(f"{KEYS}/{number}").status_code == 404
    assert api(alice).delete(KEYS).status_code == 204
    assert not SshKey.objects.exists()


def test_a_key_comes_back_as_it_was_sent(api, admin, texts):
    """Flux compares, and makes a key anew that is another: a comment would be enough."""
    builders.repository(builders.project("PRJ"))
    sent = " ".join(texts["ed25519"].split()[:2]) + "\n"
    body = {"key": {"text": sent, "label": "flux"}, "permission": "REPO_READ"}
    made = api(admin).post(ON_REPOSITORY, body).json()
    (listed,) = api(admin).get(ON_REPOSITORY).json()["values"]
    assert made["key"]["text"] == listed["key"]["text"] == sent
    assert made["key"]["label"] == listed["key"]["label"] == "flux"


def test_keys_of_others_are_for_administrators(api, alice, admin, texts):
    bob = builders.user("bob")
    made = api(alice).post(KEYS, {"text": texts["rsa"], "label": "laptop", "expiryDays": 30}).json()
    assert made["label"] == "laptop"
    assert made["expiryDays"] == 30

    assert api(bob).get(KEYS, user="alice").status_code == 401
    assert api(bob).get(f"{KEYS}/{made['id']}").status_code == 404
    assert api(bob).delete(f"{KEYS}/{made['id']}").status_code == 204
    assert api(bob).post(KEYS, {"text": texts["other"]}, user="alice").status_code == 401
    assert api(None).get(KEYS).status_code == 401
    assert SshKey.objects.count() == 1
    assert api(admin).get(KEYS, user="alice").json()["size"] == 1
    assert api(admin).get(KEYS, userName="alice").json()["size"] == 1
    assert api(admin).post(KEYS, {"text": texts["other"]}, user="alice").status_code == 201
    assert api(admin).delete(f"{KEYS}/{made['id']}").status_code == 204
    assert api(admin).delete(KEYS, user="alice").status_code == 204
    assert not SshKey.objects.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "hello",
        lambda text: "ssh-ed25519",
        lambda text: f'command="sh" {text}',
        lambda text: f"no-pty {text}",
        lambda text: text + text,
        lambda text: text.strip() + "\nssh-ed25519 AAAA",
        lambda text: text.replace("ssh-ed25519", "ssh-rsa"),
        lambda text: text.replace("ssh-ed25519", "ssh-dss"),
        lambda text: text.replace("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"),
        lambda text: " ".join([*text.split()[:1], text.split()[1][:-8]]),
        lambda text: " ".join([*text.split()[:1], text.split()[1][:-4] + "!!!!"]),
        lambda text: " ".join([text.split()[0], text.split()[1] + "AAAA"]),
        lambda text: text.strip() + "\x00",
        lambda text: text.strip() + "\u202e",
        lambda text: text.strip() + "x" * 30_000,
        lambda text: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_is_no_single_public_key_is_refused(api, alice, texts, spoil):
    answer = api(alice).post(KEYS, {"text": spoil(texts["ed25519"])})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["message"]
    assert not SshKey.objects.exists()


def test_a_short_rsa_key_is_refused(api, alice, texts):
    answer = api(alice).post(KEYS, {"text": texts["short"]})
    assert answer.status_code == 400
    assert "2048" in answer.json()["errors"][0]["message"]


def test_keys_on_security_devices_are_taken(api, alice):
    # A real key of a device that is gone; the public half alone.
    text = (
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJ8nNrLb5rqVTSbqhXnH"
        "pYAVzCmTFMSNzHYfCBOwYOnYAAAABHNzaDo= key"
    )
    answer = api(alice).post(KEYS, {"text": text})
    assert answer.status_code == 201, answer.content
    assert answer.json()["algorithmType"] == "ED25519_SK"


def test_one_key_has_one_owner(api, alice, admin, world, texts):
    bob = builders.user("bob")
    assert api(alice).post(KEYS, {"text": texts["rsa"]}).status_code == 201
    assert api(alice).post(KEYS, {"text": texts["rsa"]}).status_code == 409
    assert api(bob).post(KEYS, {"text": texts["rsa"].split("=")[0] + " x"}).status_code in {
        400,
        409,
    }
    assert api(bob).post(KEYS, {"text": " ".join(texts["rsa"].split()[:2])}).status_code == 409

    body = {"key": {"text": texts["rsa"]}, "permission": "REPO_READ"}
    assert api(alice).post(ON_REPOSITORY, body).status_code == 409
    body["key"] = {"text": texts["other"]}
    assert api(alice).post(ON_REPOSITORY, body).status_code == 201
    assert api(bob).post(KEYS, {"text": texts["other"]}).status_code == 409


def test_tokens_manage_no_keys_of_users(api, alice, texts):
    tokens = "/rest/access-tokens/latest/users/alice"
    made = api(alice).put(tokens, {"name": "all", "permissions": ["PROJECT_ADMIN", "REPO_ADMIN"]})
    by_token = api(None)
    by_token.headers["Authorization"] = f"Bearer {made.json()['token']}"
    for answer in (
        by_token.get(KEYS),
        by_token.post(KEYS, {"text": texts["rsa"]}),
        by_token.delete(KEYS),
    ):
        assert answer.status_code == 401
    assert not SshKey.objects.exists()


def test_an_access_key_stands_on_projects_and_repositories(api, alice, world, texts):
    body = {"key": {"text": texts["rsa"], "label": "ci"}, "permission": "REPO_WRITE"}
    on_repository = api(alice).post(ON_REPOSITORY, body)
    assert on_repository.status_code == 201, on_repository.content
    shown = on_repository.json()
    assert shown["permission"] == "REPO_WRITE"
    assert shown["repository"]["slug"] == "repo"
    number = shown["key"]["id"]
    assert api(alice).post(ON_REPOSITORY, body).status_code == 409
    body["permission"] = "PROJECT_READ"
    on_project = api(alice).post(ON_PROJECT, body)
    assert on_project.status_code == 201, on_project.content
    assert on_project.json()["key"]["id"] == number
    assert on_project.json()["project"]["key"] == "PRJ"

    assert api(alice).get(ON_REPOSITORY).json()["size"] == 1
    assert api(alice).get(ON_REPOSITORY, effective="true").json()["size"] == 2
    effective = api(alice).get(ON_REPOSITORY, effective="true", minimumPermission="REPO_WRITE")
    assert effective.json()["size"] == 1
    assert api(alice).get(ON_PROJECT, filter="ci").json()["size"] == 1
    assert api(alice).get(ON_PROJECT, filter="nothing").json()["size"] == 0
    assert api(alice).get(ON_PROJECT, permission="PROJECT_WRITE").json()["size"] == 0
    assert api(alice).get(f"{ON_PROJECT}/{number}").json() == on_project.json()
    changed = api(alice).put(f"{ON_PROJECT}/{number}/permission/PROJECT_WRITE")
    assert changed.status_code == 200
    assert changed.json()["permission"] == "PROJECT_WRITE"
    assert len(api(alice).get(f"/rest/keys/latest/ssh/{number}/projects").json()) == 1
    assert len(api(alice).get(f"/rest/keys/latest/ssh/{number}/repos").json()) == 1

    assert api(alice).delete(f"{ON_PROJECT}/{number}").status_code == 204
    assert api(alice).get(f"{ON_PROJECT}/{number}").status_code == 404
    assert SshKey.objects.filter(pk=number).exists()
    assert api(alice).delete(f"{ON_REPOSITORY}/{number}").status_code == 204
    assert not SshKey.objects.exists()


def test_an_access_key_is_taken_from_several_places_at_once(api, alice, world, texts):
    body = {"key": {"text": texts["rsa"]}, "permission": "REPO_READ"}
    number = api(alice).post(ON_REPOSITORY, body).json()["key"]["id"]
    api(alice).post(ON_PROJECT, body | {"permission": "PROJECT_READ"})
    everywhere = {
        "projects": [{"key": "PRJ"}],
        "repositories": [{"slug": "repo", "project": {"key": "PRJ"}}],
    }
    assert api(alice).delete(f"/rest/keys/latest/ssh/{number}", {}).status_code == 400
    assert api(alice).delete(f"/rest/keys/latest/ssh/{number}", everywhere).status_code == 204
    assert not SshKey.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": {}, "permission": "REPO_READ"},
        {"key": "text", "permission": "REPO_READ"},
        {"key": {"text": "hello"}, "permission": "REPO_READ"},
        {"key": {"text": "RSA"}, "permission": "REPO_ADMIN"},
        {"key": {"text": "RSA"}, "permission": "PROJECT_READ"},
        {"key": {"text": "RSA"}, "permission": "ADMIN"},
        {"key": {"text": "RSA"}, "permission": "REPO_VIEW"},
        {"key": {"text": "RSA"}},
        {"key": {"text": "RSA", "expiryDays": 0}, "permission": "REPO_READ"},
        {"key": {"text": "RSA", "expiryDays": 10**9}, "permission": "REPO_READ"},
    ],
)
def test_a_body_that_does_not_fit_is_refused(api, alice, world, texts, body):
    if isinstance(body.get("key"), dict) and body["key"].get("text") == "RSA":
        body = body | {"key": body["key"] | {"text": texts["rsa"]}}
    assert api(alice).post(ON_REPOSITORY, body).status_code == 400
    assert not SshKey.objects.exists()


def test_access_keys_are_for_administrators_of_the_place(api, alice, world, texts):
    writer, stranger = builders.user("writer"), builders.user("stranger")
    builders.grant(world, writer, "REPO_WRITE")
    body = {"key": {"text": texts["rsa"]}, "permission": "REPO_READ"}
    number = api(alice).post(ON_REPOSITORY, body).json()["key"]["id"]
    for user, status in ((writer, 401), (stranger, 404), (None, 401)):
        assert api(user).get(ON_REPOSITORY).status_code == status
        assert api(user).post(ON_REPOSITORY, body).status_code == status
        assert api(user).get(f"{ON_REPOSITORY}/{number}").status_code == status
        assert api(user).delete(f"{ON_REPOSITORY}/{number}").status_code == status
        put = api(user).put(f"{ON_REPOSITORY}/{number}/permission/REPO_WRITE")
        assert put.status_code == status
    assert api(writer).get(f"/rest/keys/latest/ssh/{number}/repos").json() == []
    # The key of one place is none of another's.
    builders.grant(builders.repository(builders.project("OWN"), "own"), writer, "REPO_ADMIN")
    other = "/rest/keys/latest/projects/OWN/repos/own/ssh"
    assert api(writer).get(f"{other}/{number}").status_code == 404
    assert api(writer).put(f"{other}/{number}/permission/REPO_WRITE").status_code == 404
    assert SshKey.objects.count() == 1


def test_a_token_that_administers_sets_up_access_keys(api, alice, world, texts):
    """As installers of robots do; one that only reads does not."""
    for permission, status in (("REPO_ADMIN", 201), ("REPO_READ", 401)):
        made = api(alice).put(
            "/rest/access-tokens/latest/users/alice", {"name": "t", "permissions": [permission]}
        )
        by_token = api(None)
        by_token.headers["Authorization"] = f"Bearer {made.json()['token']}"
        body = {"key": {"text": texts["rsa"]}, "permission": "REPO_READ"}
        assert by_token.post(ON_REPOSITORY, body).status_code == status


def test_administrators_say_which_keys_are_taken(
    api, alice, admin, texts, django_capture_on_commit_callbacks
):
    settings = "/rest/ssh/latest/admin"
    assert api(alice).get(settings).status_code == 401
    assert api(alice).put(settings, {"maxExpiryDays": 5}).status_code == 401
    shown = api(admin).get(settings).json()
    assert shown["maxExpiryDays"] == 0
    assert {rule["algorithm"] for rule in shown["keyTypeRestrictions"]} >= {"RSA", "ED25519"}
    assert api(admin).get(f"{settings}/supported-key-types").status_code == 200

    changed = {
        "keyTypeRestrictions": [
            {"algorithm": "RSA", "allowed": True, "minKeyLength": 4096},
            {"algorithm": "ECDSA", "allowed": False},
        ],
        "maxExpiryDays": 10,
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert api(admin).put(settings, changed).status_code == 204
    assert api(admin).get(settings).json()["maxExpiryDays"] == 10
    assert api(alice).post(KEYS, {"text": texts["rsa"]}).status_code == 400
    assert api(alice).post(KEYS, {"text": texts["ecdsa"]}).status_code == 400
    assert api(alice).post(KEYS, {"text": texts["other"], "expiryDays": 11}).status_code == 400
    made = api(alice).post(KEYS, {"text": texts["ed25519"]}).json()
    assert made["expiryDays"] == 10
    for wrong in (
        {"maxExpiryDays": -1},
        {"keyTypeRestrictions": [{"algorithm": "DSA"}]},
        {"keyTypeRestrictions": [{"algorithm": "RSA", "minKeyLength": 512}]},
        {"keyTypeRestrictions": "RSA"},
    ):
        assert api(admin).put(settings, wrong).status_code == 400


@pytest.mark.parametrize("way", ["switched off", "no port"])
def test_where_ssh_is_off_no_address_of_it_is_shown(api, admin, settings, way):
    if way == "no port":
        settings.SSH_PORT = 0
    else:
        site_settings.write(site_settings.SSH_ENABLED, False)
    repository = builders.repository(builders.project("PRJ"), "repo", content=True)
    shown = api(admin).get("projects/PRJ/repos/repo").json()
    assert [link["name"] for link in shown["links"]["clone"]] == ["http"]
    assert not api().get("/rest/ssh/latest/settings").json()["enabled"]
    browser = Client()
    browser.force_login(admin)
    builders.repository(repository.project, "empty")
    for page in (
        "/projects/PRJ/repos/repo/browse",
        "/projects/PRJ/repos/empty",
        "/account/ssh-keys",
    ):
        answer = browser.get(page, follow=True)
        assert answer.status_code == 200 and b"ssh://" not in answer.content, page

    # Where another machine speaks it, it is offered.
    if way == "no port":
        site_settings.write(site_settings.SSH_BASE_URL, "ssh://git.example.com:22")
        cache.clear()  # as the end of the transaction would
        clone = api(admin).get("projects/PRJ/repos/repo").json()["links"]["clone"]
        assert {"name": "ssh", "href": "ssh://git@git.example.com:22/prj/repo.git"} in clone


def test_everybody_may_know_how_ssh_is_spoken(api):
    shown = api(None).get("/rest/ssh/latest/settings").json()
    assert shown["enabled"] is True
    assert shown["accessKeysEnabled"] is True
    assert shown["baseUrl"] == "ssh://localhost:7999"
    assert shown["port"] == 7999
    assert len(shown["fingerprint"]["value"]) == 43
