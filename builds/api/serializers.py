"""Bodies that may come in about builds; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from builds.services import Report

MOST = 2**31 - 1


class _Text(serializers.CharField):
    def __init__(self, most: int, **options: Any):
        options = {"required": False, "allow_null": True, "allow_blank": True} | options
        super().__init__(max_length=most, **options)


class _TestsBody(serializers.Serializer):
    successful = serializers.IntegerField(min_value=0, max_value=MOST, required=False, default=0)
    failed = serializers.IntegerField(min_value=0, max_value=MOST, required=False, default=0)
    skipped = serializers.IntegerField(min_value=0, max_value=MOST, required=False, default=0)


class StatusBody(serializers.Serializer):
    """What a build server says."""

    key = _Text(255, required=True, allow_null=False)
    state = _Text(40, required=True, allow_null=False)
    url = _Text(450, required=True, allow_null=False)
    name = _Text(255)
    description = _Text(255)
    parent = _Text(1024)  # type: ignore[assignment]
    ref = _Text(1024)
    buildNumber = _Text(255)
    duration = serializers.IntegerField(
        min_value=0, max_value=2**62, required=False, allow_null=True
    )
    testResults = _TestsBody(required=False, allow_null=True)


def read_report(body: dict[str, Any]) -> Report:
    """Give what a judged body says."""
    tests = body.get("testResults") or {}
    return Report(
        key=body["key"],
        state=body["state"].upper(),
        url=body["url"],
        name=body.get("name") or "",
        description=body.get("description") or "",
        parent=body.get("parent") or "",
        ref=body.get("ref") or "",
        build_number=body.get("buildNumber") or "",
        duration=body.get("duration"),
        tests_successful=tests.get("successful"),
        tests_failed=tests.get("failed"),
        tests_skipped=tests.get("skipped"),
    )
