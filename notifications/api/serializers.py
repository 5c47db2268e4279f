"""Bodies that may come in about mail; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications.mail_server import PORTS, SMTP
from notifications.services.mail_settings import MailServerRequest


class MailServerBody(serializers.Serializer):
    """A mail server as clients send it."""

    hostname = serializers.CharField(max_length=255)
    port = serializers.IntegerField(
        min_value=1, max_value=65535, required=False, allow_null=True, default=None
    )
    protocol = serializers.ChoiceField(choices=list(PORTS), required=False, default=SMTP)
    useStartTls = serializers.BooleanField(required=False, default=True)
    requireStartTls = serializers.BooleanField(required=False, default=False)
    username = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    password = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    senderAddress = serializers.CharField(required=False, allow_null=True, allow_blank=True)


def read_mail_server(body: dict[str, Any]) -> MailServerRequest:
    """Give what a judged body asks for."""
    return MailServerRequest(
        hostname=body["hostname"],
        port=body["port"],
        protocol=body["protocol"],
        use_starttls=body["useStartTls"],
        require_starttls=body["requireStartTls"],
        username=body.get("username") or "",
        password=body.get("password"),
        sender=body.get("senderAddress"),
    )
