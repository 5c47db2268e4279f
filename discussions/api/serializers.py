"""Bodies that may come in about comments; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from discussions.models import Comment, Thread

MOST = 2**31 - 1


class PathField(serializers.Field):
    """A path as text, or in its parts as answers give it."""

    def to_internal_value(self, data: Any) -> str:
        """Give the text."""
        if isinstance(data, dict):
            parts = data.get("components")
            if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
                return "/".join(parts)
            data = data.get("toString")
        if not isinstance(data, str):
            raise serializers.ValidationError("This must be a path.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class _Number(serializers.IntegerField):
    def __init__(self, **options: Any):
        super().__init__(min_value=1, max_value=MOST, required=False, allow_null=True, **options)


class _Choice(serializers.ChoiceField):
    def __init__(self, choices: Any):
        super().__init__(choices=choices, required=False, allow_null=True)


class MarkerBody(serializers.Serializer):
    """Where several lines begin."""

    startLine = _Number()
    startLineType = _Choice(Thread.LineType.choices)


class AnchorBody(serializers.Serializer):
    """A place in a diff."""

    path = PathField()
    srcPath = PathField(required=False, allow_null=True)
    # Older clients send 0 for the file as a whole.
    line = serializers.IntegerField(min_value=0, max_value=MOST, required=False, allow_null=True)
    lineType = _Choice(Thread.LineType.choices)
    fileType = _Choice(Thread.FileType.choices)
    diffType = _Choice(Thread.DiffType.choices)
    fromHash = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=1000
    )
    toHash = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=1000
    )
    multilineMarker = MarkerBody(required=False, allow_null=True)


class ParentBody(serializers.Serializer):
    """The comment that is answered."""

    id = serializers.IntegerField(min_value=0, max_value=2**53)


class _CommentFields(serializers.Serializer):
    severity = _Choice(Comment.Severity.choices)
    state = _Choice(Comment.State.choices)


class NewCommentBody(_CommentFields):
    """A comment as it is made."""

    text = serializers.CharField(trim_whitespace=False)
    parent = ParentBody(required=False, allow_null=True)
    anchor = AnchorBody(required=False, allow_null=True)


class ChangedCommentBody(_CommentFields):
    """A comment as it is changed."""

    text = serializers.CharField(required=False, trim_whitespace=False)
    threadResolved = serializers.BooleanField(required=False, allow_null=True)
    version = serializers.IntegerField(
        min_value=-1, max_value=MOST, required=False, allow_null=True
    )
