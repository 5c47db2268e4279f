"""Refusals about mail."""

from __future__ import annotations

from core.errors import Conflict, NotFound


class NoMailServer(NotFound):
    """No mail server is configured."""

    exception_name = "com.atlassian.bitbucket.mail.NoMailHostConfigurationException"

    def __init__(self) -> None:
        super().__init__("No mail server is configured.")


class MailNotSent(Conflict):
    """The mail server did not take a mail; says why."""

    exception_name = "com.atlassian.bitbucket.mail.MailException"


class UnsubscribeLinkBroken(NotFound):
    """A link out of a mail that is not ours, or not whole."""

    def __init__(self) -> None:
        super().__init__("This link is incomplete. Copy it from the message again.")
