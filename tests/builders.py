"""Readable worlds for tests: every row made through the services that users go through."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

from accounts.actor import Actor, Via
from accounts.models import GlobalGrant, Group, OAuthApplication, User
from accounts.permissions import Permission
from accounts.services import oauth_applications, users
from core import metrics
from discussions.models import Attachment, Comment
from discussions.selectors import comments as find_comments
from discussions.services import attachments, comments
from discussions.services.commits import CommitSubject
from pullrequests.models import PullRequest
from pullrequests.services import lifecycle
from pullrequests.services.discussion import PullRequestSubject
from pullrequests.services.lifecycle import Proposal
from repos import storage
from repos.models import Project, Repository
from repos.services import permissions, projects, repositories
from tests import ssh_keys

PASSWORD = "correct horse battery"

GIT_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "1700000000 +0100",
    "GIT_COMMITTER_NAME": "Carl Committer",
    "GIT_COMMITTER_EMAIL": "carl@example.com",
    "GIT_COMMITTER_DATE": "1700000100 +0100",
}


def user(name: str, *, site: str | None = None, licensed: bool = True) -> User:
    """A user whose password is PASSWORD, with a step of the site's ladder."""
    made = users.create(
        Actor.system(),
        name=name,
        display_name=name.title(),
        email_address=f"{name}@example.com",
        password=PASSWORD,
        in_default_group=licensed,
    )
    if site:
        GlobalGrant.objects.create(user=made, permission=Permission[site])
    return made


def group(name: str, *members: User) -> Group:
    """A group with members."""
    made, _ = Group.objects.get_or_create(name=name)
    made.members.add(*members)
    return made


def actor(who: User | None) -> Actor:
    """The actor of a user who signed in, or of nobody."""
    return Actor(user=who, via=Via.SESSION) if who else Actor.anonymous()


def project(key: str = "PRJ", *, name: str = "", public: bool = False) -> Project:
    """A project that nobody was granted anything on."""
    return projects.create(Actor.system(), key=key, name=name or f"Project {key}", is_public=public)


def repository(
    where: Project, name: str = "repo", *, public: bool = False, content: bool = False
) -> Repository:
    """A repository; with `content`, holding the small history of `fill`."""
    made = repositories.create(
        Actor.system(), where, name=name, is_public=public, default_branch="main"
    )
    if content:
        fill(made)
    return made


def comment(
    where: Repository, *, at: str = "main", by: str = "bob", text: str = "said", **how: str
) -> Comment:
    """A comment on a commit, by somebody who may speak there."""
    speaker = actor(User.objects.get(name=by))
    commit_id = find_comments.commit_id_of(speaker, where, at)
    return comments.begin(speaker, CommitSubject(where, commit_id), text=text, **how)


def pull_request(
    where: Repository,
    source: str,
    target: str = "main",
    *,
    by: str = "bob",
    reviewers: tuple[str, ...] = (),
    title: str = "News",
) -> PullRequest:
    """A pull request within a repository, by somebody who may read there."""
    speaker = actor(User.objects.get(name=by))
    proposal = Proposal(title, where, source, target, reviewers=reviewers)
    return lifecycle.propose(speaker, where, proposal)


def pull_request_comment(
    about: PullRequest, *, by: str = "bob", text: str = "said", **how: str
) -> Comment:
    """A comment on a pull request, by somebody who may speak there."""
    speaker = actor(User.objects.get(name=by))
    return comments.begin(speaker, PullRequestSubject(about), text=text, **how)


def attachment(
    where: Repository, *, by: str = "bob", name: str = "note.txt", data: bytes = b"some words"
) -> Attachment:
    """A file that comments may show."""
    speaker = actor(User.objects.get(name=by))
    return attachments.upload(speaker, where, name=name, size=len(data), chunks=[data])


def grant(subject: Project | Repository, holder: User | Group, permission: str) -> None:
    """Let somebody hold a permission."""
    permissions.grant(Actor.system(), subject, [holder], Permission[permission])


