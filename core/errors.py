"""The kinds of refusal: each knows its HTTP status and the name by which Bitbucket's clients know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class DomainError(Exception):
    """Something was refused; the message is a sentence for the person who asked.

    `context` names the field or thing that the message is about, `extra` joins the error
    object as it is (a version, a list of vetoes).
    """

    status = 400
    exception_name: str | None = None

    def __init__(self, message: str, context: str | None = None, **extra: Any):
        # Names that are no text may stand in it, and go into pages and JSON.
        self.message = message.encode("utf-8", "replace").decode("utf-8")
        super().__init__(self.message)
        self.context = context
        self.extra = extra

    def as_json(self) -> list[dict[str, Any]]:
        """Give the error objects of Bitbucket's envelope."""
        error = {
            "context": self.context,
            "message": self.message,
            "exceptionName": self.exception_name,
        }
        return [error | self.extra]

    @property
    def headers(self) -> dict[str, str]:
        """Give the response headers that belong to the refusal."""
        return {}


class Invalid(DomainError):
    """The request itself is wrong."""

    status = 400
    exception_name = "com.atlassian.bitbucket.validation.ArgumentValidationException"


class InvalidFields(Invalid):
    """Several fields are wrong: one error object for each."""

    def __init__(self, messages: dict[str, str]):
        super().__init__("; ".join(messages.values()))
        self.messages = messages

    def as_json(self) -> list[dict[str, Any]]:
        """Give an error object for each field."""
        return [
            {"context": field, "message": message, "exceptionName": self.exception_name}
            for field, message in self.messages.items()
        ]


class Unauthenticated(DomainError):
    """The request needs authentication."""

    status = 401
    exception_name = (
        "com.atlassian.plugins.rest.api.security.exception.AuthenticationRequiredException"
    )

    @property
    def headers(self) -> dict[str, str]:
        """Ask for a password: git and browsers send one only then."""
        return {"WWW-Authenticate": 'Basic realm="Bitbucket"'}


class Forbidden(DomainError):
    """The caller may see it but may not do this; Bitbucket answers 401 on REST."""

    status = 401
    exception_name = "com.atlassian.bitbucket.AuthorisationException"

    def __init__(
        self,
        message: str = "You are not permitted to access this resource",
        **extra: Any,
    ):
        super().__init__(message, **extra)


class XsrfFailed(DomainError):
    """A browser's cookie came without proof that the browser's user meant it."""

    status = 403
    exception_name = "com.atlassian.bitbucket.xsrf.XsrfException"


class Refused(DomainError):
    """The request is valid but not allowed for any user, such as removing one's own permission."""

    status = 403
    exception_name = "com.atlassian.bitbucket.ForbiddenException"


class NotFound(DomainError):
    """It does not exist, or the caller may not know that it does."""

    status = 404
    exception_name: str | None = "com.atlassian.bitbucket.NoSuchEntityException"


class NotAcceptable(DomainError):
    """The caller accepts no form that we can give."""

    status = 406


class Conflict(DomainError):
    """It cannot be done to the thing as it is now."""

    status = 409
    exception_name: str | None = "com.atlassian.bitbucket.IntegrityException"


class TooLarge(DomainError):
    """The request carries more than we accept."""

    status = 413


class Unavailable(DomainError):
    """We cannot do it just now; the same request may succeed in a moment."""

    status = 503

    @property
    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": "5"}


Translator = Callable[[Exception], DomainError | None]

_translators: list[Translator] = []


def translate(translator: Translator) -> Translator:
    """Register who knows which refusal an error of another layer is; None for what is an accident."""
    _translators.append(translator)
    return translator


def refusal_of(error: Exception) -> DomainError | None:
    """Give the refusal that an error is, wherever it was raised; None for an accident.

    Asked by every door, so that what Git refuses is never answered as an accident.
    """
    if isinstance(error, DomainError):
        return error
    found = (translator(error) for translator in _translators)
    return next((refusal for refusal in found if refusal is not None), None)
