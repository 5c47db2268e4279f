"""Bodies that may come in about pull requests; unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

MOST = 2**31 - 1


def version_field() -> serializers.IntegerField:
    """A version that the caller knows; -1 where it is not to be compared."""
    return serializers.IntegerField(min_value=-1, max_value=MOST, required=False, allow_null=True)


class VersionBody(serializers.Serializer):
    """What declines, reopens or deletes."""

    version = version_field()


class DeclineBody(VersionBody):
    """What declines, perhaps with a reason."""

    comment = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )


class _ProjectBody(serializers.Serializer):
    key = serializers.CharField(max_length=255)


class RepositoryBody(serializers.Serializer):
    """A repository by the names that clients send, or by its number."""

    id = serializers.IntegerField(min_value=0, max_value=2**53, required=False, allow_null=True)
    slug = serializers.CharField(max_length=255, required=False, allow_null=True)
    project = _ProjectBody(required=False, allow_null=True)


class RefBody(serializers.Serializer):
    """One end of a pull request; without a repository, that of the path."""

    id = serializers.CharField(max_length=1024, trim_whitespace=False)
    repository = RepositoryBody(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Take the name where that is all that is sent."""
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class _UserBody(serializers.Serializer):
    name = serializers.CharField(max_length=255)

    def to_internal_value(self, data: Any) -> Any:
        """Take the name where that is all that is sent."""
        return super().to_internal_value({"name": data} if isinstance(data, str) else data)


class ReviewerBody(serializers.Serializer):
    """A reviewer, nested as in Bitbucket's JSON or as a plain user."""

    user = _UserBody()

    def to_internal_value(self, data: Any) -> Any:
        """Put a bare user where it belongs."""
        if isinstance(data, str) or (isinstance(data, dict) and "user" not in data):
            data = {"user": data}
        return super().to_internal_value(data)


class _Words(serializers.Serializer):
    description = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    # With `many`, each of them could be null as well.
    reviewers = serializers.ListField(child=ReviewerBody(), required=False, allow_null=True)
    draft = serializers.BooleanField(required=False, allow_null=True)


class ProposalBody(_Words):
    """A pull request as it is made."""

    title = serializers.CharField(trim_whitespace=False)
    fromRef = RefBody()
    toRef = RefBody()


class ChangedBody(_Words):
    """A pull request as it is changed."""

    title = serializers.CharField(required=False, allow_null=True, trim_whitespace=False)
    toRef = RefBody(required=False, allow_null=True)
    version = version_field()


class ParticipantBody(serializers.Serializer):
    """A participant with a role."""

    user = _UserBody()
    role = serializers.CharField(max_length=20)


class StatusBody(serializers.Serializer):
    """What the caller thinks; older clients send `approved` alone."""

    status = serializers.CharField(max_length=20, required=False, allow_null=True)
    approved = serializers.BooleanField(required=False, allow_null=True)
    lastReviewedCommit = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )


class FinishBody(serializers.Serializer):
    """What ends a review: a last word and a judgement, each if there is one."""

    commentText = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    participantStatus = serializers.CharField(
        max_length=20, required=False, allow_null=True, allow_blank=True
    )
    lastReviewedCommit = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )


class SuggestionBody(serializers.Serializer):
    """Which suggestion of a comment is taken, at what the caller has seen."""

    commentVersion = serializers.IntegerField(min_value=-1, max_value=MOST)
    pullRequestVersion = serializers.IntegerField(min_value=-1, max_value=MOST)
    suggestionIndex = serializers.IntegerField(min_value=0, max_value=1000)
    commitMessage = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )


class _FlagField(serializers.Field):
    """A yes or no, as clients send it in JSON or as a word; every word but "false" is a yes."""

    def to_internal_value(self, data: Any) -> bool:
        """Give the yes or no."""
        if isinstance(data, str):
            return data.strip().lower() != "false"
        if not isinstance(data, bool):
            raise serializers.ValidationError("This must be true or false.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Give it as it is."""
        return value


class MergeBody(VersionBody):
    """How it is to be merged; clients name the strategy in two ways."""

    message = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    strategyId = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )
    mergeStrategyId = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )
    autoSubject = _FlagField(required=False, allow_null=True)
    autoMerge = serializers.BooleanField(required=False, allow_null=True)
