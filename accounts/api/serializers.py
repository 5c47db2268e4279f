"""Bodies that may come in about people; unknown fields are ignored."""

from __future__ import annotations

from rest_framework import serializers


class SecretBody(serializers.Serializer):
    """An app password or access token as it is made or changed."""

    name = serializers.CharField(max_length=1000)
    permissions = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100)
    expiryDays = serializers.IntegerField(required=False, allow_null=True)
