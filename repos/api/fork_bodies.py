"""Bodies that may come in about forks; unknown fields are ignored."""

from __future__ import annotations

from rest_framework import serializers


class _Project(serializers.Serializer):
    key = serializers.CharField(max_length=300)


class ForkBody(serializers.Serializer):
    """A fork as it is asked for; nothing needs to be said."""

    name = serializers.CharField(required=False, max_length=5000)
    project = _Project(required=False)
    defaultBranch = serializers.CharField(required=False, allow_null=True, max_length=1000)
    scmId = serializers.ChoiceField(choices=["git"], required=False)


class SynchronisationBody(serializers.Serializer):
    """Whether a fork follows its origin."""

    enabled = serializers.BooleanField()


class _Context(serializers.Serializer):
    commitMessage = serializers.CharField(required=False, allow_blank=True, max_length=32_768)


class SynchroniseBody(serializers.Serializer):
    """One ref, and what to do with it."""

    refId = serializers.CharField(max_length=1000)
    action = serializers.CharField(max_length=20)
    context = _Context(required=False, allow_null=True)  # type: ignore[assignment]
