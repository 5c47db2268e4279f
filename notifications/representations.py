"""The mail server as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from core import site_settings
from notifications.mail_server import MailServer


def represent_mail_server(server: MailServer) -> dict[str, Any]:
    """A mail server, without its password."""
    shown: dict[str, Any] = {
        "hostname": server.hostname,
        "port": server.port,
        "protocol": server.protocol,
        "useStartTls": server.use_starttls,
        "requireStartTls": server.require_starttls,
    }
    if server.username:
        shown |= {"username": server.username, "authType": "BASIC"}
    sender = site_settings.read(site_settings.MAIL_SENDER)
    if sender:
        shown["senderAddress"] = sender
    return shown