def fill(made: Repository) -> dict[str, str]:
    """Write a small history straight into the repository; gives commit ids by name.

    main: first, second, merge of feature; tags v1 (annotated) and light.
    """
    return write_history(storage.path_of(made.pk))


def git(*args: str, cwd: Path, env: Mapping[str, str] | None = None, check: bool = True) -> str:
    """Run git as a user would, without that user's own settings."""
    done = subprocess.run(
        ["git", *args],
        cwd=cwd,
        env=GIT_ENVIRONMENT | {"GIT_SSH_COMMAND": ssh_keys.command()} | dict(env or {}),
        capture_output=True,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}")
    return (
        (done.stdout if check else done.stdout + done.stderr)
        .decode(errors="surrogateescape")
        .strip()
    )


BLOBS = {
    "hello": b"hello world\n",
    "readme": b"# Title\n\nSome *text*.\n",
    "binary": b"a\x00b\n",
    "python": 'print("é")\n'.encode(),
    "link": b"/etc/passwd",
}
COMMITS = """\
commit refs/heads/main
mark :10
author Ada Author <ada@example.com> 1700000000 +0100
committer Carl Committer <carl@example.com> 1700000000 +0100
data 6
first
M 100644 :hello hello.txt
M 100644 :readme README.md

commit refs/heads/main
mark :11
author Ada Author <ada@example.com> 1700001000 +0100
committer Carl Committer <carl@example.com> 1700001000 +0100
data 15
second

a body
from :10
M 100644 :binary data/blob.bin
M 100644 :python src/main.py
M 120000 :link link

commit refs/heads/feature/one
mark :12
author Alice <alice@example.com> 1700002000 +0100
committer Alice <alice@example.com> 1700002000 +0100
data 8
feature
from :10
M 100644 :readme docs/deep/guide.md

commit refs/heads/main
mark :13
author Ada Author <ada@example.com> 1700003000 +0100
committer Carl Committer <carl@example.com> 1700003000 +0100
data 6
merge
from :11
merge :12
M 100644 :readme docs/deep/guide.md

tag v1
from :11
tagger Ada Author <ada@example.com> 1700001500 +0100
data 4
one

reset refs/tags/light
from :10

"""
MARKS = {"first": ":10", "second": ":11", "feature": ":12", "merge": ":13"}


def write_history(path: Path) -> dict[str, str]:
    """Import BLOBS and COMMITS into a repository; gives commit ids by name."""
    text = COMMITS
    parts = []
    for number, (name, data) in enumerate(BLOBS.items(), start=1):
        text = text.replace(f":{name} ", f":{number} ")
        parts.append(b"blob\nmark :%d\ndata %d\n%s\n" % (number, len(data), data))
    marks = path / "marks.txt"
    subprocess.run(
        ["git", "fast-import", "--quiet", f"--export-marks={marks}"],
        cwd=path,
        input=b"".join(parts) + text.encode(),
        env=GIT_ENVIRONMENT,
        check=True,
    )
    ids = dict(line.split(" ") for line in marks.read_text().splitlines())
    marks.unlink()
    return {name: ids[mark] for name, mark in MARKS.items()}


def oauth_application(
    *scopes: str, name: str = "robot", redirects: tuple[str, ...] = (), public: bool = False
) -> tuple[OAuthApplication, str | None]:
    """An application that may ask people for scopes, and its secret."""
    return oauth_applications.create(
        Actor.system(),
        name=name,
        redirect_uris=redirects or ("https://robot.example.com/callback",),
        scopes=scopes or ("REPO_WRITE",),
        is_confidential=not public,
    )


def grant_site(who: User, permission: str) -> None:
    """Let a user hold a step of the site's ladder."""
    GlobalGrant.objects.update_or_create(user=who, defaults={"permission": Permission[permission]})


@contextmanager
def undone() -> Iterator[None]:
    """Undo what rows are written inside; refs may move there, though their journal asks for a durable transaction."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def hits_of(kind: str) -> float:
    """How often what is remembered has answered a question of this kind."""
    counted: float = metrics.CACHE_LOOKUPS.labels(kind, "hit")._value.get()
    return counted
