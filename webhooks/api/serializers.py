"""Bodies that may come in about webhooks; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from webhooks.representations import MASK
from webhooks.services.webhooks import WebhookRequest


class CredentialsBody(serializers.Serializer):
    """Who we say that we are."""

    username = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    password = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )


class _ConfigurationBody(serializers.Serializer):
    secret = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )


class WebhookBody(serializers.Serializer):
    """A webhook as clients send it."""

    name = serializers.CharField(required=False, allow_null=True)
    url = serializers.CharField(required=False, allow_null=True)
    events = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, allow_null=True, max_length=100
    )
    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    configuration = _ConfigurationBody(required=False, allow_null=True)
    credentials = CredentialsBody(required=False, allow_null=True)
    sslVerificationRequired = serializers.BooleanField(
        required=False, allow_null=True, default=None
    )


def read_webhook(body: dict[str, Any]) -> WebhookRequest:
    """Give what a judged body asks for; what it does not say stays as it is."""
    configuration = body.get("configuration") or {}
    credentials = body.get("credentials")
    secret = configuration.get("secret", MASK)
    # Read and sent back: nobody is shown the password, so it stays as long as the name does.
    username = credentials.get("username") or "" if credentials is not None else None
    password = credentials.get("password") if credentials is not None else None
    events = body.get("events")
    return WebhookRequest(
        name=body.get("name"),
        url=body.get("url"),
        events=tuple(events) if events is not None else None,
        is_active=body.get("active"),
        secret=None if secret == MASK else secret or "",
        username=username,
        password="" if username == "" and password is None else password,
        verifies_certificates=body.get("sslVerificationRequired"),
    )
