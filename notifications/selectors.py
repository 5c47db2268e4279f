"""Recipients of notifications, and whether they can still see the subject."""

from __future__ import annotations

from collections.abc import Iterable

from django.core import signing
from django.db.models import Q

from accounts import access as site_access
from accounts.actor import Actor, Via
from accounts.models import User
from accounts.permissions import Permission, Scope
from core import site_settings
from core.errors import Unauthenticated
from notifications import mail_server
from notifications.errors import NoMailServer, UnsubscribeLinkBroken
from notifications.mail_server import MailServer
from notifications.models import Kind, MailPreference, Notice
from pullrequests.models import Participant, PullRequest, PullRequestWatch
from repos import access
from repos.models import CommitWatch, Repository, RepositoryWatch

SALT = "notifications.unsubscribe"


def mail_server_of(actor: Actor) -> MailServer:
    """The mail server, for system administrators; NoMailServer."""
    site_access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    found = mail_server.read()
    if found is None:
        raise NoMailServer()
    return found


def find_mail_server(actor: Actor) -> MailServer | None:
    """The same for a page, None where there is none."""
    site_access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    return mail_server.read()


def sender(actor: Actor) -> str:
    """In whose name mail goes out, for administrators."""
    site_access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return str(site_settings.read(site_settings.MAIL_SENDER))


def preference_of(actor: Actor) -> MailPreference:
    """How the actor wants mail."""
    if actor.user is None:
        raise Unauthenticated("You must sign in to do this.")
    found = MailPreference.objects.filter(user=actor.user).first()
    return found or MailPreference(user=actor.user)


def who_cares_about(pull_request: PullRequest) -> set[int]:
    """Who takes part, watches it or its repository, and has not said that they want no more of it."""
    said = dict(
        PullRequestWatch.objects.filter(pull_request=pull_request).values_list(
            "user", "is_watching"
        )
    )
    part = Participant.objects.filter(pull_request=pull_request).values_list("user", flat=True)
    found = {*part, *watchers(pull_request.repository), *said}
    return {user for user in found if user is not None and said.get(user, True)}


def watchers(repository: Repository) -> set[int]:
    """Who watches a repository."""
    rows = RepositoryWatch.objects.filter(repository=repository)
    return set(rows.values_list("user", flat=True))


def commit_watchers(repository: Repository, commit_id: str) -> set[int]:
    """Who watches a commit."""
    rows = CommitWatch.objects.filter(repository=repository, commit_id=commit_id)
    return set(rows.values_list("user", flat=True))


def reachable(users: Iterable[int]) -> list[User]:
    """Those of these people who can be written to, each with how they want it."""
    rows = User.objects.filter(
        pk__in=set(users), is_active=True, removed_at=None, type=User.Type.NORMAL
    )
    wants = Q(mail_preference=None) | ~Q(mail_preference__mode=MailPreference.Mode.OFF)
    return list(rows.exclude(email_address="").filter(wants).select_related("mail_preference"))


def mode_of(user: User) -> str:
    """Return when a user wants mail, from the current preference."""
    preference = getattr(user, "mail_preference", None)
    return preference.mode if preference else MailPreference.Mode.IMMEDIATE


def still_told(notices: list[Notice]) -> list[Notice]:
    """Those of one person's notices that they still want to hear, and may see at this moment.

    Who is asked for how many makes no difference: once for each repository.
    """
    if not notices:
        return []
    user = notices[0].user
    preference = getattr(user, "mail_preference", None)
    if mode_of(user) == MailPreference.Mode.OFF or not _may_be_written_to(user):
        return []
    unwanted = set(preference.unwanted) if preference else set()
    ended = set(
        PullRequestWatch.objects.filter(user=user, is_watching=False).values_list(
            "pull_request", flat=True
        )
    )
    # As if they signed in and looked at the pages now.
    reader = Actor(user=user, via=Via.SESSION)
    places = {one.repository_id: one.repository for one in notices}
    seen = {key for key, place in places.items() if access.may(reader, Permission.REPO_VIEW, place)}
    return [
        one
        for one in notices
        if one.repository_id in seen
        and one.kind not in unwanted
        and (one.kind == Kind.MENTIONED or one.pull_request_id not in ended)
    ]


def _may_be_written_to(user: User) -> bool:
    if not user.is_active or user.removed_at is not None or not user.email_address:
        return False
    return site_access.may(Actor(user=user, via=Via.SESSION), Permission.LICENSED_USER)


def unsubscribe_token(notice: Notice) -> str:
    """Says who wants to hear no more of what, and that it was we who sent it."""
    about = {
        "user": notice.user_id,
        "repository": notice.repository_id,
        "pull_request": notice.pull_request_id,
        "commit": notice.commit_id,
    }
    return signing.dumps(about, salt=SALT, compress=True)


def unsubscribing(token: str) -> tuple[User, Repository, PullRequest | None, str]:
    """Who wants to hear no more of what; UnsubscribeLinkBroken."""
    try:
        about = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise UnsubscribeLinkBroken() from None
    user = User.objects.filter(pk=about["user"], removed_at=None).first()
    repository = (
        Repository.objects.select_related("project__owner").filter(pk=about["repository"]).first()
    )
    if user is None or repository is None:
        raise UnsubscribeLinkBroken()
    pull_request = None
    if about["pull_request"] is not None:
        pull_request = PullRequest.objects.filter(pk=about["pull_request"]).first()
        if pull_request is None:
            raise UnsubscribeLinkBroken()
    return user, repository, pull_request, about["commit"]
