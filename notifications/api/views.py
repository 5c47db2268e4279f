"""Endpoints of the mail server."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from core.errors import Invalid
from notifications import selectors as find
from notifications.api.serializers import MailServerBody, read_mail_server
from notifications.representations import represent_mail_server
from notifications.services import mail_settings


class MailServer(RestView):
    """/admin/mail-server"""

    def get(self, request: Request, **_: str) -> Response:
        """Show it."""
        return self.show(represent_mail_server(find.mail_server_of(self.actor)))

    def put(self, request: Request, **_: str) -> Response:
        """Send mail by this one."""
        find.find_mail_server(self.actor)
        wanted = read_mail_server(self.read(MailServerBody))
        return self.show(represent_mail_server(mail_settings.configure(self.actor, wanted)))

    def delete(self, request: Request, **_: str) -> Response:
        """Send no mail."""
        mail_settings.remove(self.actor)
        return self.nothing()


class SenderAddress(RestView):
    """/admin/mail-server/sender-address"""

    def get(self, request: Request, **_: str) -> Response:
        """Show it; 204 where there is none."""
        sender = find.sender(self.actor)
        return self.show(sender) if sender else self.nothing(200)

    def put(self, request: Request, **_: str) -> Response:
        """Send in the name of this address."""
        find.sender(self.actor)
        address: Any = request.data
        if not isinstance(address, str) or not address.strip():
            raise Invalid("The body must be an e-mail address, as a JSON string.")
        return self.show(mail_settings.set_sender(self.actor, address))

    def delete(self, request: Request, **_: str) -> Response:
        """Send in no particular name."""
        mail_settings.set_sender(self.actor, "")
        return self.nothing()
