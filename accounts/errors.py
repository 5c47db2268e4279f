"""Refusals about users, groups and the ways in."""

from __future__ import annotations

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated


class WrongPassword(Unauthenticated):
    """The username or password is wrong."""

    exception_name = "com.atlassian.bitbucket.auth.IncorrectPasswordAuthenticationException"

    def __init__(self) -> None:
        super().__init__("Authentication failed. Please check your credentials and try again.")


class NoAccess(Unauthenticated):
    """The account is right, but may not use this server."""

    exception_name = "com.atlassian.bitbucket.auth.NoAccessAuthenticationException"

    def __init__(self) -> None:
        super().__init__(
            "You do not have permission to access Bitbucket. Ask an administrator to grant it to you."
        )


class TooManyFailures(Unauthenticated):
    """So many sign-ins failed that no password is looked at for a while."""

    exception_name = "com.atlassian.bitbucket.auth.CaptchaRequiredAuthenticationException"

    def __init__(self, seconds: int, login_url: str):
        super().__init__(
            f"Too many failed sign-ins. Wait {seconds} seconds, then try again, or sign in on {login_url}."
        )
        self.login_url = login_url

    @property
    def headers(self) -> dict[str, str]:
        """Tell clients why, in Bitbucket's words."""
        reason = f"CAPTCHA_CHALLENGE; login-url={self.login_url}"
        return super().headers | {"X-Authentication-Denied-Reason": reason}


class PasswordsBlocked(Forbidden):
    """Passwords are good for the login page alone on this server."""

    # Not 401: git would ask for another password, which would be refused as well.
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Basic Authentication with passwords has been disabled on this instance. "
            "Use an app password, an HTTP access token or an SSH key."
        )


class OverBudget(DomainError):
    """The caller has made more REST requests than they may."""

    status = 429
    exception_name = "com.atlassian.bitbucket.ratelimit.RateLimitExceededException"

    def __init__(self, seconds: int, budget: dict[str, str]):
        super().__init__(f"Too many requests. Try again in {seconds} seconds.")
        self.seconds = seconds
        self.budget = budget

    @property
    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return self.budget | {"Retry-After": str(self.seconds)}


class NotLicensed(Forbidden):
    """The signed-in user is no longer permitted to use this site."""


class NoSuchUser(NotFound):
    """No user of that name or slug."""

    exception_name = "com.atlassian.bitbucket.user.NoSuchUserException"

    def __init__(self, name: str):
        super().__init__(f'User "{name}" does not exist.')


class NoSuchGroup(NotFound):
    """No group of that name."""

    exception_name = "com.atlassian.bitbucket.user.NoSuchGroupException"

    def __init__(self, name: str):
        super().__init__(f'Group "{name}" does not exist.')


class NameTaken(Conflict):
    """A user or group has that name already."""

    def __init__(self, kind: str, name: str):
        super().__init__(f'A {kind} named "{name}" exists already.', context="name")

    @classmethod
    def by_slug(cls, name: str, slug: str, bearer: str) -> NameTaken:
        """Raise if the name would have the same slug as another user."""
        refused = cls("user", name)
        refused.message = (
            f'"{name}" would stand in addresses as "{slug}", as the user "{bearer}" does already.'
            " Choose another name."
        )
        return refused


class UnfitName(Invalid):
    """The name contains characters that are not allowed."""


class NoSuchSecret(NotFound):
    """No app password or access token of that number, among those of this user."""

    def __init__(self, kind: str):
        super().__init__(f"There is no such {kind}.")


class UnfitKey(Invalid):
    """The text is no public key that we take."""

    def __init__(self, message: str):
        super().__init__(message, context="text")


class KeyExpired(Conflict):
    """An access key whose time is over opens nothing, wherever it is added."""

    exception_name = "com.atlassian.bitbucket.ssh.DuplicateSshKeyException"

    def __init__(self) -> None:
        super().__init__(
            "This SSH key was added elsewhere and has expired. Remove it there, or use another key.",
            context="text",
        )


class KeyTaken(Conflict):
    """One key, one owner: it belongs to a user, or is an access key."""

    exception_name = "com.atlassian.bitbucket.ssh.DuplicateSshKeyException"

    def __init__(self) -> None:
        super().__init__("This SSH key is already in use. Use another key.", context="text")


class NoSuchKey(NotFound):
    """No SSH key of that number, among those that the caller may see."""

    exception_name = "com.atlassian.bitbucket.ssh.NoSuchSshKeyException"

    def __init__(self) -> None:
        super().__init__("There is no such SSH key.")


class TooManySecrets(Conflict):
    """The user has as many secrets as one may have."""

    def __init__(self) -> None:
        super().__init__("You have reached the limit. Revoke one that is no longer used.")


class NoSuchApplication(NotFound):
    """No application of that number is registered, or none that this person authorised."""

    def __init__(self) -> None:
        super().__init__("There is no such application.")


class TooManyApplications(Conflict):
    """As many applications are registered as one site may have."""

    def __init__(self) -> None:
        super().__init__("The limit is reached. Delete one that is no longer used.")


class UnfitApplication(Invalid):
    """An authorization request without a valid redirect; the user is shown an error page."""
