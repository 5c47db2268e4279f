"""Where mail goes out: the settings of the SMTP server, and the way to it."""

from __future__ import annotations

import smtplib
from dataclasses import asdict, dataclass
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from core import site_settings
from infrastructure import encryption

SMTP, SMTPS = "SMTP", "SMTPS"
PORTS = {SMTP: 25, SMTPS: 465}
SECONDS = 15


class NotSent(Exception):
    """The server did not take it; says why."""


@dataclass(frozen=True)
class MailServer:
    """An SMTP server; `password` is sealed."""

    hostname: str
    port: int
    protocol: str = SMTP
    use_starttls: bool = True
    require_starttls: bool = False
    username: str = ""
    password: str = ""


def read() -> MailServer | None:
    """The server of the settings; None where mail goes nowhere."""
    stored: dict[str, Any] = site_settings.read(site_settings.MAIL_SERVER)
    return MailServer(**stored) if stored else None


def as_stored(server: MailServer | None) -> dict[str, Any]:
    """Return the stored settings."""
    return asdict(server) if server is not None else {}


def send(server: MailServer, message: EmailMultiAlternatives) -> None:
    """Hand a mail over; NotSent."""
    try:
        try:
            _hand_over(server, message, with_tls=server.use_starttls or server.require_starttls)
        except smtplib.SMTPNotSupportedError as error:
            if server.require_starttls or "STARTTLS" not in str(error):
                raise
            # It was wished for, not demanded, and is not offered.
            _hand_over(server, message, with_tls=False)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise NotSent(f"{server.hostname}:{server.port}: {error}"[:500]) from None


def _hand_over(server: MailServer, message: EmailMultiAlternatives, *, with_tls: bool) -> None:
    is_tls = server.protocol == SMTPS
    with EmailBackend(
        host=server.hostname,
        port=server.port,
        username=server.username,
        password=encryption.decrypt(server.password),
        use_tls=with_tls and not is_tls,
        use_ssl=is_tls,
        timeout=SECONDS,
    ) as connection:
        connection.send_messages([message])
