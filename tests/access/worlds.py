"""One project and repository with one of everything, so that each example route leads to something."""

from __future__ import annotations

import subprocess

from django.core.cache import cache

from accounts.actor import Actor, Via
from accounts.models import User
from accounts.permissions import Permission
from accounts.services import keys, secrets
from builds import services as builds
from core import site_settings
from discussions.services import attachments
from notifications.services import mail_settings
from pullrequests.services import default_reviewers
from repos import storage
from repos.models import Project, Repository
from repos.selectors import refs
from repos.selectors.branch_models import FIRST, LongLivedBranch
from repos.services import access_keys, branch_models, labels, restrictions, tokens
from repos.services.restrictions import RestrictionRequest
from tests import builders
from tests.access import routes
from webhooks.services import webhooks


def build() -> tuple[Project, Repository, dict[str, int | str]]:
    """Give project PRJ, repository `repo`, and the numbers that stand in the paths of example routes."""
    site_settings.write(site_settings.DEFAULT_BRANCH, "refs/heads/main")
    project = builders.project("PRJ")
    repository = builders.repository(project, "repo", content=True)
    _add_community_files(repository)
    builders.group("devs", builders.user("dev"))
    bob = builders.user("bob")
    builders.grant(repository, bob, "REPO_READ")
    builders.grant(project, bob, "PROJECT_READ")
    return project, repository, _numbers(project, repository)


def numbers_of_person(user: User, index: int) -> dict[str, int]:
    """Give a person secrets and a key of their own, and the numbers of these."""
    actor = Actor(user=user, via=Via.SESSION)
    app_password, _ = secrets.create_app_password(
        actor, user, name="own", permissions=["REPO_READ"]
    )
    token, _ = secrets.create_access_token(actor, user, name="own", permissions=["REPO_READ"])
    key = keys.add(actor, user, text=f"{routes.KEY[:-4]}AA{index:02d}")
    return {"own_app_password": app_password.pk, "own_token": token.pk, "own_key": key.pk}


def _add_community_files(repository):
    """A branch with the files that tell of a repository."""
    files = "".join(f"M 100644 inline {name}\ndata 1\nx\n" for name in ("LICENSE", "CONTRIBUTING"))
    script = f"commit refs/heads/told\ncommitter A <a@b> 1 +0000\ndata 1\nm\n{files}"
    path = storage.path_of(repository.pk)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=script.encode(), check=True)


def _numbers(project, repository):
    system = Actor.system()
    access_key = access_keys.add(
        system, repository, text=routes.KEY[:-4] + "cbnv", permission=Permission.REPO_READ
    )
    access_keys.add(
        system, project, text=routes.KEY[:-4] + "cbnv", permission=Permission.PROJECT_READ
    )
    labels.apply(system, repository, "first")
    branch_models.configure(
        system,
        project,
        development=LongLivedBranch(is_default=True),
        production=None,
        types=FIRST.types,
    )
    mail_settings.configure(system, mail_settings.MailServerRequest("smtp.example.com"))
    # What was known before is remembered until a transaction ends, which it never does here.
    cache.clear()
    application, _ = builders.oauth_application("REPO_READ", name="numbered")
    attachment = builders.attachment(repository)
    bob = builders.actor(User.objects.get(name="bob"))
    attachments.set_metadata(bob, repository, attachment, "{}")
    builders.grant(repository, User.objects.get(name="dev"), "REPO_READ")
    pull_request = builders.pull_request(repository, "told", "main", reviewers=("dev",))
    made = {
        "access_key": access_key.key_id,
        "application": application.pk,
        "comment": builders.comment(repository, severity="BLOCKER").pk,
        "attachment": attachment.pk,
        "repository": repository.pk,
        "condition": _condition(repository),
        "project_condition": _condition(project),
        "restriction": _restriction(repository),
        "project_restriction": _restriction(project),
        "build": _build(repository),
        "pull": pull_request.number,
        "webhook": _webhook(repository),
        "project_webhook": _webhook(project),
        "head": pull_request.from_id,
        "pull_comment": builders.pull_request_comment(pull_request, severity="BLOCKER").pk,
    }
    for name, place in (("project_token", project), ("repository_token", repository)):
        token, _ = tokens.create(system, place, name=name, permissions=["REPO_READ"])
        made[name] = token.pk
    return made


def _restriction(place):
    wanted = RestrictionRequest("no-deletes", "BRANCH", "nowhere")
    return restrictions.put(Actor.system(), place, [wanted])[0].pk


def _build(repository):
    said = builds.Report("k", "FAILED", "https://ci.example.com/1")
    commit_id = refs.revision(Actor.system(), repository, "main").commit_id
    bob = builders.actor(User.objects.get(name="bob"))
    return builds.report(bob, commit_id, said, repository=repository).pk


def _webhook(place):
    wanted = webhooks.WebhookRequest("w", "http://10.0.0.1/", ("pr:merged",))
    return webhooks.create(Actor.system(), place, wanted).pk


def _condition(place):
    wanted = default_reviewers.DefaultReviewersRequest(("BRANCH", "x"), ("BRANCH", "y"), ("dev",))
    return default_reviewers.create(Actor.system(), place, wanted).pk
